// SPDX-License-Identifier: BSL-1.0
// A daemon of 32 bits. FORK chooses its fork policy; with LATE it never becomes ready. Two verbs more: `progress` counts
// how often a launcher calls its progress function while it waits for 2 seconds, `layout` compares the structs of raw
// calls with the kernel's.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>
#include <daemonkit/sys/raw/dispositions.hpp>

#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

static_assert(sizeof(void*) == 4);

namespace {

using namespace std::chrono_literals;

template <class Fork>
struct daemon : daemonkit::sysv_daemon<daemon<Fork>, Fork, daemonkit::log_file_stdio>
{
    static constexpr auto version = "1";

    void on_start()
    {
        while (std::getenv("LATE") != nullptr && this->wait()) {}
    }
    void on_reload() { std::puts("reloaded"); }
    int run()
    {
        while (this->wait()) {}
        return 0;
    }
};

/// The kernel must not write beyond the struct, and must find the handler where the struct has it.
bool same_layout()
{
    struct
    {
        daemonkit::sys::raw::signal_action action;
        std::array<unsigned long, 4> behind;
    } read{};
    read.behind.fill(~0UL);
    std::signal(SIGUSR1, [](int) {});
    namespace raw = daemonkit::sys::raw;
    const bool has_handler =
        raw::call(SYS_rt_sigaction, SIGUSR1, 0, raw::address(&read.action), _NSIG / 8) == 0 && read.action.handler > 1;
    const bool within = std::ranges::count(read.behind, ~0UL) == 4;
    daemonkit::sys::reset_dispositions();
    const bool reset = std::signal(SIGUSR1, SIG_DFL) == SIG_DFL;
    timespec before{};
    __kernel_timespec wait{0, 20'000'000};
    ::clock_gettime(CLOCK_MONOTONIC, &before);
    const bool slept = raw::poll(nullptr, 0, &wait) == 0;
    timespec after{};
    ::clock_gettime(CLOCK_MONOTONIC, &after);
    const long long took = (after.tv_sec - before.tv_sec) * 1'000'000'000LL + after.tv_nsec - before.tv_nsec;
    return has_handler && within && reset && slept && took >= 20'000'000;
}

template <class Fork>
int live(int argc, char** argv)
{
    const auto here = boost::filesystem::current_path();
    const typename daemon<Fork>::settings settings{
        .fork = {.deadline = 2s}, .pid = {.path = here / "daemon.pid"}, .stdio = {.output = here / "daemon.log"}};
    if (argc < 2 || argv[1] != std::string_view("progress"))
        return daemonkit::command_line<daemon<Fork>>(argc, argv, settings);
    int calls = 0;
    const auto result = daemon<Fork>{}.start_watched([&](std::chrono::nanoseconds) { ++calls; }, settings);
    std::printf("progress: %s %d\n", calls <= 2 ? "at most" : "not 2, but", calls <= 2 ? 2 : calls);
    return result.in_launcher && result.outcome == daemonkit::start_outcome::late ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc == 2 && argv[1] == std::string_view("layout"))
        return std::puts(same_layout() ? "the same layout" : "another layout") == EOF;
    const char* const fork = std::getenv("FORK");
    return fork != nullptr && fork == std::string_view("single") ? live<daemonkit::single_fork>(argc, argv)
                                                                 : live<daemonkit::double_fork>(argc, argv);
}
