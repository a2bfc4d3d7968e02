// SPDX-License-Identifier: BSL-1.0
#include "wall_clock.hpp"

#include <boost/filesystem/directory.hpp>

#include <cstdlib>
#include <fstream>
#include <string>

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

namespace {

const std::atomic<long>* seconds_more = nullptr;

time_t more() noexcept { return seconds_more != nullptr ? seconds_more->load() : 0; }

} // namespace

// The program, libstdc++ and libcurl use these instead of those of libc.
extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept
{
    const long result = ::syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI))
        now->tv_sec += more();
    return static_cast<int>(result);
}
extern "C" int gettimeofday(timeval* now, void*) noexcept
{
    const long result = ::syscall(SYS_gettimeofday, now, nullptr);
    if (result == 0) now->tv_sec += more();
    return static_cast<int>(result);
}
extern "C" time_t time(time_t* into) noexcept
{
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return into != nullptr ? *into = now.tv_sec : now.tv_sec;
}

wall_clock::wall_clock()
{
    void* const page = ::mmap(nullptr, sizeof *seconds_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) std::abort();
    seconds_ = new (page) std::atomic<long>(0);
}

wall_clock::~wall_clock() { ::munmap(seconds_, sizeof *seconds_); }

void wall_clock::use() const noexcept { seconds_more = seconds_; }

kernel_timers timers_of(pid_t pid)
{
    kernel_timers found;
    const auto count = [&](const std::string& file, const std::string& label) {
        std::ifstream in(file);
        for (std::string word; in >> word;) {
            int clock = -1;
            if (word != label || !(in >> clock)) continue;
            ++found.all;
            found.by_wall_clock += static_cast<int>(clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM);
        }
    };
    const auto process = "/proc/" + std::to_string(pid);
    count(process + "/timers", "ClockID:"); // timer_create(2)
    for (const auto& one : boost::filesystem::directory_iterator(process + "/fdinfo"))
        count(one.path().string(), "clockid:"); // timerfd_create(2)
    return found;
}
