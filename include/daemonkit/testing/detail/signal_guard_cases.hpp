// SPDX-License-Identifier: BSL-1.0
// The contract cases of a SignalPolicy: mask, dispositions, children, and refused system calls.
#pragma once

#include "signal_cases.hpp"
#include "step_faults.hpp"

namespace daemonkit::testing::detail::signal_cases {

template <class SignalPolicy>
void the_mask_is_changed_for_heard_signals_only(const subject<SignalPolicy>& s)
{
    if constexpr (!hears<SignalPolicy>) return skip(claims_nothing);
    for (const auto& blocked : {std::vector<int>{}, std::vector<int>{SIGUSR2, SIGPIPE}}) {
        installed daemon(s.fresh().policy, blocked);
        const auto wrong = difference(mask_now(), daemon.mask, daemon.heard);
        expect(wrong.empty(), "after install() the mask differs from `mask` in" + wrong);
    }
}

template <class SignalPolicy>
void mask_and_dispositions_come_back(const subject<SignalPolicy>& s)
{
    ::signal(SIGTERM, [](int) { ::_exit(98); });
    ::signal(SIGHUP, SIG_IGN);
    const std::vector<int> blocked{SIGUSR2, SIGINT};
    const dispositions before;
    const sigset_t mask = set_of(blocked);
    for (int life = 0; life < 2; ++life) {
        {
            ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
            const auto at = s.fresh();
            installed daemon(at.policy, blocked);
            if constexpr (!hears<SignalPolicy>) ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
        }
        const auto wrong = difference(mask_now(), mask);
        expect(wrong.empty(), "after the end of the guard the mask differs in" + wrong);
        expect(before.changed_in({}).empty(), "after the end of the guard, other actions for" + before.changed_in({}));
    }
}

template <class SignalPolicy>
void a_late_stop_does_not_kill_the_daemon(const subject<SignalPolicy>& s)
{
    if constexpr (!hears<SignalPolicy>) return skip(claims_nothing);
    const int status = in_process("a daemon", [&] {
        installed daemon(s.fresh().policy);
        send_to_self(SIGTERM);
        daemon.expect_next(SIGTERM, "after TERM");
        for (const int signal : {SIGTERM, SIGINT, SIGHUP}) send_to_self(signal);
    });
    expect(status == 0,
           "a stop that is sent again ends the daemon with status " + std::to_string(status) + " when its guard ends");
}

template <class SignalPolicy>
void a_second_life_hears_nothing_of_the_first(const subject<SignalPolicy>& s)
{
    if constexpr (!hears<SignalPolicy>) return skip(claims_nothing);
    {
        installed daemon(s.fresh().policy);
        for (const int signal : daemon.heard) send_to_self(signal);
        (void)daemon.next();
    }
    installed daemon(s.fresh().policy);
    if constexpr (daemonkit::detail::has_stop_requested<daemonkit::detail::signals_type<SignalPolicy>>)
        expect(!daemon.guard.stop_requested(), "stop_requested() is true in the second life");
    daemon.expect_none("in the second life");
    send_to_self(SIGTERM);
    daemon.expect_next(SIGTERM, "in the second life");
}

template <class SignalPolicy>
void a_child_has_the_old_mask_and_dispositions(const subject<SignalPolicy>& s)
{
    ::signal(SIGHUP, SIG_IGN);
    const std::vector<int> blocked{SIGUSR2, SIGTERM};
    const dispositions before;
    const sigset_t mask = set_of(blocked);
    ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    const auto at = s.fresh();
    installed daemon(at.policy, blocked);
    if constexpr (!hears<SignalPolicy>) ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    for (int again = 0; again < 2; ++again)
        in_process("a child", [&] {
            const auto wrong = difference(mask_now(), mask);
            expect(wrong.empty(), "in a child made by fork() the mask differs in" + wrong);
            expect(before.changed_in({}).empty(),
                   "in a child made by fork(), other actions for" + before.changed_in({}));
        });
    if constexpr (hears<SignalPolicy>) {
        send_to_self(SIGINT);
        expect(is_among(daemon.all(), SIGINT), "wait() returns no INT after a child was made");
    }
}

template <class SignalPolicy>
void a_stop_of_a_child_is_not_the_daemons(const subject<SignalPolicy>& s)
{
    if constexpr (!hears<SignalPolicy>) return skip(claims_nothing);
    installed daemon(s.fresh().policy);
    for (int i = 0; i < 200; ++i) {
        const pid_t child = ::fork();
        if (child == 0)
            for (;;) ::pause();
        ::kill(child, SIGTERM); // at once
        if (!expect(ends(child, 5s), "a child made by fork() does not end by TERM")) return;
        const int status = exit_status_of(child);
        if (!expect(status == 128 + SIGTERM, "a child that TERM ends has status " + std::to_string(status))) return;
    }
    for (const int signal : daemon.all())
        expect(signal == SIGCHLD, "wait() returns " + signal_name(signal) + ", which was sent to a child");
    if constexpr (daemonkit::detail::has_stop_requested<daemonkit::detail::signals_type<SignalPolicy>>)
        expect(!daemon.guard.stop_requested(), "stop_requested() is true, but the stop was sent to a child");
}

template <class SignalPolicy>
void an_executed_program_inherits_no_descriptor(const subject<SignalPolicy>& s)
{
    const auto at = s.fresh();
    const auto before = open_descriptors(::getpid());
    installed daemon(at.policy);
    for (const int fd : open_descriptors(::getpid()))
        if (before.count(fd) == 0)
            expect((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "after install(): a descriptor without close-on-exec: " +
                                                                 proc_link(::getpid(), "fd/" + std::to_string(fd)));
}

template <class SignalPolicy>
void a_crash_in_install_blocks_nothing(const subject<SignalPolicy>& s)
{
    if (const auto why = no_tracing(); !why.empty()) return skip(why);
    const auto at = s.fresh();
    const auto body = [&] {
        std::unique_ptr<installed<SignalPolicy>> daemon;
        return execute_step("install()", [&] { daemon = std::make_unique<installed<SignalPolicy>>(at.policy); });
    };
    step_faults("install()", body).crash([&](const auto&) {
        in_process("the next start", [&] {
            installed daemon(at.policy);
            if constexpr (hears<SignalPolicy>) {
                send_to_self(SIGTERM);
                daemon.expect_next(SIGTERM, "in the next start");
            }
        });
    });
}

template <class SignalPolicy>
void a_refused_call_in_install_is_named_or_harmless(const subject<SignalPolicy>& s)
{
    if (const auto why = no_tracing(); !why.empty()) return skip(why);
    const auto at = s.fresh();
    const auto body = [&] {
        const dispositions before;
        const auto descriptors = open_descriptors(::getpid());
        std::unique_ptr<installed<SignalPolicy>> daemon;
        const int how =
            execute_step("install()", [&] { daemon = std::make_unique<installed<SignalPolicy>>(at.policy); });
        if (how == ended::done) {
            if constexpr (hears<SignalPolicy>) {
                send_to_self(SIGTERM);
                daemon->expect_next(SIGTERM, "after an install() that succeeded");
            }
        } else {
            expect(before.changed_in({}).empty(),
                   "install() fails, and leaves other actions for" + before.changed_in({}));
            expect(open_descriptors(::getpid()) == descriptors, "install() fails, and leaves descriptors open");
        }
        return how;
    };
    step_faults("install()", body).refuse([](const auto& happened) {
        expect(happened.status() == ended::done || happened.status() == ended::refused,
               "the process ends with status " + std::to_string(happened.status()));
    });
}

template <class SignalPolicy>
void a_refused_call_in_wait_loses_no_signal(const subject<SignalPolicy>& s)
{
    if constexpr (!hears<SignalPolicy>) return skip(claims_nothing);
    if (const auto why = no_tracing(); !why.empty()) return skip(why);
    const auto at = s.fresh();
    for (const int signal : {SIGTERM, SIGHUP}) {
        const auto body = [&] {
            installed daemon(at.policy);
            send_to_self(signal);
            signal_event event;
            const int how = execute_step("wait()", [&] { event = daemon.guard.wait(1s, -1); });
            expect(how == ended::done, "wait() throws");
            if (!event) daemon.expect_next(signal, "at the next wait()");
            return how;
        };
        step_faults("wait() after " + signal_name(signal), body).refuse([](const auto& happened) {
            expect(happened.status() == ended::done,
                   "the process ends with status " + std::to_string(happened.status()));
        });
    }
}

} // namespace daemonkit::testing::detail::signal_cases
