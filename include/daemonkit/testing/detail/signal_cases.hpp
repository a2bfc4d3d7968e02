// SPDX-License-Identifier: BSL-1.0
// The contract cases of a SignalPolicy: events, and what wait() does. The rows are those of signal/concept.hpp.
#pragma once

#include "signal_lives.hpp"

namespace daemonkit::testing::detail::signal_cases {

template <class SignalPolicy>
inline constexpr bool hears = daemonkit::detail::claims_signals<SignalPolicy>;

template <class SignalPolicy>
void each_signal_becomes_an_event(const subject<SignalPolicy>& s)
{
    if constexpr (!hears<SignalPolicy>) return skip(claims_nothing);
    installed daemon(s.fresh().policy);
    daemon.expect_none("before any signal");
    for (int again = 0; again < 2; ++again)
        for (const int signal : daemon.heard) {
            step(signal_name(signal) + " before wait()");
            send_to_self(signal);
            daemon.expect_next(signal, signal_name(signal) + " before wait()");
            daemon.expect_none("after one event");
        }
}

template <class SignalPolicy>
void a_signal_ends_the_sleep_of_wait(const subject<SignalPolicy>& s)
{
    if constexpr (!hears<SignalPolicy>) return skip(claims_nothing);
    installed daemon(s.fresh().policy);
    std::array<int, 2> quiet{};
    if (::pipe2(quiet.data(), O_CLOEXEC) == -1) return fail("no pipe");
    for (const int also : {-1, quiet[0]})
        for (const int signal : {SIGTERM, SIGHUP}) {
            step(signal_name(signal) + " while wait() sleeps");
            send_when_asleep(signal);
            int got = SIGCHLD;
            for (int i = 0; i < 5 && got == SIGCHLD; ++i) got = daemon.next(20s, also).signal; // of the sender
            expect(got == signal, signal_name(signal) + " while wait() sleeps" +
                                      (also == -1 ? "" : " beside a descriptor") + ": it returns " + signal_name(got));
        }
}

template <class SignalPolicy>
void a_signal_before_install_is_not_lost(const subject<SignalPolicy>& s)
{
    if constexpr (!hears<SignalPolicy>) return skip(claims_nothing);
    for (const int signal : {SIGTERM, SIGHUP}) {
        const sigset_t both = set_of({SIGTERM, SIGHUP});
        ::pthread_sigmask(SIG_BLOCK, &both, nullptr);
        send_to_self(signal);
        installed daemon(s.fresh().policy);
        daemon.expect_next(signal, signal_name(signal) + " while all signals are blocked, before install()");
    }
}

template <class SignalPolicy>
void no_signal_is_lost_among_many(const subject<SignalPolicy>& s)
{
    if constexpr (!hears<SignalPolicy>) return skip(claims_nothing);
    for (const int stop : {SIGTERM, SIGINT}) {
        installed daemon(s.fresh().policy);
        for (int i = 0; i < 300; ++i) {
            for (const int signal : daemon.heard)
                if (signal != SIGTERM && signal != SIGINT) send_to_self(signal);
            if (i == 150) send_to_self(stop);
        }
        const auto events = daemon.all();
        for (const int signal : daemon.heard) {
            const bool sent = signal == stop || (signal != SIGTERM && signal != SIGINT);
            expect(is_among(events, signal) == sent, "after 300 of each signal and one " + signal_name(stop) +
                                                         ": wait() returns " + (sent ? "no " : "a ") +
                                                         signal_name(signal));
        }
    }
}

template <class SignalPolicy>
void a_wait_ends_after_its_timeout(const subject<SignalPolicy>& s)
{
    installed daemon(s.fresh().policy);
    for (const auto timeout : {30ms, 0ms, -1ms}) {
        step("wait(" + std::to_string(timeout.count()) + " ms)");
        const auto began = std::chrono::steady_clock::now();
        expect(!daemon.next(timeout), "wait() returns an event, but none was sent");
        expect(std::chrono::steady_clock::now() - began >= timeout, "wait() ends before its timeout"); // with next()
    }
    for (int again = 0; again < 100; ++again) // a wait that always returned early would make the daemon spin
        (void)daemon.guard.wait(1ms, -1);
}

template <class SignalPolicy>
void a_wait_ends_when_the_other_descriptor_is_readable(const subject<SignalPolicy>& s)
{
    installed daemon(s.fresh().policy);
    std::array<int, 2> words{};
    if (::pipe2(words.data(), O_CLOEXEC) == -1 || ::write(words[1], "x", 1) != 1) return fail("no pipe");
    for (const bool asleep : {false, true}) {
        if (asleep) {
            char byte = 0;
            if (::read(words[0], &byte, 1) != 1) return fail("no byte");
            const pid_t self = ::getpid();
            if (::fork() == 0) {
                eventually([&] { return proc_status(self, "State").starts_with('S'); });
                ::_exit(::write(words[1], "x", 1) == 1 ? 0 : 1);
            }
        }
        step("wait(5 s, also)");
        const sys::deadline until(5s);
        pollfd p{words[0], POLLIN, 0};
        do (void)daemon.guard.wait(until.remaining(), words[0]);
        while (::poll(&p, 1, 0) != 1 && !until.passed());
        expect(!until.passed(), std::string("wait(5 s, also) sleeps on when `also` ") +
                                    (asleep ? "becomes readable" : "is readable before"));
    }
}

template <class SignalPolicy>
void the_descriptor_is_readable_while_an_event_waits(const subject<SignalPolicy>& s)
{
    if constexpr (!daemonkit::detail::has_signal_fd<daemonkit::detail::signals_type<SignalPolicy>>) {
        skip("the guard has no fd()");
    } else {
        installed daemon(s.fresh().policy);
        const auto readable = [&](int milliseconds) {
            pollfd p{daemon.guard.fd(), POLLIN, 0};
            return ::poll(&p, 1, milliseconds) == 1;
        };
        expect(!readable(0), "fd() is readable before any signal");
        for (const int signal : daemon.heard) {
            send_to_self(signal);
            expect(readable(5000), signal_name(signal) + " does not make fd() readable");
            expect(readable(0), "fd() is readable once only");
            daemon.expect_next(signal, "after fd() became readable");
            expect(!readable(0), "fd() stays readable after the event was returned");
        }
        send_to_self(SIGHUP);
        send_to_self(SIGTERM);
        (void)daemon.next();
        expect(readable(0), "of two events one is left, but fd() is not readable");
        (void)daemon.next();
        expect(!readable(0), "fd() stays readable after both events were returned");
    }
}

template <class SignalPolicy>
void stop_requested_needs_no_wait(const subject<SignalPolicy>& s)
{
    if constexpr (!daemonkit::detail::has_stop_requested<daemonkit::detail::signals_type<SignalPolicy>>) {
        skip("the guard has no stop_requested()");
    } else {
        for (const int stop : {SIGTERM, SIGINT}) {
            installed daemon(s.fresh().policy);
            expect(!daemon.guard.stop_requested(), "stop_requested() is true before any signal");
            send_to_self(SIGHUP);
            expect(!daemon.guard.stop_requested(), "stop_requested() is true after HUP");
            send_to_self(stop);
            expect(eventually([&] { return daemon.guard.stop_requested(); }, 5s),
                   "stop_requested() is false after " + signal_name(stop));
            bool in_thread = false;
            std::thread([&] { in_thread = daemon.guard.stop_requested(); }).join();
            expect(in_thread, "stop_requested() is false in another thread");
            expect(is_among(daemon.all(), stop), "wait() returns no " + signal_name(stop) + " after stop_requested()");
            expect(daemon.guard.stop_requested(), "stop_requested() is false again after the stop was returned");
        }
    }
}

template <class SignalPolicy>
void the_end_of_a_child_is_an_event(const subject<SignalPolicy>& s)
{
    if constexpr (!daemonkit::detail::collects_children<SignalPolicy>) {
        skip("P::collects_children is not set");
    } else {
        installed daemon(s.fresh().policy);
        const pid_t child = ::fork();
        if (child == 0) ::_exit(0);
        daemon.expect_next(SIGCHLD, "after the end of a child");
    }
}

template <class SignalPolicy>
void a_policy_that_claims_no_signals_changes_nothing(const subject<SignalPolicy>& s)
{
    if constexpr (hears<SignalPolicy>) return skip("P::claims_signals is true");
    const sigset_t blocked = set_of({SIGUSR2});
    ::pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
    ::signal(SIGHUP, SIG_IGN);
    const auto at = s.fresh();
    const dispositions before;
    const auto guard = at.policy.install({}, mask_now());
    expect(difference(mask_now(), blocked).empty(), "install() changes the signal mask");
    expect(before.changed_in({}).empty(), "install() changes dispositions:" + before.changed_in({}));
    (void)guard;
}

} // namespace daemonkit::testing::detail::signal_cases
