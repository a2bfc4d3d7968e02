// SPDX-License-Identifier: BSL-1.0
// surrounded FORK PID PID_FILE LOG VERB...: a daemon with the policies and files that a test chooses. They are
// arguments, so that it can be started without any environment. A reload writes a line to the log and a byte to
// LOG.reloads. Environment variables choose the rest. LATE: on_start() takes so many seconds. IGNORES: run() ignores a
// stop. LINGERS: run() goes on so many milliseconds after a stop. THREADS: run() has so many threads. COUNTS: run()
// counts its waits of 20 ms in LOG.waits. CLOCK_JUMPS: the wall clock advances so many seconds each time it is read.
// NO_MEMORY: the request for memory of this number fails, and with NO_MORE all later ones too.
#include "support/file.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <new>
#include <string>
#include <thread>

namespace {

/// The number in an environment variable; 0 if it is not set.
long number(const char* name)
{
    const char* const value = std::getenv(name);
    return value != nullptr ? std::atol(value) : 0;
}

bool counted = false;

time_t jumped()
{
    static long reads = 0;
    return number("CLOCK_JUMPS") * ++reads;
}

} // namespace

#ifndef __SANITIZE_ADDRESS__ // it has its own
namespace {

bool refused()
{
    static long requests = 0;
    static const long first = number("NO_MEMORY");
    static const bool more = number("NO_MORE") != 0;
    if (!counted || first == 0) return false;
    return ++requests == first || (more && requests > first);
}

} // namespace

[[gnu::noinline]] void* operator new(std::size_t size)
{
    void* const memory = refused() ? nullptr : std::malloc(size != 0 ? size : 1);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

// The library, libstdc++ and the program use these instead of those of libc.
extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept
{
    const long result = ::syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME) now->tv_sec += jumped();
    return static_cast<int>(result);
}
extern "C" int gettimeofday(timeval* now, void*) noexcept
{
    const long result = ::syscall(SYS_gettimeofday, now, nullptr);
    if (result == 0) now->tv_sec += jumped();
    return static_cast<int>(result);
}
extern "C" time_t time(time_t* into) noexcept
{
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return into != nullptr ? *into = now.tv_sec : now.tv_sec;
}

namespace {

using namespace std::chrono_literals;

template <class Fork, class Pid>
struct surrounded
    : daemonkit::basic_daemon<surrounded<Fork, Pid>, Fork, Pid, daemonkit::signalfd_signals, daemonkit::log_file_stdio>
{
    explicit surrounded(std::string its_log) : log(std::move(its_log)) {}

    void on_start() // NOLINT(*-static)
    {
        if (const long seconds = number("LATE"); seconds != 0) ::sleep(static_cast<unsigned>(seconds));
    }

    void on_reload()
    {
        std::puts("reloaded");
        std::fflush(stdout);
        append_file(log + ".reloads", ".");
    }

    int run()
    {
        for (long n = number("THREADS"); n > 0; --n) std::thread([] { ::pause(); }).detach();
        if (number("COUNTS") != 0) count();
        while (this->wait()) {}
        while (number("IGNORES") != 0) ::pause();
        ::usleep(static_cast<unsigned>(number("LINGERS")) * 1000);
        return 0;
    }

    /// One byte for each wait: '.' if it lasted its full time.
    void count()
    {
        for (int n = 0; n < 10; ++n) {
            const auto began = std::chrono::steady_clock::now();
            this->wait_for(20ms);
            const bool whole = std::chrono::steady_clock::now() - began >= 20ms;
            append_file(log + ".waits", whole ? "." : "!");
        }
    }

    std::string log;
};

template <class Fork, class Pid>
int command(int argc, char** argv)
{
    surrounded<Fork, Pid> daemon(argv[4]);
    counted = true;
    return daemonkit::command_line(daemon, argc - 4, argv + 4,
                                   {.pid = {.path = argv[3]}, .stdio = {.output = argv[4]}});
}

} // namespace

int main(int argc, char** argv)
{
    using namespace daemonkit;
    if (argc < 5) return exit_status::usage;
    const std::map<std::string, int (*)(int, char**)> commands{
        {"double flock", command<double_fork, flock_pid_file>},   {"double plain", command<double_fork, pid_file>},
        {"single flock", command<single_fork, flock_pid_file>},   {"single plain", command<single_fork, pid_file>},
        {"handoff flock", command<handoff_fork, flock_pid_file>}, {"handoff plain", command<handoff_fork, pid_file>},
        {"no flock", command<no_fork, flock_pid_file>},           {"no plain", command<no_fork, pid_file>}};
    const auto chosen = commands.find(argv[1] + (" " + std::string(argv[2])));
    return chosen != commands.end() ? chosen->second(argc, argv) : exit_status::usage;
}
