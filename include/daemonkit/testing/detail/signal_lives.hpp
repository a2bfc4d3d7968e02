// SPDX-License-Identifier: BSL-1.0
// What the contract cases of a SignalPolicy have in common: a policy that is installed as start() does it.
#pragma once

#include "../../signal/concept.hpp"
#include "../../sys/deadline.hpp"
#include "suite.hpp"

namespace daemonkit::testing::detail {

using namespace std::chrono_literals;

inline constexpr const char* claims_nothing = "P::claims_signals is false: the daemon receives no signals";

/// The signals that start() passes to install().
template <class SignalPolicy>
std::vector<int> signals_heard()
{
    std::vector<int> heard;
    if constexpr (daemonkit::detail::claims_signals<SignalPolicy>) {
        heard = {SIGTERM, SIGINT, SIGHUP};
        for (const int signal : SignalPolicy::chosen) heard.push_back(signal);
    }
    return heard;
}

inline bool is_among(const std::vector<int>& signals, int signal)
{
    return std::find(signals.begin(), signals.end(), signal) != signals.end();
}

inline sigset_t set_of(const std::vector<int>& signals)
{
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : signals) ::sigaddset(&set, signal);
    return set;
}

inline sigset_t mask_now()
{
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    return mask;
}

/// "TERM" for SIGTERM.
inline std::string signal_name(int signal)
{
    const char* const name = signal == 0 ? "nothing" : ::sigabbrev_np(signal);
    return name != nullptr ? name : "signal " + std::to_string(signal);
}

/// The signals that a program can block and catch.
inline std::vector<int> usual_signals()
{
    std::vector<int> signals;
    for (int signal = 1; signal < 32; ++signal)
        if (signal != SIGKILL && signal != SIGSTOP) signals.push_back(signal);
    return signals;
}

/// The signals in which two masks differ, for people; empty if in none.
inline std::string difference(const sigset_t& mask, const sigset_t& other, const std::vector<int>& except = {})
{
    std::string text;
    for (const int signal : usual_signals())
        if (!is_among(except, signal) && ::sigismember(&mask, signal) != ::sigismember(&other, signal))
            text += " " + signal_name(signal);
    return text;
}

/// The actions of all signals.
class dispositions
{
public:
    dispositions()
    {
        for (const int signal : usual_signals()) ::sigaction(signal, nullptr, &actions_[index(signal)]);
    }

    /// The signals with another action, for people; empty if there is none.
    [[nodiscard]] std::string changed_in(const dispositions& other) const
    {
        std::string text;
        for (const int signal : usual_signals())
            if (actions_[index(signal)].sa_handler != other.actions_[index(signal)].sa_handler)
                text += " " + signal_name(signal);
        return text;
    }

private:
    static std::size_t index(int signal) { return static_cast<std::size_t>(signal); }
    std::array<struct sigaction, 32> actions_{};
};

/// All signals are blocked before install(), as in start().
template <class SignalPolicy>
class installed
{
public:
    using guard_type = daemonkit::detail::signals_type<SignalPolicy>;

    explicit installed(const SignalPolicy& policy, const std::vector<int>& blocked = {})
        : mask(set_of(blocked)), all_blocked_(block_all()), guard(policy.install(heard, mask))
    {
    }
    installed(const installed&) = delete;
    installed& operator=(const installed&) = delete;
    ~installed() = default;

    /// The next event within the bound; wait() may return early.
    signal_event next(std::chrono::nanoseconds bound = 10s, int also = -1)
    {
        for (const sys::deadline until(bound);;) {
            if (const auto event = guard.wait(until.remaining(), also)) return event;
            if (until.passed()) return {};
        }
    }
    void expect_next(int signal, const std::string& when)
    {
        const auto event = next();
        expect(event.signal == signal,
               when + ": wait() returns " + signal_name(event.signal) + " instead of " + signal_name(signal));
    }
    void expect_none(const std::string& when)
    {
        const auto event = next(0s);
        expect(!event, when + ": wait() returns " + signal_name(event.signal) + " instead of nothing");
    }
    /// All events that wait now.
    std::vector<int> all()
    {
        std::vector<int> signals;
        for (auto event = next(0s); event && signals.size() < 1000; event = next(0s)) signals.push_back(event.signal);
        return signals;
    }

    const std::vector<int> heard = signals_heard<SignalPolicy>();
    const sigset_t mask;

private:
    static bool block_all()
    {
        sigset_t all;
        ::sigfillset(&all);
        return ::pthread_sigmask(SIG_SETMASK, &all, nullptr) == 0;
    }
    bool all_blocked_;

public:
    guard_type guard;
};

/// To the process, as kill(1) sends it.
inline void send_to_self(int signal) { ::kill(::getpid(), signal); }

/// Sends the signal to this process when it sleeps, from a child.
inline void send_when_asleep(int signal)
{
    const pid_t daemon = ::getpid();
    if (::fork() != 0) return;
    reset_signals();
    eventually([&] { return proc_status(daemon, "State").starts_with('S'); });
    ::kill(daemon, signal);
    ::_exit(0);
}

} // namespace daemonkit::testing::detail
