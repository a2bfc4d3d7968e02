// SPDX-License-Identifier: BSL-1.0
// A daemon that is stopped by a signal or a debugger, or frozen with its cgroup: each verb that meets it.
#include "support/child_process.hpp"
#include "support/frozen.hpp"
#include "support/process.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"

#include <daemonkit/control/detail/hindrance.hpp>
#include <daemonkit/control/detail/stop.hpp>
#include <daemonkit/pid/flock_pid_file.hpp>
#include <daemonkit/sys/raw/shared_memory.hpp>

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace {

namespace suspension {

/// The state of a process in /proc/PID/stat.
char state_of(pid_t pid)
{
    const auto text = proc_status(pid, "State");
    return text.empty() ? '-' : text.front();
}

bool reaches(pid_t pid, char state)
{
    return eventually([&] { return state_of(pid) == state; });
}

/// A daemon of test/daemon/ending.cpp that runs. With no_fork the verb start stays in the foreground, in a child.
class ending : public program
{
public:
    explicit ending(const std::string& fork, const std::vector<std::string>& more = {}) : program("ending"), fork_(fork)
    {
        environment = more;
        environment.push_back("FORK=" + fork);
    }

    /// The pid of the daemon; 0 if it does not start.
    [[nodiscard]] pid_t started()
    {
        if (fork_ == "no_fork") {
            foreground_ = std::make_unique<child_process>([this] { return execute(command({"start"})); });
            return eventually([&] { return contains((*this)({"status"}).out, "running (pid "); }) ? pid() : 0;
        }
        return (*this)({"start"}).status == 0 ? pid() : 0;
    }
    [[nodiscard]] bool was_stopped_in_order() const
    {
        return boost::filesystem::exists(pid_file.string() + ".on_stop");
    }
    [[nodiscard]] static std::vector<std::string> policies()
    {
        std::vector<std::string> all{"double_fork", "single_fork", "no_fork"};
        if (daemonkit::sys::memory_can_be_shared()) all.emplace_back("handoff_fork");
        return all;
    }

private:
    std::string fork_;
    std::unique_ptr<child_process> foreground_{};
};

std::string number(pid_t pid) { return std::to_string(pid); }

/// A process that does nothing, collected at the end.
class idle_child
{
public:
    explicit idle_child(const std::function<void()>& does)
    {
        pid = ::fork();
        if (pid == 0) {
            does();
            for (;;) ::pause();
        }
        daemon.pid = pid;
        daemon.process.reset(daemonkit::sys::pidfd_open(pid));
    }
    idle_child(const idle_child&) = delete;
    idle_child& operator=(const idle_child&) = delete;
    ~idle_child()
    {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    pid_t pid = 0;
    daemonkit::pid_holder daemon{};
};

} // namespace suspension

} // namespace

BOOST_AUTO_TEST_SUITE(suspended, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(a_stopped_daemon_ends_in_order)
{
    using namespace suspension;
    for (const auto& fork : ending::policies())
        for (const std::string verb : {"stop", "restart", "try-restart"}) BOOST_TEST_CONTEXT(fork << ", " << verb)
            {
                if (fork == "no_fork" && verb != "stop") continue; // restart would stay in the foreground
                ending daemon(fork);
                const pid_t pid = daemon.started();
                BOOST_TEST_REQUIRE(pid != 0);
                ::kill(pid, SIGSTOP);
                BOOST_TEST_REQUIRE(reaches(pid, 'T'));
                const auto said = daemon({verb});
                BOOST_TEST(said.status == 0);
                BOOST_TEST(daemon.was_stopped_in_order());
                BOOST_TEST(!alive(pid));
                BOOST_TEST(said.err == "");
                BOOST_TEST(said.out == (verb == "stop" ? "ending: stopped (pid " + number(pid) + ", SIGTERM)\n"
                                                       : "ending: started (pid " + number(daemon.pid()) + ")\n"));
            }
}

BOOST_AUTO_TEST_CASE(a_stopped_daemon_ends_in_order_by_every_first_signal)
{
    using namespace suspension;
    for (const int first : {SIGINT, SIGUSR1}) BOOST_TEST_CONTEXT(first)
        {
            ending daemon("double_fork", {"FIRST=" + std::to_string(first)});
            const pid_t pid = daemon.started();
            BOOST_TEST_REQUIRE(pid != 0);
            ::kill(pid, SIGSTOP);
            BOOST_TEST_REQUIRE(reaches(pid, 'T'));
            BOOST_TEST(daemon({"stop"}).out ==
                       "ending: stopped (pid " + number(pid) + ", " + daemonkit::sys::signal_name(first) + ")\n");
            BOOST_TEST(daemon.was_stopped_in_order());
        }
}

BOOST_AUTO_TEST_CASE(a_stopped_daemon_is_named_so)
{
    using namespace suspension;
    ending daemon("double_fork");
    const pid_t pid = daemon.started();
    BOOST_TEST_REQUIRE(pid != 0);
    BOOST_TEST(contains(daemon({"status", "--json"}).out, R"("suspended": null})"));
    ::kill(pid, SIGSTOP);
    BOOST_TEST_REQUIRE(reaches(pid, 'T'));
    const auto status = daemon({"status"});
    BOOST_TEST(status.status == 0);
    BOOST_TEST(status.out.starts_with("ending: running (pid " + number(pid) + ", stopped by a signal) since "));
    const auto json = daemon({"status", "--json"});
    BOOST_TEST(json.status == 0);
    BOOST_TEST(contains(json.out, R"("state": "running", "pid": )" + number(pid)));
    BOOST_TEST(contains(json.out, R"("suspended": "stopped by a signal"})"));
    const auto reload = daemon({"reload", "--timeout", "0.1"});
    BOOST_TEST(reload.status == 1);
    BOOST_TEST(reload.err == "ending: pid " + number(pid) +
                                 " has not reloaded within 0.1 s: it is stopped by a signal: " +
                                 "continue it by kill -CONT " + number(pid) + "\n");
    BOOST_TEST(state_of(pid) == 'T'); // reload does not continue it
    ::kill(pid, SIGCONT);
    BOOST_TEST(daemon({"reload"}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_schedule_that_stops_the_daemon_does_not_continue_it)
{
    using namespace suspension;
    ending daemon("double_fork", {"FIRST=" + std::to_string(SIGSTOP)});
    const pid_t pid = daemon.started();
    BOOST_TEST_REQUIRE(pid != 0);
    const auto said = daemon({"stop", "--timeout", "0.1"});
    BOOST_TEST(said.out == "ending: stopped (pid " + number(pid) + ", SIGKILL): it did not exit within 0.1 s after " +
                               "SIGSTOP, because it was stopped by a signal\n");
    BOOST_TEST(!daemon.was_stopped_in_order());
}

BOOST_AUTO_TEST_CASE(a_restart_that_kills_says_so)
{
    using namespace suspension;
    for (const auto& fork : ending::policies())
        for (const std::string verb : {"restart", "try-restart"}) BOOST_TEST_CONTEXT(fork << ", " << verb)
            {
                ending daemon(fork, {"IGNORES=1"});
                const pid_t old = daemon.started();
                BOOST_TEST_REQUIRE(old != 0);
                const auto note =
                    "the old daemon (pid " + number(old) + ") was killed: it did not exit within 0.1 s after SIGTERM\n";
                if (fork == "no_fork") {
                    child_process foreground([&] { return execute(daemon.command({verb, "--timeout", "0.1"})); });
                    BOOST_TEST(foreground.says("ending: " + note));
                    continue;
                }
                const auto said = daemon({verb, "--timeout", "0.1"});
                const auto started = "ending: started (pid " + number(daemon.pid()) + ")";
                BOOST_TEST(said.status == 0);
                BOOST_TEST(said.out == started + (fork == "handoff_fork" ? "\n" : "; " + note));
                BOOST_TEST(said.err == (fork == "handoff_fork" ? "ending: " + note : ""));
                const auto quiet = daemon({verb, "--timeout", "0.1", "--quiet"});
                BOOST_TEST(quiet.out + quiet.err == "");
            }
}

BOOST_AUTO_TEST_CASE(a_restart_that_kills_and_fails_says_the_failure_first)
{
    using namespace suspension;
    for (const std::string fork : {"double_fork", "single_fork"}) BOOST_TEST_CONTEXT(fork)
        {
            ending daemon(fork, {"IGNORES=1"});
            const pid_t old = daemon.started();
            BOOST_TEST_REQUIRE(old != 0);
            daemon.environment.emplace_back("FAILS=cannot open the socket: taken");
            const auto said = daemon({"restart", "--timeout", "0.1"});
            BOOST_TEST(said.status == 1);
            BOOST_TEST(said.err == "ending: cannot open the socket: taken; the old daemon (pid " + number(old) +
                                       ") was killed: it did not exit within 0.1 s after SIGTERM\n");
            BOOST_TEST(said.out == "");
        }
}

BOOST_AUTO_TEST_CASE(a_debugger_that_holds_the_daemon_is_named)
{
    using namespace suspension;
    ending daemon("double_fork");
    const pid_t pid = daemon.started();
    BOOST_TEST_REQUIRE(pid != 0);
    // The daemon stops before it exits, after SIGKILL too.
    if (::ptrace(PTRACE_SEIZE, pid, nullptr, PTRACE_O_TRACEEXIT) == -1) DAEMONKIT_SKIP("may not trace (ptrace)");
    BOOST_TEST_REQUIRE(::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) == 0);
    BOOST_TEST_REQUIRE(reaches(pid, 't'));
    BOOST_TEST(contains(daemon({"status"}).out, "running (pid " + number(pid) + ", stopped by a debugger) since "));
    const auto stop = daemonkit::detail::stop(daemonkit::flock_pid_file{.path = daemon.pid_file},
                                              {{SIGTERM, std::chrono::milliseconds(1)}, {SIGKILL, generous / 20}});
    BOOST_TEST(stop.status == 1);
    BOOST_TEST(stop.message == "pid " + number(pid) + " did not exit after SIGKILL: it is stopped by a debugger: let " +
                                   "the debugger continue it, or end the debugger");
    BOOST_TEST(::ptrace(PTRACE_DETACH, pid, nullptr, nullptr) == 0);
    BOOST_TEST(ends(pid));
}

BOOST_AUTO_TEST_CASE(a_process_in_the_kernel_is_named_only_after_sigkill)
{
    using namespace suspension;
    const idle_child blocked([] {
        if (::vfork() == 0) // NOLINT(*-vfork): its parent sleeps in the kernel until the child ends
            for (;;) ::pause();
    });
    BOOST_TEST_REQUIRE(reaches(blocked.pid, 'D'));
    BOOST_TEST(daemonkit::detail::hindrance_of(blocked.daemon, true).what == "blocked in the kernel");
    BOOST_TEST(daemonkit::detail::hindrance_of(blocked.daemon).what == "");
    for (const pid_t child : children_of(blocked.pid)) put_down(child);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_told_is_not_said)
{
    using namespace suspension;
    idle_child stopped([] { ::raise(SIGSTOP); });
    BOOST_TEST_REQUIRE(reaches(stopped.pid, 'T'));
    BOOST_TEST(daemonkit::detail::hindrance_of(stopped.daemon).what == "stopped by a signal");
    ::kill(stopped.pid, SIGKILL);
    BOOST_TEST_REQUIRE(reaches(stopped.pid, 'Z'));
    BOOST_TEST(daemonkit::detail::hindrance_of(stopped.daemon).what == ""); // the pid could be another's
    BOOST_TEST(daemonkit::detail::hindrance{}.sentence("it is busy") == "it is busy");
}

BOOST_AUTO_TEST_CASE(a_frozen_daemon_is_named_with_its_cgroup, *boost::unit_test::label("root"))
{
    using namespace suspension;
    int tried = 0;
    for (const auto version : {freezable::version::one, freezable::version::two})
        for (const bool from_above : {false, true})
            BOOST_TEST_CONTEXT("version " << (version == freezable::version::one ? 1 : 2) << ", above " << from_above)
            {
                ending daemon("double_fork");
                const pid_t pid = daemon.started();
                BOOST_TEST_REQUIRE(pid != 0);
                const freezable cgroup(version);
                if (!cgroup.holds(pid)) continue;
                ++tried;
                const auto group = from_above ? cgroup.outer() : cgroup.inner();
                BOOST_TEST_REQUIRE(cgroup.freeze(group));
                const auto frozen = "frozen with its cgroup " + cgroup.name_of(group);
                const auto advice =
                    ": thaw it where it was frozen (systemctl thaw, podman unpause), or " + cgroup.remedy(group);

                const auto status = daemon({"status"});
                BOOST_TEST(status.status == 0);
                BOOST_TEST(contains(status.out, "running (pid " + number(pid) + ", " + frozen + ") since "));
                BOOST_TEST(contains(daemon({"status", "--json"}).out, R"("suspended": ")" + frozen + "\"}"));
                BOOST_TEST(daemon({"reload", "--timeout", "0.1"}).err == "ending: pid " + number(pid) +
                                                                             " has not reloaded within 0.1 s: it is " +
                                                                             frozen + advice + "\n");
                using namespace std::chrono_literals;
                const daemonkit::flock_pid_file file{.path = daemon.pid_file};
                const auto by_term = daemonkit::detail::stop(file, {{SIGTERM, 1ms}});
                BOOST_TEST(by_term.status == 1);
                BOOST_TEST(by_term.message ==
                           "pid " + number(pid) + " did not exit after SIGTERM: it is " + frozen + advice);
                const auto by_kill = daemonkit::detail::stop(
                    file, {{SIGTERM, 1ms}, {SIGKILL, version == freezable::version::one ? 1s : generous}});
                if (version == freezable::version::one) { // which the kernel does not end before it is thawed
                    BOOST_TEST(by_kill.status == 1);
                    BOOST_TEST(by_kill.message ==
                               "pid " + number(pid) + " did not exit after SIGKILL: it is " + frozen + advice);
                    cgroup.thaw(group);
                    BOOST_TEST(ends(pid));
                } else {
                    BOOST_TEST(by_kill.message ==
                               "stopped (pid " + number(pid) +
                                   ", SIGKILL): it did not exit within 0.001 s after SIGTERM, because it was " +
                                   frozen);
                }
                BOOST_TEST(daemon({"stop"}).out == "ending: not running\n");
            }
    if (tried == 0) DAEMONKIT_SKIP("no cgroup can be made and frozen here");
}

BOOST_AUTO_TEST_SUITE_END()
