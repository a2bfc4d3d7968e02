// SPDX-License-Identifier: BSL-1.0
// The contract cases of a PidPolicy: claims, deaths and descriptors. The rows are those of pid/concept.hpp.
#pragma once

#include "chosen_pid.hpp"
#include "pid_lives.hpp"

#include <cstring>

namespace daemonkit::testing::detail::pid_cases {

template <class PidPolicy>
void claim_publish_and_find(const subject<PidPolicy>& s)
{
    const auto at = s.fresh();
    const auto files = files_below(at.directory);
    if constexpr (recorded<PidPolicy>) expect(!std::string(at.policy.where()).empty(), "where() is empty");
    for (int life = 0; life < 2; ++life) {
        expect_found(at.policy, 0, "before claim()");
        {
            auto guard = at.policy.claim();
            expect_found(at.policy, 0, "after claim()");
            guard.publish(::getpid());
            expect_found(at.policy, ::getpid(), "after publish()");
            const pid_t self = ::getpid();
            in_process("another process",
                       [&] { expect_found(at.policy, self, "after publish(), in another process"); });
            for (const int fd : guard.descriptors())
                expect(fd == -1 || ::fcntl(fd, F_GETFD) != -1, "descriptors() has a number that is not open");
        }
        expect_found(at.policy, 0, "after the end of the guard");
        const auto left = added(files, files_below(at.directory));
        expect(left.empty(), "after the end of the guard: left behind: " + left);
    }
}

template <class PidPolicy>
void find_changes_nothing(const subject<PidPolicy>& s)
{
    if constexpr (!recorded<PidPolicy>) return skip(records_nothing);
    const auto at = s.fresh();
    const auto look = [&](pid_t pid, const std::string& when) {
        const auto before = snapshot(at.directory);
        const auto descriptors = open_descriptors(::getpid());
        for (int i = 0; i < 3; ++i) expect_found(at.policy, pid, when);
        expect(snapshot(at.directory) == before, when + ": find() changes files");
        expect(open_descriptors(::getpid()) == descriptors, when + ": find() leaves descriptors open");
    };
    look(0, "without a daemon");
    holder_process daemon(at.policy);
    look(daemon.pid(), "beside a daemon");
    expect(daemon.keeps(), "keep() returns false after find() in another process");
    daemon.kill();
    look(0, "after a crash");
}

template <class PidPolicy>
void has_record_tells(const subject<PidPolicy>& s)
{
    if constexpr (!daemonkit::detail::has_has_record<PidPolicy>) {
        skip("the policy has no has_record()");
    } else {
        const auto at = s.fresh();
        expect(!at.policy.has_record(), "has_record() is true before the first claim");
        holder_process daemon(at.policy);
        expect(at.policy.has_record(), "has_record() is false while a daemon runs");
        daemon.kill();
        if (found(at.policy, "after a crash").stale) expect(at.policy.has_record(), "has_record() denies a stale one");
    }
}

template <class PidPolicy>
void a_second_claim_loses_and_changes_nothing(const subject<PidPolicy>& s)
{
    if constexpr (!recorded<PidPolicy>) return skip(records_nothing);
    const auto at = s.fresh();
    holder_process daemon(at.policy);
    for (int i = 0; i < 2; ++i) expect_lost_claim(at, daemon.pid(), "beside a daemon");
    expect_found(at.policy, daemon.pid(), "after a claim that lost");
    expect(daemon.keeps(), "keep() returns false after a claim that lost");
    daemon.end();
    expect_found(at.policy, 0, "after the end of the daemon");
}

template <class PidPolicy>
void of_many_claims_one_wins(const subject<PidPolicy>& s)
{
    if constexpr (!recorded<PidPolicy>) return skip(records_nothing);
    const auto at = s.fresh();
    std::array<int, 2> gate{};
    if (::pipe2(gate.data(), O_CLOEXEC) == -1) return fail("no pipe");
    constexpr int won = 0;
    constexpr int refused = -2;
    std::vector<std::unique_ptr<other_process>> processes;
    for (int i = 0; i < 20; ++i)
        processes.push_back(std::make_unique<other_process>([&](const other_process& self) {
            ::close(gate[1]);
            pollfd opened{gate[0], 0, 0};
            ::poll(&opened, 1, -1);
            try {
                auto guard = at.policy.claim();
                guard.publish(::getpid());
                self.say(won);
                self.await();
            } catch (const already_running& e) {
                self.say(e.pid());
            } catch (const startup_error& e) {
                self.say(refused);
            }
            return 0;
        }));
    ::close(gate[1]);
    ::close(gate[0]);
    std::vector<pid_t> winners;
    std::vector<pid_t> named_pids;
    for (const auto& process : processes) {
        const int word = process->hear();
        expect(word != -1, "a claim beside others hangs, or throws something else than startup_error");
        if (word == won) winners.push_back(process->pid());
        if (word > 0) named_pids.push_back(word);
    }
    if (!expect(winners.size() == 1, "of 20 claims at once " + std::to_string(winners.size()) + " win")) return;
    for (const pid_t pid : named_pids)
        expect(pid == winners[0], "already_running names " + named(pid) + ", but " + named(winners[0]) + " won");
    expect_found(at.policy, winners[0], "after many claims at once");
}

template <class PidPolicy>
void the_identity_follows_a_fork(const subject<PidPolicy>& s)
{
    const auto at = s.fresh();
    const auto files = files_below(at.directory);
    auto guard = std::make_unique<daemonkit::detail::identity_type<PidPolicy>>(at.policy.claim());
    other_process daemon([&](const other_process& self) {
        guard->publish(::getpid());
        self.say(1);
        self.await();
        guard.reset();
        return 0;
    });
    if (!expect(daemon.hear() == 1, "publish() fails in a child of the process that claimed")) return;
    guard->release(); // as the launcher does
    guard.reset();
    expect_found(at.policy, daemon.pid(), "after release() in the launcher");
    if constexpr (recorded<PidPolicy>) expect_lost_claim(at, daemon.pid(), "after release() in the launcher");
    daemon.go();
    expect(daemon.status() == 0, "the daemon ends badly");
    expect_found(at.policy, 0, "after the end of the daemon");
    const auto left = added(files, files_below(at.directory));
    expect(left.empty(), "after the end of the daemon: left behind: " + left);
}

template <class PidPolicy>
void a_failed_start_frees_the_identity(const subject<PidPolicy>& s)
{
    const auto at = s.fresh();
    const auto files = files_below(at.directory);
    for (const bool published : {false, true}) {
        {
            auto guard = at.policy.claim();
            if (published) {
                other_process daemon([&](const other_process& self) {
                    guard.publish(::getpid());
                    self.say(1);
                    self.await();
                    return 0;
                });
                expect(daemon.hear() == 1, "publish() fails in a child of the process that claimed");
            } // killed
        }
        const std::string when = published ? "after the daemon was killed and the launcher's guard ended"
                                           : "after the launcher's guard ended without publish()";
        expect_found(at.policy, 0, when);
        const auto left = added(files, files_below(at.directory));
        expect(left.empty(), when + ": left behind: " + left);
        expect_free(at, files, when);
    }
}

template <class PidPolicy>
void a_killed_daemon_blocks_nothing(const subject<PidPolicy>& s)
{
    const auto at = s.fresh();
    const auto files = files_below(at.directory);
    for (const bool zombie : {true, false}) {
        holder_process daemon(at.policy);
        if (!daemon) return;
        ::kill(daemon.pid(), SIGKILL);
        ends(daemon.pid());
        if (!zombie) daemon.kill();
        expect_free(at, files, zombie ? "beside the zombie of a killed daemon" : "after a killed daemon");
    }
}

template <class PidPolicy>
void a_reused_pid_is_not_believed(const subject<PidPolicy>& s)
{
    if constexpr (!recorded<PidPolicy>) return skip(records_nothing);
    const auto at = s.fresh();
    const auto files = files_below(at.directory);
    holder_process daemon(at.policy);
    const pid_t pid = daemon.pid();
    let_a_tick_pass(); // a record may tell processes apart by their start times
    daemon.kill();
    const pid_t stranger = fork_as(pid);
    if (stranger == 0)
        for (;;) ::pause();
    if (stranger == -1) return skip(std::string("cannot make a process with a chosen pid: ") + std::strerror(errno));
    expect_found(at.policy, 0, "where another process has the pid of a killed daemon");
    expect_free(at, files, "where another process has the pid of a killed daemon");
    expect(alive(stranger), "the other process is ended");
    ::kill(stranger, SIGKILL);
    exit_status_of(stranger);
}

} // namespace daemonkit::testing::detail::pid_cases
