// SPDX-License-Identifier: BSL-1.0
#include "code/waits.hpp"

#include "support/process.hpp"

#include <daemonkit/daemonkit.hpp>

#include <poll.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace bench {

namespace {

using namespace daemonkit;
using namespace std::chrono_literals;

constexpr int waits = 10;

/// Between two of these the parent counts.
void mark() { std::raise(SIGSTOP); }

template <class SignalPolicy>
struct waiting : basic_daemon<waiting<SignalPolicy>, no_fork, no_pid_file, SignalPolicy, inherit_stdio>
{
    int run()
    {
        this->wait_for(1ms); // binds what is bound when it is first called
        mark();
        for (int i = 0; i < waits; ++i)
            if (!this->wait_for(1ms)) return EXIT_FAILURE;
        mark();
        return EXIT_SUCCESS;
    }
};

template <class SignalPolicy>
int wait_with()
{
    return waiting<SignalPolicy>{}.start({});
}

/// Until a signal is there or the time has passed, which a handler that runs meanwhile does not prolong.
bool wait_by_hand(int signals, timespec left)
{
    timespec end;
    ::clock_gettime(CLOCK_MONOTONIC, &end);
    end = {end.tv_sec + left.tv_sec, end.tv_nsec + left.tv_nsec};
    for (pollfd fd{signals, POLLIN, 0};;) {
        signalfd_siginfo heard;
        if (const int n = ::ppoll(&fd, 1, &left, nullptr); n == 0) return true;
        if (fd.revents != 0 && ::read(signals, &heard, sizeof heard) == sizeof heard) return false;
        timespec now;
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        left = {end.tv_sec - now.tv_sec, end.tv_nsec - now.tv_nsec};
        if (left.tv_nsec < 0) left = {left.tv_sec - 1, left.tv_nsec + 1'000'000'000};
        if (left.tv_sec < 0) return true;
    }
}

int wait_by_hand()
{
    sigset_t heard;
    sigemptyset(&heard);
    sigaddset(&heard, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &heard, nullptr);
    const int signals = ::signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
    const auto wait = [signals] { return wait_by_hand(signals, {0, 1'000'000}); };
    wait();
    mark();
    for (int i = 0; i < waits; ++i)
        if (!wait()) return EXIT_FAILURE;
    mark();
    return EXIT_SUCCESS;
}

int nothing()
{
    mark();
    mark();
    return EXIT_SUCCESS;
}

/// How often a child stops between its two marks if it is let go on by `request` each time.
double stops(int (*work)(), __ptrace_request request)
{
    const pid_t child = check(::fork(), "fork");
    if (child == 0) {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::_exit(work());
    }
    int status = 0;
    check(::waitpid(child, &status, 0), "trace");
    for (double count = 0;; ++count) {
        check(static_cast<int>(::ptrace(request, child, nullptr, nullptr)), "trace");
        check(::waitpid(child, &status, 0), "trace");
        if (!WIFSTOPPED(status)) throw std::runtime_error("a wait has ended before it was counted");
        if (WSTOPSIG(status) != SIGSTOP) continue;
        check(static_cast<int>(::ptrace(PTRACE_CONT, child, nullptr, nullptr)), "let it go");
        if (wait_for(child) != EXIT_SUCCESS) throw std::runtime_error("a wait has failed");
        return count;
    }
}

wait_cost cost_of(const std::string& name, int (*work)())
{
    const auto of_one = [&](__ptrace_request request) {
        return (stops(work, request) - stops(nothing, request)) / waits;
    };
    return {name, of_one(PTRACE_SINGLESTEP), of_one(PTRACE_SYSCALL) / 2}; // before each call and after it
}

} // namespace

std::vector<wait_cost> wait_costs()
{
    return {cost_of("by hand, a signalfd", wait_by_hand), cost_of("signalfd_signals", wait_with<signalfd_signals>),
            cost_of("self_pipe_signals", wait_with<self_pipe_signals>),
            cost_of("flag_signals", wait_with<flag_signals>)};
}

} // namespace bench
