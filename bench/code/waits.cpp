// SPDX-License-Identifier: BSL-1.0
#include "code/waits.hpp"

#include "code/waits_by_hand.hpp"

#include "support/process.hpp"

#include <daemonkit/daemonkit.hpp>

#include <poll.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
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

enum class call { wait_for, wait };

/// Runs `once` between two marks, after two that bind what is bound when it is first called: the second goes on where an
/// event has been.
template <class Once>
bool between_marks(Once once)
{
    if (!once() || !once()) return false;
    mark();
    for (int i = 0; i < waits; ++i)
        if (!once()) return false;
    mark();
    return true;
}

template <class SignalPolicy, call which>
struct waiting : basic_daemon<waiting<SignalPolicy, which>, no_fork, no_pid_file, SignalPolicy, inherit_stdio>
{
    int events = 0;
    void on_signal(int) { ++events; }

    int run()
    {
        const bool passed = between_marks([this] {
            if constexpr (which == call::wait_for) return this->wait_for(1ms);
            const int before = events;
            return ::kill(::getpid(), SIGUSR1) == 0 && this->wait() && events == before + 1;
        });
        return passed ? EXIT_SUCCESS : EXIT_FAILURE;
    }
};

template <class SignalPolicy, call which>
int wait_with()
{
    return waiting<SignalPolicy, which>{}.start({});
}

template <class Hand, call which>
int wait_by_hand()
{
    Hand hand;
    const bool passed = between_marks([&hand] {
        if constexpr (which == call::wait_for) return !hand.stops_within({0, 1'000'000});
        const int before = hand.events();
        return ::kill(::getpid(), SIGUSR1) == 0 && !hand.stops() && hand.events() == before + 1;
    });
    return passed ? EXIT_SUCCESS : EXIT_FAILURE;
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
    const auto next_stop = [child] {
        int status = 0;
        check(::waitpid(child, &status, 0), "trace");
        if (!WIFSTOPPED(status)) throw std::runtime_error("a wait has ended before it was counted");
        return WSTOPSIG(status);
    };
    // A signal for a handler is passed on.
    for (int signal = next_stop(); signal != SIGSTOP; signal = next_stop())
        check(static_cast<int>(::ptrace(PTRACE_CONT, child, nullptr, signal)), "trace");
    double count = 0;
    for (int signal = 0;;) {
        check(static_cast<int>(::ptrace(request, child, nullptr, signal)), "trace");
        signal = next_stop();
        if (signal == SIGTRAP) {
            ++count;
            signal = 0;
        }
        if (signal != SIGSTOP) continue;
        check(static_cast<int>(::ptrace(PTRACE_CONT, child, nullptr, nullptr)), "let it go");
        if (wait_for(child) != EXIT_SUCCESS) throw std::runtime_error("a wait has failed");
        return count;
    }
}

/// The vDSO reads the clock again if it was set meanwhile: the fewest of some runs are those of the code.
processor_cost cost_of(int (*work)())
{
    const auto of_one = [&](__ptrace_request request) {
        double fewest = stops(work, request);
        for (int i = 1; i < 20; ++i) fewest = std::min(fewest, stops(work, request));
        return (fewest - stops(nothing, request)) / waits;
    };
    return {of_one(PTRACE_SINGLESTEP), of_one(PTRACE_SYSCALL) / 2}; // before each call and after it
}

template <class SignalPolicy, template <bool> class Hand, call which>
wait_cost cost_of_each(const char* policy, const char* name)
{
    return {policy, name, cost_of(wait_by_hand<Hand<false>, which>), cost_of(wait_by_hand<Hand<true>, which>),
            cost_of(wait_with<SignalPolicy, which>)};
}

template <class SignalPolicy, template <bool> class Hand>
void add_costs(std::vector<wait_cost>& all, const char* policy)
{
    all.push_back(cost_of_each<SignalPolicy, Hand, call::wait_for>(policy, "wait_for()"));
    all.push_back(cost_of_each<SignalPolicy, Hand, call::wait>(policy, "wait()"));
}

} // namespace

std::vector<wait_cost> wait_costs()
{
    std::vector<wait_cost> all;
    add_costs<basic_signalfd_signals<SIGUSR1>, hand_signalfd>(all, "signalfd_signals");
    add_costs<basic_self_pipe_signals<SIGUSR1>, hand_self_pipe>(all, "self_pipe_signals");
    add_costs<basic_flag_signals<SIGUSR1>, hand_flag>(all, "flag_signals");
    return all;
}

} // namespace bench
