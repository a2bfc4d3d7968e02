// SPDX-License-Identifier: BSL-1.0
// The contract cases of the guard that a PidPolicy's claim() returns: children, keep(), and the optional rows.
#pragma once

#include "../../sys/control_socket.hpp"
#include "../../sys/deadline.hpp"
#include "pid_lives.hpp"

namespace daemonkit::testing::detail::pid_cases {

template <class PidPolicy>
using guard_pointer = std::unique_ptr<daemonkit::detail::identity_type<PidPolicy>>;

template <class PidPolicy>
guard_pointer<PidPolicy> claimed(const PidPolicy& policy)
{
    return std::make_unique<daemonkit::detail::identity_type<PidPolicy>>(policy.claim());
}

template <class PidPolicy>
void a_child_does_not_release_the_identity(const subject<PidPolicy>& s)
{
    const auto at = s.fresh();
    auto guard = claimed(at.policy);
    guard->publish(::getpid());
    const auto before = files_below(at.directory);
    in_process("a child of the daemon", [&] { guard.reset(); }); // as one that returns from run()
    expect(files_below(at.directory) == before, "the end of the guard in a child of the daemon removes files");
    const pid_t self = ::getpid();
    in_process("another process", [&] {
        expect_found(at.policy, self, "after the end of the guard in a child of the daemon");
        if constexpr (recorded<PidPolicy>)
            expect_lost_claim(at, self, "after the end of the guard in a child of the daemon");
    });
    expect(guard->keep(), "keep() returns false after the end of the guard in a child of the daemon");
}

template <class PidPolicy>
void a_child_that_outlives_the_daemon_blocks_nothing(const subject<PidPolicy>& s)
{
    const auto at = s.fresh();
    const auto files = files_below(at.directory);
    for (const bool executes : {false, true}) {
        other_process daemon([&](const other_process& self) {
            auto guard = at.policy.claim();
            guard.publish(::getpid());
            const auto own = proc_link(::getpid(), "exe");
            const pid_t worker = ::fork();
            if (worker == 0) {
                if (executes) ::execlp("sleep", "sleep", "1000", nullptr);
                for (;;) ::pause();
            }
            if (executes) eventually([&] { return proc_link(worker, "exe") != own; });
            self.say(worker);
            self.await();
            return 0;
        });
        const pid_t worker = daemon.hear();
        if (!expect(worker > 0, "a daemon cannot claim and publish")) return;
        daemon.kill();
        expect_free(at, files,
                    executes ? "beside a program that the killed daemon executed"
                             : "beside a child that the killed daemon forked");
        expect(alive(worker), "the child of the daemon is ended");
        ::kill(worker, SIGKILL);
    }
}

template <class PidPolicy>
void an_executed_program_inherits_no_descriptor(const subject<PidPolicy>& s)
{
    const auto at = s.fresh();
    const auto before = open_descriptors(::getpid());
    auto guard = at.policy.claim();
    const auto check = [&](const std::string& when) {
        for (const int fd : open_descriptors(::getpid()))
            if (before.count(fd) == 0)
                expect((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, when + ": a descriptor without close-on-exec: " +
                                                                     proc_link(::getpid(), "fd/" + std::to_string(fd)));
    };
    check("after claim()");
    guard.publish(::getpid());
    check("after publish()");
    (void)guard.keep();
    check("after keep()");
}

template <class PidPolicy>
void a_moved_guard_releases_once(const subject<PidPolicy>& s)
{
    const auto at = s.fresh();
    const auto files = files_below(at.directory);
    {
        auto first = at.policy.claim();
        auto second = std::move(first);
        second.publish(::getpid());
        const auto other = s.fresh();
        auto third = other.policy.claim();
        third = std::move(second);
        expect_found(at.policy, ::getpid(), "after the guard was moved");
    }
    expect_free(at, files, "after the end of a moved guard");
}

template <class PidPolicy>
void keep_is_quiet_while_nothing_is_lost(const subject<PidPolicy>& s)
{
    const auto at = s.fresh();
    auto guard = at.policy.claim();
    guard.publish(::getpid());
    expect(guard.keep(), "the first keep() returns false");
    const auto before = snapshot(at.directory);
    for (int i = 0; i < 3; ++i) {
        expect(guard.keep(), "keep() returns false");
        const int fd = guard.lost_fd();
        pollfd p{fd, POLLIN, 0};
        expect(fd == -1 || ::poll(&p, 1, 0) == 0, "lost_fd() stays readable after keep(): the daemon would spin");
    }
    expect(snapshot(at.directory) == before, "keep() changes files though nothing is lost");
    expect_found(at.policy, ::getpid(), "after keep()");
}

template <class PidPolicy>
void an_identity_that_is_lost_is_given_up(const subject<PidPolicy>& s)
{
    if constexpr (!recorded<PidPolicy>) return skip(records_nothing);
    const auto at = s.fresh();
    holder_process first(at.policy);
    for (const auto& entry : boost::filesystem::directory_iterator(at.directory))
        boost::filesystem::remove_all(entry.path());
    try {
        auto second = at.policy.claim();
        second.publish(::getpid());
        expect(!first.keeps(), "keep() returns true though another daemon has the identity");
        first.end();
        expect_found(at.policy, ::getpid(), "after the end of the daemon that lost the identity");
        expect(second.keep(), "keep() of the second daemon returns false");
    } catch (const already_running& e) {
        expect(e.pid() == first.pid(), "already_running names " + named(e.pid()));
        expect(first.keeps(), "keep() returns false, but no other daemon can have the identity");
        expect_found(at.policy, first.pid(), "after the record was removed");
        first.end();
    } catch (const startup_error&) { // it cannot be told
        expect(first.keeps(), "keep() returns false, but no other daemon can have the identity");
        first.end();
    }
}

template <class PidPolicy>
void started_ends_the_state_starting(const subject<PidPolicy>& s)
{
    if constexpr (!daemonkit::detail::has_started<daemonkit::detail::identity_type<PidPolicy>>) {
        skip("the guard has no started()");
    } else {
        const auto at = s.fresh();
        auto guard = at.policy.claim();
        guard.publish(::getpid());
        guard.started();
        const pid_t self = ::getpid();
        in_process("another process", [&] {
            const auto daemon = found(at.policy, "after started()");
            expect(daemon.pid == self, "after started(): find() names " + named(daemon.pid));
            expect(!daemon.starting, "after started(): find() sets `starting`");
        });
    }
}

template <class PidPolicy>
void take_over_moves_the_release(const subject<PidPolicy>& s)
{
    if constexpr (!daemonkit::detail::can_be_taken_over<daemonkit::detail::identity_type<PidPolicy>>) {
        skip("the guard has no removal() and take_over()");
    } else {
        const auto at = s.fresh();
        const auto files = files_below(at.directory);
        for (const bool dies : {false, true}) {
            auto guard = claimed(at.policy);
            const sys::raw_removal removal = guard->removal();
            other_process daemon([&](const other_process& self) {
                guard->take_over();
                guard->publish(::getpid());
                self.say(1);
                self.await();
                guard.reset();
                return 0;
            });
            expect(daemon.hear() == 1, "publish() fails after take_over()");
            if (dies) {
                daemon.kill();
                removal();
            } else {
                guard->release();
                guard.reset();
                expect_found(at.policy, daemon.pid(), "after take_over() and the end of the launcher's guard");
                daemon.go();
                expect(daemon.status() == 0, "the daemon ends badly");
            }
            const std::string when = dies ? "after removal()" : "after the end of a daemon that took over";
            const auto left = added(files, files_below(at.directory));
            expect(left.empty(), when + ": left behind: " + left);
            if (guard) guard->release();
            guard.reset();
            expect_free(at, files, when);
        }
    }
}

template <class PidPolicy>
void a_reload_request_reaches_the_daemon_and_back(const subject<PidPolicy>& s)
{
    if constexpr (!daemonkit::detail::has_control_socket<PidPolicy>) {
        skip("the policy has no control_socket()");
    } else {
        constexpr int heard = 2;
        const auto at = s.fresh();
        const pid_t asker = ::getpid();
        other_process daemon([&](const other_process& self) {
            auto guard = at.policy.claim();
            guard.publish(::getpid());
            self.say(guard.control_fd() == -1 ? 0 : 1);
            char text[16] = {};
            if (!sys::readable_within(guard.control_fd(), generous)) return 1;
            const auto question = sys::receive_from(guard.control_fd(), text, sizeof text);
            expect(question.size == 4, "the daemon receives another request than the one that was sent");
            expect(question.sender.pid == asker, "control_fd() has no SO_PASSCRED: its sender is not known");
            expect(sys::send_to(guard.control_fd(), question.from, "pong") == 4,
                   "the request has no name to answer to");
            self.say(heard);
            self.await();
            return 0;
        });
        const int up = daemon.hear();
        if (up == 0) return skip("control_fd() is -1 here");
        if (!expect(up == 1, "a daemon cannot claim and publish")) return;
        const auto socket = at.policy.control_socket(at.policy.find());
        if (!expect(static_cast<bool>(socket), "control_socket() does not reach the daemon")) return;
        expect(sys::send_connected(socket.get(), "ping") == 4, "the request cannot be sent");
        if (!expect(daemon.hear() == heard, "the request does not arrive at control_fd()")) return;
        char text[16] = {};
        expect(sys::readable_within(socket.get(), generous), "the answer does not arrive at control_socket()");
        const auto reply = sys::receive_from(socket.get(), text, sizeof text);
        expect(reply.size == 4, "the answer is another than the one that was sent");
        expect(reply.sender.pid == daemon.pid(), "control_socket() has no SO_PASSCRED: its sender is not known");
    }
}

} // namespace daemonkit::testing::detail::pid_cases
