// SPDX-License-Identifier: BSL-1.0
// Several processes and one pid file: which one gets it, keeps it, and is accepted.
#include "pid/both_policies.hpp"
#include "support/disabled_call.hpp"
#include "support/file.hpp"
#include "support/mounts.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <daemonkit/sys/credentials.hpp>

#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <algorithm>
#include <memory>
#include <sched.h>
#include <utility>
#include <vector>

namespace {

/// The error message of a call in a child, or that there was none.
template <class Call>
std::string sentence_of(Call call)
{
    try {
        call();
        return "it was not refused";
    } catch (const std::exception& e) {
        return e.what();
    }
}

bool says(const std::string& text, const std::string& part)
{
    return holds(contains(text, part), "'" + text + "' says '" + part + "'");
}

/// 77: not possible on this machine, even for root.
constexpr int impossible = 77;

} // namespace

#define EXPECT_GOOD_OR_SKIP(child, reason)                      \
    do {                                                        \
        const auto& ended = (child);                            \
        if (ended.status == impossible) DAEMONKIT_SKIP(reason); \
        BOOST_TEST(ended.status == 0, ended.err);               \
    } while (false)

BOOST_AUTO_TEST_SUITE(pid_file_processes, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(the_claim_follows_a_fork_and_ends_with_the_daemon)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto policy = make(top / "daemon.pid");
        auto guard = std::make_unique<decltype(policy.claim())>(policy.claim());
        other_process daemon([&](const other_process& self) {
            self.await();
            guard->publish(::getpid());
            self.say(1);
            self.await();
            return 0; // no destructor runs, as if it was killed
        });
        // Between the claim and the daemon's report other starts wait, however often they call find().
        other_process second([&](const other_process& self) {
            self.say(1);
            try {
                (void)policy.claim();
            } catch (const already_running& e) {
                self.say(e.pid());
            }
            return 0;
        });
        BOOST_TEST(second.hear() == 1);
        BOOST_TEST(!policy.find());
        daemon.go();
        BOOST_TEST(daemon.hear() == 1);
        guard->release(); // as the launcher does when the daemon is ready
        BOOST_TEST(second.hear() == daemon.pid());
        BOOST_TEST(policy.find().pid == daemon.pid());
        expect_running(policy, daemon.pid());
        daemon.kill();
        BOOST_TEST(!policy.find());
        BOOST_TEST(policy.find().stale);
        auto next = policy.claim();
        next.publish(::getpid());
        BOOST_TEST(policy.find().pid == ::getpid());
    });
}

BOOST_AUTO_TEST_CASE(only_the_owner_removes_the_file)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto path = top / "made/daemon.pid";
        const auto policy = make(path);
        auto guard = std::make_unique<decltype(policy.claim())>(policy.claim());
        const auto child_undoes = [&] {
            other_process child([&](const other_process&) {
                guard.reset(); // as a child that returns from main() does
                return 0;
            });
            return child.status();
        };
        BOOST_TEST(child_undoes() == 0);
        BOOST_TEST(fs::exists(path), "of the launcher");
        other_process daemon([&](const other_process& self) {
            guard->publish(::getpid());
            self.say(child_undoes());
            self.await();
            guard.reset();
            return 0;
        });
        BOOST_TEST(daemon.hear() == 0);
        BOOST_TEST(read_file(path) == line_of(daemon.pid()));
        BOOST_TEST(policy.find().pid == daemon.pid());
        expect_running(policy, daemon.pid());
        guard->release();
        daemon.go();
        BOOST_TEST(daemon.status() == 0);
        BOOST_TEST(!fs::exists(top / "made"), "by the one that published, with what was made for it");
    });
}

BOOST_AUTO_TEST_CASE(the_launcher_removes_the_record_of_a_dead_daemon)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto policy = make(top / "made/daemon.pid");
        {
            auto guard = policy.claim();
            other_process daemon([&](const other_process& self) {
                guard.publish(::getpid());
                self.say(1);
                self.await();
                return 0;
            });
            BOOST_TEST(daemon.hear() == 1);
            daemon.kill();
        }
        BOOST_TEST(fs::is_empty(top.path()));
    });
}

BOOST_AUTO_TEST_CASE(of_many_simultaneous_claims_one_wins_and_the_others_name_the_winner)
{
    constexpr int claims = 50;
    with_both([](auto make) {
        for (const std::string& before : {std::string("nothing"), std::string("stale file"), std::string("empty file")})
            BOOST_TEST_CONTEXT("before: " << before)
            {
                const temporary_directory top;
                const auto path = top / "made/below/daemon.pid";
                const auto policy = make(path);
                if (before != "nothing") {
                    fs::create_directories(path.parent_path());
                    write_file(path, before == "stale file" ? "4194304\n" : "");
                }
                std::array<int, 2> starting{};
                BOOST_TEST_REQUIRE(::pipe2(starting.data(), O_CLOEXEC) == 0);
                std::vector<std::unique_ptr<other_process>> processes;
                for (int i = 0; i < claims; ++i)
                    processes.push_back(std::make_unique<other_process>([&](const other_process& self) {
                        ::close(starting[1]);
                        sys::readable_within(starting[0], sys::forever);
                        try {
                            auto guard = policy.claim();
                            guard.publish(::getpid());
                            self.say(0);
                            self.await();
                        } catch (const already_running& e) {
                            self.say(e.pid());
                        }
                        return 0;
                    }));
                ::close(starting[1]);
                ::close(starting[0]);
                pid_t winner = 0;
                std::vector<int> named;
                for (const auto& process : processes) {
                    const int word = process->hear();
                    if (word == 0 && winner == 0)
                        winner = process->pid();
                    else
                        named.push_back(word);
                }
                BOOST_TEST(winner != 0);
                BOOST_TEST(named.size() == claims - 1U);
                for (const int pid : named) BOOST_TEST(pid == winner);
                BOOST_TEST(policy.find().pid == winner);
                BOOST_TEST(read_file(path) == line_of(winner));
            }
    });
}

BOOST_AUTO_TEST_CASE(find_in_a_loop_never_makes_a_claim_fail)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto policy = make(top / "daemon.pid");
        const auto look = [&](const other_process& self) {
            if (::geteuid() == 0 && !become_user(nobody)) return 1; // every user may ask
            (void)policy.find();
            self.say(1);
            for (;;) {
                const auto found = policy.find();
                if (found && found.pid != ::getppid()) return 1;
            }
        };
        const other_process first(look), second(look), third(look);
        BOOST_TEST(first.hear() == 1);
        BOOST_TEST(second.hear() == 1);
        BOOST_TEST(third.hear() == 1);
        for (int i = 0; i < 300; ++i) {
            auto guard = policy.claim();
            guard.publish(::getpid());
            if (i % 3 == 0) guard.release(); // leaves its file; this process is alive and holds no guard
            if (i % 3 == 0) fs::remove(top / "daemon.pid");
        }
        for (const auto* const process : {&first, &second, &third}) BOOST_TEST(alive(process->pid()));
    });
}

BOOST_AUTO_TEST_CASE(of_starts_and_ends_at_full_speed_one_at_a_time_has_the_file)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto policy = make(top / "made/daemon.pid");
        // Each round: the winner holds it for a moment, and opens a file exclusively that only one process may have
        // open.
        const auto token = (top / "token").string();
        write_file(token, "");
        std::vector<std::unique_ptr<other_process>> processes;
        for (int i = 0; i < 4; ++i)
            processes.push_back(std::make_unique<other_process>([&](const other_process& self) {
                for (int won = 0; won < 100;) try {
                        auto guard = policy.claim();
                        guard.publish(::getpid());
                        const sys::unique_fd alone(sys::open(token.c_str(), O_RDWR));
                        if (!holds(sys::try_lock(alone.get()), "there is one at a time")) return 1;
                        if (!holds(policy.find().pid == ::getpid(), "and it is found")) return 1;
                        ++won;
                    } catch (const already_running&) {
                    }
                self.say(1);
                return 0;
            }));
        for (const auto& process : processes) BOOST_TEST(process->status() == 0);
        BOOST_TEST(!fs::exists(top / "made/daemon.pid"));
    });
}

BOOST_AUTO_TEST_CASE(flock_of_util_linux_sees_the_lock_while_the_daemon_lives)
{
    const temporary_directory top;
    const auto file = (top / "daemon.pid").string();
    if (run({"flock", "--version"}).status != 0) DAEMONKIT_SKIP("there is no flock(1)");
    const auto lockable = [&] { return run({"flock", "--nonblock", file, "true"}).status == 0; };
    other_process locks(daemon_of(daemonkit::flock_pid_file{.path = file}));
    BOOST_TEST(locks.hear() == 1);
    BOOST_TEST(!lockable());
    locks.kill();
    BOOST_TEST(lockable());
    other_process plain(daemon_of(pid_file{.path = file}));
    BOOST_TEST(plain.hear() == 1);
    BOOST_TEST(lockable());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(pid_file_users, *boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(a_directory_without_write_permission_is_missing_privilege)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root to act as another user");
    with_both([](auto make) {
        const temporary_directory top;
        write_file(top / "stale.pid", "4194304\n");
        const auto before = snapshot(top.path());
        const auto child = in_child([&] {
            if (!become_user(nobody)) return 2;
            for (const char* const name : {"daemon.pid", "made/daemon.pid", "stale.pid"}) {
                const auto policy = make(top / name);
                if (!says(sentence_of([&] { (void)policy.claim(); }), "Permission denied")) return 1;
                try {
                    (void)policy.claim();
                } catch (const startup_error& e) {
                    if (!holds(e.status() == 4, "status 4")) return 1;
                }
                if (!holds(!policy.find(), "every user may ask")) return 1;
            }
            return 0;
        });
        BOOST_TEST(child.status == 0, child.err);
        BOOST_TEST((snapshot(top.path()) == before));
    });
}

BOOST_AUTO_TEST_CASE(a_file_made_for_the_user_in_a_directory_of_root_serves_after_a_crash_too)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root to act as another user");
    with_both([](auto make) {
        for (const char* const content : {"", "4194304\n"}) {
            const temporary_directory top;
            const auto path = top / "daemon.pid";
            write_file(path, content);
            BOOST_TEST_REQUIRE(::chown(path.c_str(), nobody, nobody) == 0);
            const auto child = in_child([&] {
                if (!become_user(nobody)) return 2;
                const auto policy = make(path);
                {
                    auto guard = policy.claim();
                    guard.publish(::getpid());
                    if (!holds(policy.find().pid == ::getpid(), "it is found")) return 1;
                }
                return holds(!policy.find() && !policy.find().stale, "nobody is there, nor anything of anybody") ? 0
                                                                                                                 : 1;
            });
            BOOST_TEST(child.status == 0, child.err);
            BOOST_TEST(read_file(path) == "");
        }
    });
}

BOOST_AUTO_TEST_CASE(after_dropping_privileges_the_file_is_emptied_and_the_next_start_works)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("only root has privileges to drop");
    with_both([](auto make) {
        const temporary_directory top;
        const auto path = top / "daemon.pid";
        const auto policy = make(path);
        for (int round = 0; round < 2; ++round) {
            other_process daemon([&](const other_process& self) {
                auto guard = policy.claim();
                guard.publish(::getpid());
                if (!become_user(nobody)) return 2;
                self.say(policy.find().pid == ::getpid() ? 1 : 0);
                self.await();
                return 0;
            });
            BOOST_TEST(daemon.hear() == 1);
            BOOST_TEST(policy.find().pid == daemon.pid());
            daemon.go();
            BOOST_TEST(daemon.status() == 0);
            BOOST_TEST(fs::exists(path));
            BOOST_TEST(read_file(path) == "");
            BOOST_TEST(!policy.find());
            BOOST_TEST(!policy.find().stale);
        }
    });
}

BOOST_AUTO_TEST_CASE(a_file_deleted_after_dropping_privileges_does_not_stop_the_daemon)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("only root has privileges to drop");
    const temporary_directory top;
    const auto path = top / "daemon.pid";
    const daemonkit::flock_pid_file policy{.path = path};
    other_process daemon([&](const other_process& self) {
        auto guard = policy.claim();
        guard.publish(::getpid());
        if (!become_user(nobody)) return 2;
        self.say(1);
        self.await();
        self.say(guard.keep() && guard.keep() ? 1 : 0);
        return 0;
    });
    BOOST_TEST(daemon.hear() == 1);
    fs::remove(path);
    daemon.go();
    BOOST_TEST(daemon.hear() == 1);
    BOOST_TEST(daemon.status() == 0);
    BOOST_TEST(!fs::exists(path));
}

BOOST_AUTO_TEST_CASE(every_user_finds_the_daemon_of_root_and_only_the_owner_accepts_one_of_another_user)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root to act as another user");
    with_both([](auto make) {
        const temporary_directory top;
        const auto policy = make(top / "daemon.pid");
        other_process daemon(daemon_of(policy));
        BOOST_TEST(daemon.hear() == 1);
        const auto before = snapshot(top.path());
        const auto child = in_child(
            [&] { return become_user(nobody) && holds(policy.find().pid == daemon.pid(), "it is found") ? 0 : 1; });
        BOOST_TEST(child.status == 0, child.err);
        BOOST_TEST((snapshot(top.path()) == before));

        fs::create_directory(top / "theirs");
        BOOST_TEST_REQUIRE(::chown((top / "theirs").c_str(), nobody, nobody) == 0);
        other_process theirs([&](const other_process& self) {
            if (!become_user(nobody)) return 2;
            return daemon_of(make(top / "theirs/daemon.pid"))(self);
        });
        BOOST_TEST(theirs.hear() == 1);
        BOOST_TEST(make(top / "theirs/daemon.pid").find().pid == theirs.pid(), "root finds the daemon of another user");
        fs::permissions(top / "theirs/daemon.pid", fs::perms(0666));
        expect_refusal([&] { (void)make(top / "theirs/daemon.pid").find(); }, "belongs to user nobody (65534)");
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(pid_file_machines, *boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(a_recycled_pid_is_rejected_even_of_the_same_program)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("only root can choose a pid");
    with_both([](auto make) {
        const temporary_directory top;
        const auto policy = make(top / "daemon.pid");
        const auto child = in_child([&] {
            if (!unshare_mounts(CLONE_NEWPID)) return impossible;
            const pid_t init = ::fork();
            if (init == 0) {
                if (::mount("proc", "/proc", "proc", 0, nullptr) == -1) ::_exit(impossible);
                constexpr pid_t number = 1000;
                const auto next_is_number = [] {
                    return write_file("/proc/sys/kernel/ns_last_pid", std::to_string(number - 1));
                };
                unsigned long long start = 0;
                {
                    if (!next_is_number()) ::_exit(impossible);
                    other_process first(daemon_of(policy));
                    if (first.pid() != number) ::_exit(impossible);
                    if (!holds(first.hear() == 1 && policy.find().pid == number, "it is found")) ::_exit(1);
                    start = sys::read_process_stat(number)->start;
                }
                // A new process in the same tick of the clock could not be told from the first one.
                eventually([&] {
                    other_process probe([](const other_process& self) {
                        self.await();
                        return 0;
                    });
                    return sys::read_process_stat(probe.pid())->start != start;
                });
                if (!next_is_number()) ::_exit(impossible);
                other_process second([&](const other_process& self) {
                    self.say(policy.find() ? 0 : 1);
                    self.await();
                    return daemon_of(policy)(self);
                });
                if (second.pid() != number) ::_exit(impossible);
                if (!holds(second.hear() == 1, "it does not take itself for the dead one")) ::_exit(1);
                if (!holds(!policy.find() && policy.find().stale, "nor does anybody else")) ::_exit(1);
                second.go();
                if (!holds(second.hear() == 1 && policy.find().pid == number, "it gets the file")) ::_exit(1);
                ::_exit(0);
            }
            return exit_status_of(init);
        });
        EXPECT_GOOD_OR_SKIP(child, "pids cannot be chosen here");
    });
}

BOOST_AUTO_TEST_CASE(without_pidfd_inodes_the_start_time_identifies_the_process)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto policy = make(top / "daemon.pid");
        const auto child = in_child([&] {
            // As before Linux 6.9: pidfds have no inode numbers of their own.
            if (!disable_call(SYS_fstatfs, ENOSYS)) return impossible;
            other_process daemon(daemon_of(policy));
            if (!holds(daemon.hear() == 1 && policy.find().pid == daemon.pid(), "it is found")) return 1;
            fs::remove(top / "daemon.pid");
            if (!holds(policy.find().pid == daemon.pid(), "by its abstract socket too")) return 1;
            daemon.kill();
            other_process next(daemon_of(policy));
            if (!holds(next.hear() == 1 && policy.find().pid == next.pid(), "and so is the next")) return 1;
            next.kill();
            return holds(!policy.find() && policy.find().stale, "a dead one is not") ? 0 : 1;
        });
        EXPECT_GOOD_OR_SKIP(child, "system calls cannot be disabled here");
    });
}

BOOST_AUTO_TEST_CASE(a_full_or_read_only_file_system_is_one_sentence_and_leaves_nothing)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("only root can mount");
    with_both([](auto make) {
        const temporary_directory top;
        const auto child = in_child([&] {
            if (!unshare_mounts() || ::mount("tmpfs", top.path().c_str(), "tmpfs", 0, "size=64k,mode=755") == -1)
                return impossible;
            const sys::unique_fd filler(sys::open((top / "filler").c_str(), O_RDWR | O_CREAT, 0644));
            while (::write(filler.get(), "0123456789abcdef", 16) > 0) {}
            const auto policy = make(top / "made/daemon.pid");
            const auto full = sentence_of([&] {
                auto guard = policy.claim();
                guard.publish(::getpid());
            });
            if (!says(full, "cannot write the pid file " + policy.where() + ": No space left on device")) return 1;
            if (!holds(!fs::exists(top / "made"), "nothing is left")) return 1;
            return 0;
        });
        EXPECT_GOOD_OR_SKIP(child, "nothing can be mounted here");

        const auto read_only = in_child([&] {
            if (!unshare_mounts() || ::mount("tmpfs", top.path().c_str(), "tmpfs", 0, "mode=755") == -1)
                return impossible;
            write_file(top / "stale.pid", "4194304\n");
            if (::mount(nullptr, top.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == -1) return impossible;
            const auto before = snapshot(top.path());
            for (const char* const name : {"daemon.pid", "made/daemon.pid", "stale.pid"})
                if (!says(sentence_of([&] { (void)make(top / name).claim(); }), "Read-only file system")) return 1;
            return holds(!make(top / "stale.pid").find(), "every user may still ask") &&
                           holds(snapshot(top.path()) == before, "nothing has changed")
                       ? 0
                       : 1;
        });
        EXPECT_GOOD_OR_SKIP(read_only, "nothing can be mounted here");
    });
}

BOOST_AUTO_TEST_CASE(a_missing_proc_is_reported_and_leaves_nothing)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("only root can mount");
    with_both([](auto make) {
        const temporary_directory top;
        const auto policy = make(top / "made/daemon.pid");
        const auto there = make(top / "there.pid");
        const other_process daemon(daemon_of(there));
        BOOST_TEST(daemon.hear() == 1);
        const auto child = in_child([&] {
            if (!unshare_mounts() || ::mount("tmpfs", "/proc", "tmpfs", 0, nullptr) == -1) return impossible;
            const auto published = sentence_of([&] {
                auto guard = policy.claim();
                guard.publish(::getpid());
            });
            if (!says(published, "/proc does not show it: is it mounted?")) return 1;
            if (!holds(!fs::exists(top / "made"), "nothing is left")) return 1;
            return says(sentence_of([&] { (void)there.find(); }), "/proc does not show it") &&
                           says(sentence_of([&] { (void)there.claim(); }), "/proc does not show it")
                       ? 0
                       : 1;
        });
        EXPECT_GOOD_OR_SKIP(child, "nothing can be mounted here");
        BOOST_TEST(there.find().pid == daemon.pid());
    });
}

BOOST_AUTO_TEST_SUITE_END()
