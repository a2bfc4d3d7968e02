// SPDX-License-Identifier: BSL-1.0
// The contract cases of a PidPolicy with faults: a crash at each system call of a step, and each call refused.
#pragma once

#include "pid_lives.hpp"
#include "step_faults.hpp"

namespace daemonkit::testing::detail::pid_cases {

/// One step of a life in a traced process, and the place that it works on.
template <class PidPolicy>
class step_of_life
{
public:
    explicit step_of_life(const subject<PidPolicy>& s) : at_(s.fresh()), files_(files_below(at_.directory)) {}

    [[nodiscard]] const place<PidPolicy>& at() const noexcept { return at_; }
    /// Another life works, and leaves nothing.
    void expect_next_life() const { expect_free(at_, files_, "afterwards"); }
    /// Nothing is left of a step that failed.
    void expect_nothing() const
    {
        const auto left = added(files_, files_below(at_.directory));
        expect(left.empty(), "left behind: " + left);
    }

    // The bodies. What a step achieved is checked in the same process, where the guard lives.
    int claim() const
    {
        guard_of guard;
        const int how = execute_step("claim()", [&] { guard = pointer(at_.policy.claim()); });
        if (how != ended::done) return how;
        return execute([&] {
            guard->publish(::getpid());
            expect_found(at_.policy, ::getpid(), "after a claim() that succeeded, and publish()");
        });
    }
    int publish() const
    {
        const auto guard = pointer(at_.policy.claim());
        const int how = execute_step("publish()", [&] { guard->publish(::getpid()); });
        if (how == ended::done) expect_found(at_.policy, ::getpid(), "after a publish() that succeeded");
        return how;
    }
    int keep() const
    {
        const auto guard = published();
        bool kept = false;
        const int how = execute_step("keep()", [&] { kept = guard->keep(); });
        expect(how != ended::done || kept, "keep() returns false, but no other daemon has the identity");
        expect_found(at_.policy, ::getpid(), "after keep()");
        return how;
    }
    int end() const
    {
        auto guard = published();
        return execute_step("the end of the guard", [&] { guard.reset(); });
    }
    int find(pid_t daemon) const
    {
        pid_t pid = 0;
        const int how = execute_step("find()", [&] {
            if constexpr (recorded<PidPolicy>) pid = at_.policy.find().pid;
        });
        if (how == ended::done) expect(pid == daemon, "find() names " + named(pid) + " instead of " + named(daemon));
        return how;
    }

private:
    using guard_of = std::unique_ptr<daemonkit::detail::identity_type<PidPolicy>>;

    template <class ClaimedGuard>
    static guard_of pointer(ClaimedGuard guard)
    {
        return std::make_unique<ClaimedGuard>(std::move(guard));
    }
    [[nodiscard]] guard_of published() const
    {
        auto guard = pointer(at_.policy.claim());
        guard->publish(::getpid());
        return guard;
    }
    template <class Check>
    static int execute(Check check)
    {
        try {
            check();
        } catch (const std::exception& e) {
            fail(std::string("after a claim() that succeeded: ") + e.what());
        }
        return ended::done;
    }

    place<PidPolicy> at_;
    std::set<std::string> files_;
};

/// Calls body(step) unless faults cannot be tried here.
template <class PidPolicy, class CaseBody>
void with_step(const subject<PidPolicy>& s, CaseBody body)
{
    if (const auto why = no_tracing(); !why.empty()) return skip(why);
    body(step_of_life<PidPolicy>(s));
}

template <class PidPolicy>
void a_crash_in_claim_blocks_nothing(const subject<PidPolicy>& s)
{
    with_step(s, [&](const auto& life) {
        step_faults("claim()", [&] { return life.claim(); }).crash([&](const auto&) { life.expect_next_life(); });
    });
}

template <class PidPolicy>
void a_crash_in_publish_blocks_nothing(const subject<PidPolicy>& s)
{
    with_step(s, [&](const auto& life) {
        step_faults("publish()", [&] { return life.publish(); }).crash([&](const auto&) { life.expect_next_life(); });
    });
}

template <class PidPolicy>
void a_crash_in_keep_blocks_nothing(const subject<PidPolicy>& s)
{
    with_step(s, [&](const auto& life) {
        step_faults("keep()", [&] { return life.keep(); }).crash([&](const auto&) { life.expect_next_life(); });
    });
}

template <class PidPolicy>
void a_crash_at_the_end_blocks_nothing(const subject<PidPolicy>& s)
{
    with_step(s, [&](const auto& life) {
        step_faults("~g", [&] { return life.end(); }).crash([&](const auto&) { life.expect_next_life(); });
    });
}

template <class PidPolicy>
void a_crash_of_a_claim_that_loses_disturbs_nothing(const subject<PidPolicy>& s)
{
    if constexpr (!recorded<PidPolicy>) return skip(records_nothing);
    with_step(s, [&](const auto& life) {
        holder_process daemon(life.at().policy);
        step_faults("claim()", [&] { return life.claim(); }).crash([&](const auto&) {
            expect_found(life.at().policy, daemon.pid(), "beside a daemon");
        });
        expect(daemon.keeps(), "keep() returns false after crashes of claims that lose");
    });
}

#ifdef __x86_64__

/// How the traced process ended; the others are failures.
inline int end_of(const course& happened)
{
    const int status = happened.status();
    const bool known = status == ended::done || status == ended::refused || status == ended::lost;
    if (!known && status != ended::wrong) fail("the process ends with status " + std::to_string(status));
    return status;
}

/// Whether the call that was answered by an error would have removed something.
inline bool removes(const course& happened)
{
    const long call = happened.at.number;
    return call == SYS_unlink || call == SYS_unlinkat || call == SYS_rmdir || call == SYS_ftruncate ||
           call == SYS_newfstatat;
}

#endif

template <class PidPolicy>
void a_refused_call_in_claim_is_named_or_harmless(const subject<PidPolicy>& s)
{
    with_step(s, [&](const auto& life) {
        step_faults("claim()", [&] { return life.claim(); }).refuse([&](const auto& happened) {
            expect(end_of(happened) != ended::lost, "claim() throws already_running, but no daemon runs");
            if (!removes(happened)) life.expect_nothing();
            life.expect_next_life();
        });
    });
}

template <class PidPolicy>
void a_refused_call_does_not_let_a_second_claim_win(const subject<PidPolicy>& s)
{
    if constexpr (!recorded<PidPolicy>) return skip(records_nothing);
    with_step(s, [&](const auto& life) {
        holder_process daemon(life.at().policy);
        const auto body = [&] { return execute_step("claim()", [&] { (void)life.at().policy.claim(); }); };
        step_faults("claim() beside a daemon", body).refuse([&](const auto& happened) {
            expect(end_of(happened) != ended::done, "claim() succeeds");
            expect_found(life.at().policy, daemon.pid(), "beside a daemon");
        });
        expect(daemon.keeps(), "keep() returns false after claims that lost");
    });
}

template <class PidPolicy>
void a_refused_call_in_publish_is_named_or_harmless(const subject<PidPolicy>& s)
{
    with_step(s, [&](const auto& life) {
        step_faults("publish()", [&] { return life.publish(); }).refuse([&](const auto& happened) {
            expect(end_of(happened) != ended::lost, "publish() throws already_running, but no daemon runs");
            if (!removes(happened)) life.expect_nothing();
            life.expect_next_life();
        });
    });
}

template <class PidPolicy>
void a_refused_call_in_keep_loses_nothing(const subject<PidPolicy>& s)
{
    with_step(s, [&](const auto& life) {
        step_faults("keep()", [&] { return life.keep(); }).refuse([&](const auto& happened) {
            (void)end_of(happened);
            life.expect_next_life();
        });
    });
}

template <class PidPolicy>
void a_refused_call_at_the_end_blocks_nothing(const subject<PidPolicy>& s)
{
    with_step(s, [&](const auto& life) {
        step_faults("~g", [&] { return life.end(); }).refuse([&](const auto& happened) {
            expect(end_of(happened) == ended::done, "the end of the guard throws");
            life.expect_next_life();
        });
    });
}

template <class PidPolicy>
void a_refused_call_in_find_gives_no_wrong_answer(const subject<PidPolicy>& s)
{
    if constexpr (!recorded<PidPolicy>) return skip(records_nothing);
    with_step(s, [&](const auto& life) {
        for (const bool runs : {true, false}) {
            std::unique_ptr<holder_process<PidPolicy>> daemon;
            if (runs) daemon = std::make_unique<holder_process<PidPolicy>>(life.at().policy);
            const pid_t pid = daemon ? daemon->pid() : 0;
            step_faults("find()", [&] { return life.find(pid); }).refuse([&](const auto& happened) {
                (void)end_of(happened);
            });
        }
    });
}

} // namespace daemonkit::testing::detail::pid_cases
