// SPDX-License-Identifier: BSL-1.0
// Whole programs with a damaged pid file or unusual relatives: workers that outlive the daemon, a file that was changed
// while it runs, a parent that collects no child.
#include "pid/both_policies.hpp"
#include "support/bystander.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

const std::array<std::string, 2> policies{"pid_file", "flock_pid_file"};

std::string policy_is(const std::string& policy) { return "PID_POLICY=" + policy; }

struct enduring : program
{
    explicit enduring(const std::string& policy) : program("enduring") { environment = {policy_is(policy)}; }

    /// Calls a verb and checks its exit status and a part of its output.
    bool expect(const std::string& verb, int status, const std::string& text) const
    {
        const auto said = (*this)({verb});
        const bool right = said.status == status && contains(said.out + said.err, text);
        BOOST_TEST(right, verb << " is " << status << " and says '" << text << "', it was " << said.status << ", "
                               << said.out << said.err);
        return right;
    }
    /// Starts a new daemon; 0 if there is none.
    [[nodiscard]] pid_t starts() const
    {
        const auto said = (*this)({"start"});
        const std::string before_pid = "enduring: started (pid ";
        BOOST_TEST(said.status == 0, said.err);
        return said.out.starts_with(before_pid) ? std::stoi(said.out.substr(before_pid.size())) : 0;
    }
    bool stops(pid_t pid) const
    {
        const bool gone = expect("stop", 0, "stopped (pid " + std::to_string(pid) + ", SIGTERM)") && !alive(pid);
        BOOST_TEST(gone);
        return gone;
    }
    void crashes(pid_t pid) const
    {
        put_down(pid);
        BOOST_TEST(fs::exists(pid_file));
    }
};

void others_look_while_it_starts_and_stops(const std::string& policy)
{
#ifdef __SANITIZE_ADDRESS__
    constexpr int cycles = 20;
#else
    constexpr int cycles = 150;
#endif
    const enduring daemon(policy);
    const auto file = daemon.pid_file.string();
    const auto anybody = [] { return ::geteuid() != 0 || ::setresuid(65534, nobody, nobody) == 0; };
    std::vector<std::unique_ptr<other_process>> lookers;
    const auto look = [&](auto once) {
        lookers.push_back(std::make_unique<other_process>([=](const other_process& self) {
            if (!anybody()) return 1;
            for (self.say(1);; once()) {}
        }));
        BOOST_TEST(lookers.back()->hear() == 1);
    };
    // As a program, as a library, and as scripts that do not use the library.
    look([&] { (void)daemon({"status"}); });
    look([&] { (void)flock_pid_file{.path = file}.find(); });
    for (const int lock : {LOCK_SH, LOCK_EX})
        look([&, lock] {
            const sys::unique_fd opened(sys::open(file.c_str(), O_RDONLY));
            (void)::flock(opened.get(), lock | LOCK_NB);
        });
    int held = 0;
    for (int i = 0; i < cycles; ++i) {
        const pid_t pid = daemon.starts();
        const auto before = snapshot(daemon.directory.path());
        const bool runs = daemon.expect("status", 0, "running (pid " + std::to_string(pid) + ")");
        const bool unchanged = snapshot(daemon.directory.path()) == before;
        const bool gone = daemon.stops(pid) && !fs::exists(file); // by TERM: the schedule has no other step
        BOOST_TEST(unchanged);
        BOOST_TEST(gone);
        if (runs && unchanged && gone) ++held;
    }
    for (const auto& looker : lookers) BOOST_TEST(alive(looker->pid()));
    std::cout << "starts and stops while others look, " << policy << ": " << cycles << " tried, " << held << " held\n";
}

} // namespace

BOOST_AUTO_TEST_SUITE(surviving, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(a_worker_that_outlives_the_daemon_is_not_the_daemon)
{
    for (const auto& policy : policies)
        for (const char* const how : {"fork", "posix_spawn", "vfork", "system", "popen"})
            BOOST_TEST_CONTEXT(policy << ", worker by " << how)
            {
                enduring daemon(policy);
                const auto worker_file = daemon.pid_file.string() + ".worker";
                const auto crashed_daemon = [&] {
                    daemon.environment = {policy_is(policy), std::string("WORKER=") + how};
                    fs::remove(worker_file);
                    const pid_t pid = daemon.starts();
                    BOOST_TEST(eventually([&] { return fs::exists(worker_file); }));
                    daemon.environment = {policy_is(policy)};
                    daemon.crashes(pid);
                    return pid_in(worker_file);
                };
                const pid_t first = crashed_daemon();
                BOOST_TEST(untouched(first));
                daemon.expect("status", 1, "dead");
                daemon.expect("reload", 7, "not running");
                daemon.expect("stop", 0, "not running");
                BOOST_TEST(!fs::exists(daemon.pid_file));
                const pid_t second = crashed_daemon();
                daemon.expect("try-restart", 0, "not running");
                const pid_t third = crashed_daemon();
                const pid_t next = daemon.starts();
                daemon.expect("status", 0, "running (pid " + std::to_string(next) + ")");
                daemon.expect("reload", 0, "reloaded (pid " + std::to_string(next) + ")");
                daemon.stops(next);
                for (const pid_t worker : {first, second, third}) BOOST_TEST(untouched(worker));
            }
}

BOOST_AUTO_TEST_CASE(a_bare_clone_keeps_what_the_daemon_had_and_is_named)
{
    for (const auto& policy : policies) BOOST_TEST_CONTEXT(policy)
        {
            enduring daemon(policy);
            const auto worker_file = daemon.pid_file.string() + ".worker";
            daemon.environment.push_back("WORKER=clone");
            const pid_t pid = daemon.starts();
            BOOST_TEST(eventually([&] { return fs::exists(worker_file); }));
            daemon.environment.pop_back();
            const pid_t clone = pid_in(worker_file);
            daemon.expect("status", 0, "running (pid " + std::to_string(pid) + ")");
            daemon.crashes(pid);
            daemon.expect("status", 1, "dead");
            daemon.expect("reload", 7, "not running");
            const bool locked = policy == "flock_pid_file"; // held by the daemon for its life, and then by the clone
            if (locked)
                daemon.expect("start", 1, "process " + std::to_string(clone));
            else
                daemon.stops(daemon.starts());
            BOOST_TEST(untouched(clone));
            put_down(clone);
            daemon.stops(daemon.starts());
        }
}

BOOST_AUTO_TEST_CASE(no_process_collects_its_children)
{
    for (const auto& policy : policies) BOOST_TEST_CONTEXT(policy)
        {
            const enduring daemon(policy);
            const auto child = in_child([&] {
                // Daemons become children of this process, which collects none of them.
                ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
                const auto is_zombie = [](pid_t pid) { return proc_status(pid, "State").starts_with('Z'); };
                const auto right = [&](const char* verb, int status, const std::string& text) {
                    const auto said = daemon({verb});
                    if (said.status == status && contains(said.out + said.err, text)) return true;
                    std::fprintf(stderr, "%s: %d %s%s\n", verb, said.status, said.out.c_str(), said.err.c_str());
                    return false;
                };
                std::set<pid_t> zombies;
                const auto crashed = [&] {
                    if (!right("start", 0, "started")) return false;
                    ::kill(daemon.pid(), SIGKILL);
                    ends(daemon.pid());
                    return zombies.insert(daemon.pid()).second && is_zombie(daemon.pid());
                };
                if (!crashed() || !right("status", 1, "dead") || !right("reload", 7, "not running")) return 1;
                if (!right("stop", 0, "not running") || fs::exists(daemon.pid_file)) return 2;
                if (!crashed() || !right("try-restart", 0, "not running")) return 3;
                if (!crashed() || !right("start", 0, "started")) return 4;
                const pid_t running = daemon.pid();
                if (zombies.count(running) != 0 || !right("status", 0, "running (pid ")) return 5;
                if (!right("restart", 0, "started") || !is_zombie(running) || daemon.pid() == running) return 6;
                const pid_t last = daemon.pid();
                if (!right("stop", 0, "stopped (pid " + std::to_string(last) + ", SIGTERM)")) return 7;
                for (const pid_t zombie : zombies)
                    if (!is_zombie(zombie)) return 8;
                return is_zombie(last) && right("status", 3, "not running") ? 0 : 9;
            });
            BOOST_TEST(child.status == 0, child.status << " " << child.err);
        }
}

BOOST_AUTO_TEST_CASE(a_damaged_file_hides_no_daemon_and_lets_no_second_one_start)
{
    int tried = 0;
    int held = 0;
    for (const auto& policy : policies)
        for (int which = 0;; ++which) {
            enduring daemon(policy);
            const enduring other(policy);
            const bystander stranger;
            const auto top = daemon.directory.path();
            daemon.pid_file = top / "made/d.pid";
            const auto file = daemon.pid_file;
            const auto made = file.parent_path();
            const auto replace_by = [&](const std::string& content) {
                write_file(top / "new", content);
                fs::rename(top / "new", file);
            };
            const std::pair<const char*, std::function<void()>> changes[]{
                {"deleted", [&] { fs::remove(file); }},
                {"touched", [&] { ::utimensat(AT_FDCWD, file.c_str(), nullptr, 0); }},
                {"emptied", [&] { write_file(file, ""); }},
                {"a stranger's pid in it", [&] { write_file(file, line_of(stranger.pid())); }},
                {"its own pid in it again", [&] { write_file(file, read_file(file)); }},
                {"replaced by an empty file", [&] { replace_by(""); }},
                {"replaced by a stranger's", [&] { replace_by(line_of(stranger.pid())); }},
                {"replaced by a dead process's", [&] { replace_by("4194304\n"); }},
                {"replaced by a copy", [&] { replace_by(read_file(file)); }},
                {"moved", [&] { fs::rename(file, top / "elsewhere"); }},
                {"replaced by that of another instance",
                 [&] {
                     BOOST_TEST(other.starts() != 0);
                     fs::rename(other.pid_file, file);
                 }},
                {"its directory deleted", [&] { fs::remove_all(made); }},
                {"its directory moved", [&] { fs::rename(made, top / "elsewhere"); }},
                {"its directory replaced",
                 [&] {
                     fs::rename(made, top / "elsewhere");
                     fs::create_directory(made);
                     write_file(file, line_of(stranger.pid()));
                 }},
            };
            if (which == static_cast<int>(std::size(changes))) break;
            BOOST_TEST_CONTEXT(policy << ", " << changes[which].first)
            {
                const pid_t pid = daemon.starts();
                changes[which].second();
                const auto is = "running (pid " + std::to_string(pid) + ")";
                bool good = daemon.expect("status", 0, is) && daemon.expect("start", 0, "already " + is) &&
                            daemon.expect("status", 0, is) &&
                            daemon.expect("reload", 0, "(pid " + std::to_string(pid) + ")") &&
                            daemon.processes() == std::vector<pid_t>{pid};
                if (const auto others = processes_with(other.mark()); others.empty()) {
                    good = good && daemon.stops(pid);
                } else { // neither its end nor a stop changes the file that is there, which a live daemon has open
                    const auto inode = status_of(file).st_ino;
                    ::kill(pid, SIGTERM);
                    good = good && ends(pid) && status_of(file).st_ino == inode &&
                           daemon.expect("stop", 1, "process " + std::to_string(others[0]) + " has it open") &&
                           processes_with(other.mark()) == others && other.stops(others[0]);
                }
                good = good && stranger.untouched();
                BOOST_TEST(good);
                ++tried;
                if (good) ++held;
            }
        }
    std::cout << "pid files changed under a daemon that sleeps: " << tried << " tried, " << held << " held\n";
}

BOOST_AUTO_TEST_CASE(checks_disturb_no_start_or_stop, *boost::unit_test::label("slow"))
{
    others_look_while_it_starts_and_stops("pid_file");
}

BOOST_AUTO_TEST_CASE(checks_disturb_no_lock, *boost::unit_test::label("slow"))
{
    others_look_while_it_starts_and_stops("flock_pid_file");
}

BOOST_AUTO_TEST_SUITE_END()
