// SPDX-License-Identifier: BSL-1.0
// The contract cases of a ForkPolicy: how the launcher learns the end of the start. The rows are those of
// fork/concept.hpp.
#pragma once

#include "fork_starts.hpp"

namespace daemonkit::testing::detail::fork_cases {

inline constexpr int went_on = 2; ///< the word of a daemon that goes on after go()

/// A daemon that is ready and stays.
inline constexpr auto is_ready = [](auto& link, const other_process& channel) {
    link.ready();
    channel.await();
    channel.say(went_on);
};

template <class ForkPolicy>
void ready_ends_the_wait_with_success(const subject<ForkPolicy>& s)
{
    if constexpr (!forks<ForkPolicy>) {
        skip(detaches_not);
    } else {
        started start(s.fresh().policy, is_ready);
        expect(start.status() == 0, "after ready(): the exit status of the launcher is not 0");
        start.expect_outcome(start_outcome::ready, "ready", "after ready()");
        const pid_t daemon = start.facts().daemon;
        expect(daemon != start.launcher(), "the daemon is the launcher");
        if (start.facts().outcome != -1)
            expect(start.facts().pid == daemon, "the start_report has another pid than the daemon");
        expect(start.message().empty(), "after ready(): the launcher is told a reason of a failure");
        start.channel().go();
        expect(start.channel().hear() == went_on, "the daemon ends with its launcher");
        expect(ends(daemon), "the daemon does not end");
    }
}

template <class ForkPolicy>
void a_failure_arrives_as_sentence_and_status(const subject<ForkPolicy>& s)
{
    if constexpr (!forks<ForkPolicy>) {
        skip(detaches_not);
    } else {
        struct failure
        {
            std::string sentence;
            int status;
        };
        for (const failure& one : {failure{"cannot bind port 80: taken", 6}, failure{"cannot", 1}}) {
            started start(s.fresh().policy,
                          [&](auto& link, const other_process&) { link.fail(one.sentence, one.status); });
            expect(start.status() == one.status, "after fail(): the exit status of the launcher is another");
            start.expect_outcome(start_outcome::failed, "failed", "after fail()");
            const auto message = start.message();
            expect(message.find(one.sentence) != std::string::npos, "after fail(): the launcher is told: " + message);
        }
        started start(s.fresh().policy, [](auto& link, const other_process&) { link.fail("cannot", 1); });
        (void)start.status();
        start.expect_nothing_left("after fail()");
    }
}

template <class ForkPolicy>
void a_death_is_noticed_at_once(const subject<ForkPolicy>& s)
{
    if constexpr (!forks<ForkPolicy>) {
        skip(detaches_not);
    } else {
        struct death
        {
            const char* when;
            void (*die)();
            bool ignored = false;
        };
        for (const death& one : {death{"after the daemon exited with status 7", [] { ::_exit(7); }},
                                 death{"after the daemon exited with status 0", [] { ::_exit(0); }},
                                 death{"after the daemon was killed", [] { ::kill(::getpid(), SIGKILL); }},
                                 death{"after the daemon exited, with SIGCHLD ignored", [] { ::_exit(7); }, true}}) {
            const std::string when = one.when;
            step(when);
            started start(
                s.fresh().policy, [&](auto&, const other_process&) { one.die(); },
                [&] { ::signal(SIGCHLD, one.ignored ? SIG_IGN : SIG_DFL); });
            expect(start.status() != 0, when + ": the exit status of the launcher is 0");
            start.expect_outcome(start_outcome::died, "died", when);
            start.expect_nothing_left(when);
        }
    }
}

template <class ForkPolicy>
void a_child_of_the_daemon_does_not_hide_its_death(const subject<ForkPolicy>& s)
{
    if constexpr (!forks<ForkPolicy>) {
        skip(detaches_not);
    } else {
        started start(s.fresh().policy, [](auto&, const other_process&) {
            if (::fork() == 0)
                for (;;) ::pause(); // with all that it has of the daemon
            ::_exit(7);
        });
        expect(start.status() != 0, "after a daemon died that had a child: the exit status of the launcher is 0");
        start.expect_outcome(start_outcome::died, "died", "after a daemon died that had a child");
    }
}

template <class ForkPolicy>
void a_late_daemon_is_ended(const subject<ForkPolicy>& s)
{
    if constexpr (!forks<ForkPolicy>) {
        skip(detaches_not);
    } else {
        for (const bool stubborn : {false, true}) {
            const std::string when = stubborn ? "after a deadline, with TERM ignored" : "after a deadline";
            started start(s.fresh().policy, [stubborn](auto& link, const other_process&) {
                if (stubborn) ::signal(SIGTERM, SIG_IGN);
                link.extend(100ms);
                for (;;) ::pause();
            });
            expect(start.status() != 0, when + ": the exit status of the launcher is 0");
            start.expect_outcome(start_outcome::late, "late", when);
            expect(!alive(start.facts().daemon), when + ": the daemon goes on");
            start.expect_nothing_left(when);
        }
    }
}

template <class ForkPolicy>
void extend_moves_the_deadline(const subject<ForkPolicy>& s)
{
    if constexpr (!forks<ForkPolicy>) {
        skip(detaches_not);
    } else {
        started start(s.fresh().policy, [](auto& link, const other_process& channel) {
            link.extend(1500ms);
            link.extend(1h);
            std::this_thread::sleep_for(2s); // beyond the first one
            is_ready(link, channel);
        });
        expect(start.status() == 0, "extend(1 h) does not move the deadline away");
        start.channel().go();
    }
}

template <class ForkPolicy>
void status_lines_end_no_wait(const subject<ForkPolicy>& s)
{
    if constexpr (!daemonkit::detail::tells_status<daemonkit::detail::link_type<ForkPolicy>>) {
        skip(forks<ForkPolicy> ? "the link lacks l.status(line), which is optional" : detaches_not);
    } else {
        started start(s.fresh().policy, [](auto& link, const other_process& channel) {
            for (int i = 0; i < 10'000; ++i) link.status("a line"); // more than the launcher may be able to keep
            is_ready(link, channel);
        });
        expect(start.status() == 0, "after many calls of status(): the start fails");
        start.channel().go();
    }
}

template <class ForkPolicy>
void a_signal_cancels_a_start_that_waits(const subject<ForkPolicy>& s)
{
    if constexpr (!daemonkit::detail::waits_with_mask<daemonkit::detail::link_type<ForkPolicy>>) {
        skip(forks<ForkPolicy> ? "the link lacks l.wait(progress, mask), which is optional" : detaches_not);
    } else {
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
            const std::string when = std::string("after SIG") + ::sigabbrev_np(signal) + " to the launcher";
            started start(s.fresh().policy, [](auto&, const other_process& channel) {
                channel.say(went_on);
                for (;;) ::pause();
            });
            expect(start.channel().hear() == went_on, "no daemon starts");
            ::kill(start.launcher(), signal);
            expect(start.status() == 1, when + ": the exit status of the launcher is not 1");
            start.expect_outcome(start_outcome::cancelled, "cancelled", when);
            expect(!alive(start.facts().daemon), when + ": the daemon goes on");
            start.expect_nothing_left(when);
        }
    }
}

/// The launcher and all that it makes, traced: the daemon is ready and ends.
template <class ForkPolicy>
void try_start_with_faults(const subject<ForkPolicy>& s, bool crash)
{
    if (const auto why = no_tracing(); !why.empty()) return skip(why);
    const auto at = s.fresh();
    auto& facts = shared_facts();
    const auto body = [&] {
        new (&facts) start_facts;
        mark_step();
        return launch(at.policy, facts, [&](auto& link) {
            facts.calls_ready = true;
            link.ready();
        });
    };
    const auto check = [&](const auto& happened) {
        const bool by_signal = happened.processes.at(happened.launcher).killed();
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {} // orphans
        expect(children_of(::getpid()).empty(), "processes are left");
        end_children();
        if (by_signal) return expect(crash, "the launcher is killed"), void();
        const int status = happened.status();
        expect(status != 0 || facts.calls_ready, "the exit status of the launcher is 0, but no daemon was ready");
        expect(status == 0 || !happened.err.empty(), "a start fails without a reason");
        expect(!happened.outlived, "the launcher fails while a process that it made is still there");
    };
    int forks_of_start = 2;
    step("how many forks make the daemon");
#ifdef __x86_64__
    if (trace([&] { ::_exit(body()); }, {}).of(role::daemon) == nullptr) forks_of_start = 1;
#endif
    step_faults faults("a start", body, forks_of_start);
    if (crash)
        faults.crash(check);
    else
        faults.refuse(check);
}

template <class ForkPolicy>
void a_crash_in_a_start_leaves_nothing(const subject<ForkPolicy>& s)
{
    if constexpr (!forks<ForkPolicy>)
        skip(detaches_not);
    else
        try_start_with_faults(s, true);
}

template <class ForkPolicy>
void a_refused_call_in_a_start_is_named_or_harmless(const subject<ForkPolicy>& s)
{
    if constexpr (!forks<ForkPolicy>)
        skip(detaches_not);
    else
        try_start_with_faults(s, false);
}

} // namespace daemonkit::testing::detail::fork_cases
