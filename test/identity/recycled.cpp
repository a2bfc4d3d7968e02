// SPDX-License-Identifier: BSL-1.0
// A pid file whose daemon has died, and whose pid another process has now. The pids are chosen, in a pid namespace of
// the test. All processes there block all signals, so that each signal stays pending.
#include "pid/both_policies.hpp"
#include "support/bystander.hpp"
#include "support/disabled_call.hpp"
#include "support/file.hpp"
#include "support/pid_namespace.hpp"
#include "support/process.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <daemonkit/control/detail/reload.hpp>
#include <daemonkit/control/detail/status.hpp>
#include <daemonkit/control/detail/stop.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <thread>
#include <utility>

namespace {

/// The pid of every daemon here.
constexpr pid_t number = 1000;

/// The daemon of these tests, with a pid file of its own.
struct enduring : program
{
    explicit enduring(const std::string& policy) : program("enduring") { environment = {"PID_POLICY=" + policy}; }

    /// Runs in the foreground, as a child with this pid; -1 and errno.
    [[nodiscard]] pid_t runs_as(pid_t pid) const
    {
        const pid_t child = fork_as(pid);
        if (child == 0) exec("run");
        return child;
    }
    [[noreturn]] void exec(const std::string& verb) const { ::_exit(execute(command({verb}))); }
    /// Calls a verb and checks its exit status and a part of its output.
    [[nodiscard]] bool says(const std::string& verb, int status, const std::string& text) const
    {
        const auto said = (*this)({verb});
        const auto all = said.out + said.err;
        return holds(said.status == status && contains(all, text), verb + " is " + std::to_string(status) +
                                                                       " and says '" + text + "', it was " +
                                                                       std::to_string(said.status) + ", '" + all + "'");
    }
    [[nodiscard]] bool runs_with(pid_t pid) const
    {
        const bool stopped = proc_status(pid, "State").starts_with('T'); // which is said
        return says("status", 0, "running (pid " + std::to_string(pid) + (stopped ? ", stopped by a signal)" : ")"));
    }
    [[nodiscard]] bool comes_to_run() const
    {
        return eventually([&] { return contains((*this)({"status"}).out, "running (pid "); }); // after "starting"
    }
};

/// A daemon ran as `number`, crashed and left its file; the pid is free.
int crash(const enduring& daemon)
{
    const pid_t ran = daemon.runs_as(number);
    if (ran == -1) return impossible("choose a process number");
    const bool found = holds(daemon.comes_to_run(), "the daemon runs") && daemon.runs_with(number);
    ::kill(number, SIGKILL);
    exit_status_of(number);
    let_start_times_differ();
    return found && holds(pid_in(daemon.pid_file.string()) == number, "the file stays") ? 0 : 1;
}

/// Whether the process with the pid was left alone; its destruction ends the process.
using left_alone = std::function<bool()>;

/// The process that has the pid after the daemon.
struct tenant
{
    const char* name;
    std::function<left_alone()> moves_in;
};

left_alone stranger()
{
    const auto process = std::make_shared<bystander>([] { return fork_as(number); });
    return [=] { return process->pid() == number && process->untouched(); };
}

left_alone instance_with_its_own_file(const enduring& other)
{
    if (other.runs_as(number) != number || !other.comes_to_run()) return {};
    ::kill(number, SIGSTOP); // so that any signal stays pending
    if (!eventually([] { return proc_status(number, "State")[0] == 'T'; })) return {};
    const auto moved_out = std::shared_ptr<void>(nullptr, [](void*) {
        ::kill(number, SIGKILL);
        exit_status_of(number);
    });
    return [moved_out, &other] {
        return no_signal_waits(number) &&
               other.says("status", 0, "running (pid " + std::to_string(number) + ", stopped by a signal)");
    };
}

left_alone thread_of_a_stranger()
{
    const auto process = std::make_shared<bystander>([] {
        const pid_t child = ::fork();
        if (child == 0) {
            write_file("/proc/sys/kernel/ns_last_pid", std::to_string(number - 1));
            std::thread([] {
                for (;;) ::pause();
            }).detach();
        }
        return child;
    });
    const bool moved = eventually([&] { return proc_status(number, "Tgid") == std::to_string(process->pid()); });
    return [=] { return moved && process->untouched() && untouched(number); };
}

left_alone zombie()
{
    const pid_t child = fork_as(number);
    if (child == 0) ::_exit(0);
    const auto moved_out = std::shared_ptr<void>(nullptr, [](void*) { exit_status_of(number); });
    ends(number);
    return [moved_out] { return proc_status(number, "State")[0] == 'Z'; };
}

/// The leader of a group and session has ended; the other members keep its id.
left_alone group_of_strangers()
{
    std::array<int, 2> words{};
    if (::pipe2(words.data(), O_CLOEXEC) == -1) return {};
    const pid_t leader = fork_as(number);
    if (leader == 0) {
        ::setsid();
        sigset_t all;
        ::sigfillset(&all);
        ::sigprocmask(SIG_BLOCK, &all, nullptr);
        const pid_t member = ::fork();
        if (member == 0)
            for (;;) ::pause();
        ::_exit(::write(words[1], &member, sizeof member) == sizeof member ? 0 : 1);
    }
    pid_t member = -1;
    exit_status_of(number);
    if (::read(words[0], &member, sizeof member) != sizeof member) return {};
    for (const int fd : words) ::close(fd);
    const auto moved_out = std::shared_ptr<void>(nullptr, [member](void*) {
        ::kill(member, SIGKILL);
        exit_status_of(member);
    });
    return [moved_out, member] { return proc_stat(member, 5) == number && untouched(member); };
}

/// Every reading verb leaves the process as it is, and `last` does its work.
bool each_verb_is_right(const enduring& daemon, const std::string& last)
{
    const auto before = snapshot(daemon.directory.path());
    bool good = daemon.says("status", 1, "dead") && daemon.says("reload", 7, "not running") &&
                holds(snapshot(daemon.directory.path()) == before, "looking changes nothing");
    if (last == "stop" || last == "try-restart")
        good = good && daemon.says(last, 0, "not running");
    else
        good = good && daemon.says(last, 0, "started (pid ") && holds(daemon.pid() != number, "it is a new one") &&
               daemon.runs_with(daemon.pid()) &&
               daemon.says("stop", 0, "stopped (pid " + std::to_string(daemon.pid()) + ", SIGTERM)");
    return good && holds(!fs::exists(daemon.pid_file), "the file has gone");
}

const std::array<std::string, 2> policies{"pid_file", "flock_pid_file"};

int rounds_held = 0;

} // namespace

BOOST_AUTO_TEST_SUITE(recycled, *boost::unit_test::label("namespace"))

BOOST_AUTO_TEST_CASE(a_process_with_the_pid_of_a_crashed_daemon_is_left_alone)
{
    rounds_held = 0;
    for (const auto& policy : policies) BOOST_TEST_CONTEXT(policy)
        {
            const enduring daemon(policy), other(policy);
            const tenant tenants[]{{"a stranger", stranger},
                                   {"another instance", [&] { return instance_with_its_own_file(other); }},
                                   {"a thread", thread_of_a_stranger},
                                   {"a zombie", zombie},
                                   {"a process group", group_of_strangers}};
            for (const auto& tenant : tenants) BOOST_TEST_CONTEXT(tenant.name)
                {
                    const auto child = in_child([&] {
                        return in_pid_namespace([&] {
                            const bystander first, last;
                            for (const char* const verb : {"stop", "start", "restart", "try-restart"}) {
                                if (const int status = crash(daemon); status != 0) return status;
                                const auto is_left_alone = tenant.moves_in();
                                if (!holds(is_left_alone && is_left_alone(), "another process has the pid")) return 1;
                                if (!each_verb_is_right(daemon, verb)) return 1;
                                if (!holds(is_left_alone(), "the process with the pid is left alone")) return 1;
                                if (!holds(first.untouched() && last.untouched(), "so are others")) return 1;
                            }
                            return 0;
                        });
                    });
                    EXPECT_GOOD_OR_SKIP(child);
                    if (child.status == 0) rounds_held += 4;
                }
        }
    std::cout << "recycled pids: 5 tenants x 4 verbs x 2 policies, 40 tried, " << rounds_held << " held\n";
}

BOOST_AUTO_TEST_CASE(a_pid_used_again_within_one_tick_of_the_clock_is_another_process)
{
    if (!pidfds_tell_processes_apart()) DAEMONKIT_SKIP("pidfds have no numbers of their own before Linux 6.9");
    constexpr int wanted = 20;
    int held = 0;
    int pairs = 0;
    with_both([&](auto make) {
        const temporary_directory top;
        const auto policy = make(top / "daemon.pid");
        const auto child = in_child([&] {
            return in_pid_namespace([&] {
                int same_tick = 0;
                int pairs_here = 0;
                // A busy machine may need many tries until two processes begin in one tick of the clock.
                (void)::setpriority(PRIO_PROCESS, 0, -20);
                for (const sys::deadline until(generous * 3 / 4); same_tick < wanted && !until.passed(); ++pairs_here) {
                    auto guard = policy.claim();
                    const pid_t daemon = fork_as(number);
                    if (daemon == -1) return impossible("choose a process number");
                    if (daemon == 0) {
                        guard.publish(::getpid());
                        ::raise(SIGKILL);
                    }
                    ends(daemon);
                    guard.release();
                    const auto start = proc_stat(number, 22);
                    exit_status_of(daemon);
                    const bystander later([] { return fork_as(number); });
                    if (proc_stat(number, 22) != start) continue;
                    ++same_tick;
                    const bool good = holds(pid_in(policy.where()) == number, "the file names it") &&
                                      holds(daemonkit::detail::status(policy, "d").status() == 1, "it is dead") &&
                                      holds(daemonkit::detail::reload(policy, std::chrono::seconds(20)).status == 7,
                                            "there is nobody to reload") &&
                                      holds(daemonkit::detail::stop(policy, {}).pid == 0, "nor to stop") &&
                                      holds(later.untouched(), "the later process is left alone");
                    if (!good) return 1;
                }
                std::printf("%d %d", same_tick, pairs_here);
                if (same_tick > 0) return 0;
                std::fprintf(stderr, "the machine is so busy that none of %d pairs began in one tick\n", pairs_here);
                return impossible_here;
            });
        });
        EXPECT_GOOD_OR_SKIP(child);
        std::istringstream numbers(child.out);
        int held_here = 0;
        int pairs_here = 0;
        if (child.status != 0 || !(numbers >> held_here >> pairs_here)) return;
        held += held_here;
        pairs += pairs_here;
    });
    std::cout << "pids recycled within one clock tick, of " << pairs << " pairs: " << held << " tried, " << held
              << " held\n";
}

BOOST_AUTO_TEST_CASE(a_record_of_the_starter_or_its_relatives_is_stale)
{
    constexpr pid_t parent = 900;
    constexpr pid_t leader = 950;
    for (const auto& policy : policies) BOOST_TEST_CONTEXT(policy)
        {
            const enduring daemon(policy);
            const auto child = in_child([&] {
                return in_pid_namespace([&] {
                    sigset_t all;
                    ::sigfillset(&all);
                    ::sigdelset(&all, SIGCHLD);
                    ::sigprocmask(SIG_BLOCK, &all, nullptr); // process 1 is a bystander too
                    const bystander group([&] {
                        const pid_t process = fork_as(leader);
                        if (process == 0) ::setpgid(0, 0);
                        return process;
                    });
                    if (group.pid() == -1) return impossible("choose a process number");
                    eventually([&] { return proc_stat(leader, 5) == leader; });
                    // A start or stop by `number`, a child of `parent` in the process group of `leader`.
                    const auto by_family = [&](const char* verb) {
                        if (const pid_t process = fork_as(parent); process == 0) {
                            ::setpgid(0, leader);
                            if (fork_as(number) == 0) daemon.exec(verb);
                            ::_exit(exit_status_of(number));
                        }
                        const int status = exit_status_of(parent);
                        return std::make_pair(status, daemon.pid());
                    };
                    for (const pid_t named : {pid_t{1}, parent, leader, number})
                        for (const std::string verb : {"status", "reload", "stop", "start"}) {
                            write_file(daemon.pid_file, line_of(named));
                            const auto [status, pid] = by_family(verb.c_str());
                            const int right = verb == "status" ? 1 : verb == "reload" ? 7 : 0;
                            const auto what = verb + " where the file says " + std::to_string(named);
                            if (!holds(status == right, what + ": " + std::to_string(status))) return 1;
                            if (verb == "start") {
                                if (!holds(pid != named && pid > 1, what + " makes a daemon")) return 1;
                                if (!daemon.runs_with(pid) || !daemon.says("stop", 0, "SIGTERM")) return 1;
                            }
                            if (!holds(no_signal_waits(1) && group.untouched(), what + " leaves them alone")) return 1;
                        }
                    return 0;
                });
            });
            EXPECT_GOOD_OR_SKIP(child);
        }
}

BOOST_AUTO_TEST_CASE(a_record_of_another_boot_is_stale_unless_its_process_has_the_file)
{
    // In this network namespace the abstract sockets prove the daemon, in another one nothing does.
    for (const int namespaces : {0, CLONE_NEWNET})
        with_both([&](auto make) {
            const temporary_directory top;
            const auto policy = make(top / "daemon.pid");
            other_process daemon(daemon_of(policy));
            BOOST_TEST(daemon.hear() == 1);
            other_process asker([&](const other_process& self) {
                if (!unshare_privately(namespaces)) return impossible("make namespaces");
                if (!holds(policy.find().pid == daemon.pid(), "it is found by the file")) return 1;
                write_file(top / "boot_id", "00000000-0000-4000-8000-000000000000\n");
                const char* const boot_id = "/proc/sys/kernel/random/boot_id";
                ::umount2(boot_id, MNT_DETACH); // in a container the file may be deleted, and then it cannot be hidden
                const int bound = ::mount((top / "boot_id").c_str(), boot_id, nullptr, MS_BIND, nullptr);
                if (bound == -1) return impossible("pretend another boot");
                const auto before = snapshot(top.path());
                if (namespaces == 0) {
                    if (!holds(policy.find().pid == daemon.pid(), "it is found by its name")) return 1;
                } else {
                    using namespace daemonkit::detail;
                    const auto report = status(policy, "d");
                    const auto named = "process " + std::to_string(daemon.pid()) + " has it open";
                    if (!holds(report.status() == 4 && contains(report.message, named), "it cannot be told")) return 1;
                    const auto stopped = stop(policy, {});
                    if (!holds(stopped.status == 1 && contains(stopped.message, named), "stop refuses")) return 1;
                    try {
                        (void)policy.claim();
                        return 1;
                    } catch (const daemonkit::startup_error& e) {
                        if (!holds(contains(e.what(), std::to_string(daemon.pid())), "start names it")) return 1;
                    }
                }
                if (!holds(snapshot(top.path()) == before, "nothing has changed")) return 1;
                self.say(1);
                self.await();
                return holds(!policy.find() && policy.find().stale, "another boot means another process") ? 0 : 1;
            });
            if (asker.hear() == 1) {
                BOOST_TEST(alive(daemon.pid()));
                daemon.kill();
                asker.go();
            }
            const int status = asker.status();
            if (status == impossible_here) DAEMONKIT_SKIP("another boot cannot be pretended here");
            BOOST_TEST(status == 0);
        });
}

BOOST_AUTO_TEST_CASE(a_hidden_process_with_the_pid_of_a_dead_daemon_blocks_no_start)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to act as another user");
    with_both([](auto make) {
        const temporary_directory top;
        BOOST_TEST_REQUIRE(::chown(top.path().c_str(), 1, 1) == 0);
        const auto policy = make(top / "daemon.pid");
        const auto child = in_child([&] {
            return in_pid_namespace([&] {
                if (::mount("proc", "/proc", "proc", 0, "hidepid=2") == -1) return impossible("hide processes");
                // As before Linux 6.9: only /proc tells which process it is.
                if (!disable_call(SYS_fstatfs, ENOSYS)) return impossible("disable a system call");
                if (!become_user(1)) return impossible("become another user");
                write_file(top / "daemon.pid", "1\n"); // of root
                if (!holds(!policy.find() && policy.find().stale, "it is not the daemon")) return 1;
                const auto guard = policy.claim();
                return 0;
            });
        });
        EXPECT_GOOD_OR_SKIP(child);
    });
}

BOOST_AUTO_TEST_CASE(a_container_that_was_restarted_has_a_new_process_1)
{
    for (const auto& policy : policies) BOOST_TEST_CONTEXT(policy)
        {
            const enduring daemon(policy);
            const auto child = in_child([&] {
                const auto container = [&](const other_process& self) {
                    return in_pid_namespace([&] {
                        // Every process below sees the file of the previous container: pid 1.
                        other_process user([&](const other_process& inside) {
                            inside.await();
                            if (!daemon.comes_to_run()) return 1;
                            self.say(daemon.runs_with(1) ? 1 : 0);
                            self.await();
                            self.say(daemon.says("stop", 0, "stopped (pid 1, SIGTERM)") ? 1 : 0);
                            return 0;
                        });
                        // Process 1 is not taken for the daemon in the file of an earlier life.
                        const bool first = !fs::exists(daemon.pid_file);
                        if (!first && !daemon.says("status", 1, "dead")) return 1;
                        user.go();
                        daemon.exec("start");
                    });
                };
                for (int life = 0; life < 3; ++life) {
                    other_process one(container);
                    if (one.hear() != 1) return one.status();
                    if (!holds(read_file(daemon.pid_file) == "1\n", "process 1 is the daemon")) return 1;
                    if (life == 2) {
                        one.go();
                        // The end of process 1 also ends the process that called stop.
                        return one.status() == 0 && holds(!fs::exists(daemon.pid_file), "the file has gone") ? 0 : 1;
                    }
                    one.kill();
                    if (!holds(daemon.says("status", 1, "dead"), "outside it is known that it died")) return 1;
                }
                return 1;
            });
            EXPECT_GOOD_OR_SKIP(child);
        }
}

BOOST_AUTO_TEST_CASE(the_same_pid_in_another_pid_namespace_is_another_process)
{
    for (const auto& policy : policies)
        for (const bool daemon_inside : {true, false})
            BOOST_TEST_CONTEXT(policy << ", the daemon is " << (daemon_inside ? "inside" : "outside"))
            {
                const enduring daemon(policy);
                // A namespace in which the daemon is not.
                const auto verbs = [&] {
                    const bystander namesake([] { return fork_as(number); });
                    if (namesake.pid() == -1) return impossible("choose a process number");
                    const auto before = snapshot(daemon.directory.path());
                    for (const auto& [verb, status] :
                         {std::pair{"status", 4}, {"reload", 1}, {"stop", 1}, {"start", 1}})
                        if (daemon_inside || std::string(verb) != "start") // which waits for five seconds
                            if (!daemon.says(verb, status, "a live process has locked it")) return 1;
                    if (!holds(snapshot(daemon.directory.path()) == before, "nothing has changed")) return 1;
                    return holds(namesake.untouched(), "the namesake is left alone") ? 0 : 1;
                };
                const auto child = in_child([&] {
                    return in_pid_namespace([&] {
                        const auto lives = [&](const auto& meanwhile) {
                            if (daemon.runs_as(number) == -1) return impossible("choose a process number");
                            if (!daemon.comes_to_run()) return 1;
                            const int status = meanwhile();
                            return status == 0 && !holds(alive(number), "the daemon lives") ? 1 : status;
                        };
                        if (!daemon_inside) return lives([&] { return in_pid_namespace(verbs, CLONE_NEWNET); });
                        other_process container([&](const other_process& self) {
                            return in_pid_namespace(
                                [&] {
                                    return lives([&] {
                                        self.say(1);
                                        self.await();
                                        return 0;
                                    });
                                },
                                CLONE_NEWNET);
                        });
                        if (container.hear() != 1) return container.status();
                        const int status = verbs();
                        container.go();
                        return std::max(status, container.status());
                    });
                });
                EXPECT_GOOD_OR_SKIP(child);
            }
}

BOOST_AUTO_TEST_SUITE_END()
