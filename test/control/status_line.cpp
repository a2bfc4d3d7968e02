// SPDX-License-Identifier: BSL-1.0
// The line that a daemon gives to notify_status(), as other processes see it.
#include "support/child_process.hpp"
#include "support/process.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"
#include "support/terminal_child.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <daemonkit/daemonkit.hpp>
#include <daemonkit/sys/raw/shared_memory.hpp>
#include <daemonkit/text/utf8.hpp>

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace line {

/// test/daemon/telling.cpp, and the FIFO that holds it.
class telling : public program
{
public:
    explicit telling(std::vector<std::string> variables) : program("telling")
    {
        environment = std::move(variables);
        if (::mkfifo((pid_file.string() + ".hold").c_str(), 0666) == -1) throw std::runtime_error("mkfifo");
    }
    /// Lets it go on: waits until it is held.
    void let_go() const { ::close(::open((pid_file.string() + ".hold").c_str(), O_WRONLY | O_CLOEXEC)); }
};

std::vector<std::string> forks()
{
    std::vector<std::string> all{"double_fork", "single_fork"};
    if (daemonkit::sys::memory_can_be_shared()) all.emplace_back("handoff_fork");
    return all;
}

} // namespace line

} // namespace

BOOST_AUTO_TEST_SUITE(status_line, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(start_shows_it_while_it_waits)
{
    for (const auto& fork : line::forks())
        for (const char* const verb : {"start", "restart"}) BOOST_TEST_CONTEXT(fork << ", " << verb)
            {
                line::telling daemon({"FORK=" + fork, "SAYS=index 30 %", "HOLDS=on_start"});
                terminal_child start(daemon.command({verb}));
                if (!start.exists()) DAEMONKIT_SKIP("there are no pseudo terminals here");
                BOOST_TEST(start.shows(" s: index 30 %\x1b[K"), start.written); // at once
                BOOST_TEST(start.shows(" s: in on_start\x1b[K"), start.written);
                BOOST_TEST(start.shows("ing, 1 s: in on_start\x1b[K"), start.written); // and every second
                daemon.let_go();
                BOOST_TEST(start.status() == 0);
                // Only the result stays on the line.
                BOOST_TEST(
                    start.written.ends_with("\r\x1b[Ktelling: started (pid " + std::to_string(daemon.pid()) + ")\r\n"),
                    start.written);
            }
}

BOOST_AUTO_TEST_CASE(a_failed_start_wipes_it)
{
    for (const auto& fork : line::forks()) BOOST_TEST_CONTEXT(fork)
        {
            line::telling daemon({"FORK=" + fork, "HOLDS=on_start", "ENDS=" + std::to_string(SIGKILL)});
            terminal_child start(daemon.command({"start"}));
            if (!start.exists()) DAEMONKIT_SKIP("there are no pseudo terminals here");
            BOOST_TEST(start.shows("starting, 0 s: in on_start"), start.written);
            daemon.let_go();
            BOOST_TEST(start.status() == 1);
            BOOST_TEST(contains(start.written, "\r\x1b[Ktelling: the daemon was killed by signal 9"), start.written);
        }
}

BOOST_AUTO_TEST_CASE(is_not_shown_by_quiet_nor_where_no_terminal_is)
{
    for (const auto& fork : line::forks()) BOOST_TEST_CONTEXT(fork)
        {
            line::telling daemon({"FORK=" + fork, "SAYS=index 30 %"});
            BOOST_TEST(daemon({"start"}).err == "");
            BOOST_TEST(daemon({"stop"}).status == 0);
            terminal_child start(daemon.command({"--quiet", "start"}));
            if (!start.exists()) DAEMONKIT_SKIP("there are no pseudo terminals here");
            BOOST_TEST(start.status() == 0);
            BOOST_TEST(start.written == "");
        }
}

BOOST_AUTO_TEST_CASE(is_one_line_of_the_terminal)
{
    const std::string umlauts = "\xc3\xa4\xc3\xb6\xc3\xbc";
    for (const auto& fork : line::forks()) BOOST_TEST_CONTEXT(fork)
        {
            line::telling daemon(
                {"FORK=" + fork, "SAYS=a\nb\x1b[2J\xff" + umlauts + std::string(2000, 'x'), "HOLDS=on_start"});
            terminal_child start(daemon.command({"start"}), 40);
            if (!start.exists()) DAEMONKIT_SKIP("there are no pseudo terminals here");
            const std::string prefix = "telling: starting, 0 s: a b [2J?" + umlauts;
            BOOST_TEST(start.shows("\r" + prefix + std::string(4, 'x') + "\x1b[K"), start.written);
            daemon.let_go();
            BOOST_TEST(start.status() == 0);
        }
}

BOOST_AUTO_TEST_CASE(a_launcher_that_reads_nothing_does_not_hold_up_the_daemon)
{
    const auto child = in_child([] {
        int gate[2];
        if (::pipe2(gate, O_CLOEXEC) == -1) return 2;
        auto link = daemonkit::double_fork{}.detach();
        ::close(gate[link.in_launcher() ? 1 : 0]);
        if (!link.in_launcher()) {
            for (int i = 0; i < 10'000; ++i) link.status(std::string(1024, 'x'));
            link.ready(); // must not wait for the launcher either
            ::_exit(0);
        }
        // Reads no message before the daemon has sent all of them: only the daemon has the other end of the pipe.
        if (!holds(daemonkit::sys::readable_within(gate[0], generous), "the daemon goes on")) return 1;
        const auto r = link.wait(daemonkit::no_progress{});
        return holds(r.outcome == daemonkit::start_outcome::ready, r.message) ? 0 : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_says_more_than_is_read_can_be_late)
{
    using namespace std::chrono_literals;
    const auto slow = [](std::chrono::nanoseconds, std::string_view) { daemonkit::sys::sleep_for(5ms); };
    for (const bool twice : {false, true}) BOOST_TEST_CONTEXT(twice)
        {
            const auto child = in_child([&] {
                auto link = twice ? daemonkit::double_fork{.deadline = 50ms}.detach()
                                  : daemonkit::single_fork{.deadline = 50ms}.detach();
                if (!link.in_launcher())
                    for (;;) link.status("x");
                const auto report = link.wait(slow);
                return holds(report.outcome == daemonkit::start_outcome::late, report.message) ? 0 : 1;
            });
            BOOST_TEST(child.status == 0, child.err);
        }
}

BOOST_AUTO_TEST_CASE(reaches_a_progress_that_takes_it)
{
    const auto child = in_child([] {
        auto link = daemonkit::double_fork{}.detach();
        if (!link.in_launcher()) {
            link.status("first");
            link.status("second");
            link.ready();
            ::_exit(0);
        }
        std::string all;
        const auto progress = [&](std::chrono::nanoseconds, std::string_view text) { (all += text) += ";"; };
        return holds(link.wait(progress).outcome == daemonkit::start_outcome::ready && all == "first;second;", all) ? 0
                                                                                                                    : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_CASE(status_has_it_in_each_state_though_the_daemon_is_busy)
{
    for (const std::string policy : {"flock_pid_file", "pid_file"})
        for (const std::string hook : {"on_start", "run", "on_reload", "stopped", "on_stop"})
            BOOST_TEST_CONTEXT(policy << ", " << hook)
            {
                line::telling daemon({"PID_POLICY=" + policy, "SAYS=index 30 %", "HOLDS=" + hook});
                child_process start([&] { return execute(daemon.command({"start"})); });
                const std::string state = hook == "on_start"    ? "starting"
                                          : hook == "run"       ? "running"
                                          : hook == "on_reload" ? "reloading"
                                                                : "stopping";
                const auto pid_is_there = [&] { return contains(daemon({"status"}).out, " (pid "); };
                BOOST_TEST_REQUIRE(eventually(pid_is_there));
                if (hook != "on_start") BOOST_TEST(start.status() == 0);
                const pid_t pid = daemon.pid();
                if (hook == "on_reload") {
                    BOOST_TEST(contains(daemon({"status"}).out, ": index 30 %\n"));
                    ::kill(pid, SIGHUP);
                } else if (state == "stopping") {
                    ::kill(pid, SIGTERM);
                }
                const auto held = [&] { return contains(daemon({"status"}).out, ": in " + hook + "\n"); };
                BOOST_TEST_REQUIRE(eventually(held));
                auto said = daemon({"status"});
                BOOST_TEST(said.status == 0);
                BOOST_TEST(said.out.starts_with("telling: " + state + " (pid " + std::to_string(pid) + ") since "),
                           said.out);
                const bool ready = state == "running" || state == "reloading";
                BOOST_TEST(contains(said.out, ready ? ", ready, up " : ", not ready, up "), said.out);
                BOOST_TEST(contains(said.out, " s: in " + hook + "\n"), said.out);
                said = daemon({"status", "--json"});
                BOOST_TEST(contains(said.out, "\"state\": \"" + state + "\", \"pid\": " + std::to_string(pid)));
                BOOST_TEST(contains(said.out, std::string("\"ready\": ") + (ready ? "true" : "false")), said.out);
                BOOST_TEST(contains(said.out, "\"status_text\": \"in " + hook + "\""), said.out);
                daemon.let_go();
                if (state == "stopping") {
                    BOOST_TEST(ends(pid));
                } else {
                    const auto runs = [&] { return contains(daemon({"status"}).out, ": running (pid "); };
                    BOOST_TEST(eventually(runs)); // the state ends with the hook, the line stays
                    BOOST_TEST(contains(daemon({"status"}).out, " s: in " + hook + "\n"));
                    BOOST_TEST(daemon({"stop"}).status == 0);
                }
                BOOST_TEST(daemon({"status"}).status == 3);
                BOOST_TEST(!boost::filesystem::exists(daemon.pid_file));
                BOOST_TEST(!boost::filesystem::exists(daemon.pid_file.string() + ".daemonkit-status"));
            }
}

BOOST_AUTO_TEST_CASE(a_stop_before_the_daemon_is_ready_is_a_stop)
{
    line::telling daemon({"HOLDS=on_stop", "WAITS=on_start"});
    child_process start([&] { return execute(daemon.command({"start"})); });
    BOOST_TEST_REQUIRE(eventually([&] { return contains(daemon({"status"}).out, ": starting (pid "); }));
    ::kill(daemon.pid(), SIGTERM);
    BOOST_TEST_REQUIRE(eventually([&] { return contains(daemon({"status"}).out, ": in on_stop\n"); }));
    BOOST_TEST(contains(daemon({"status"}).out, ": stopping (pid "));
    daemon.let_go();
    BOOST_TEST(start.status() == 1);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_says_nothing_makes_no_file)
{
    line::telling daemon({});
    BOOST_TEST(daemon({"start"}).status == 0);
    BOOST_TEST(!boost::filesystem::exists(daemon.pid_file.string() + ".daemonkit-status"));
    BOOST_TEST(contains(daemon({"status", "--json"}).out, R"("status_text": null)"));
    BOOST_TEST(daemon({"stop"}).status == 0);
}

BOOST_AUTO_TEST_CASE(of_a_dead_daemon_is_not_shown_for_its_successor)
{
    for (const std::string policy : {"flock_pid_file", "pid_file"}) BOOST_TEST_CONTEXT(policy)
        {
            line::telling daemon({"PID_POLICY=" + policy, "SAYS=index 30 %"});
            const auto file = daemon.pid_file.string() + ".daemonkit-status";
            BOOST_TEST(daemon({"start"}).status == 0);
            BOOST_TEST(contains(daemon({"status"}).out, " s: index 30 %\n"));
            put_down(daemon.pid());
            BOOST_TEST(boost::filesystem::exists(file));
            BOOST_TEST(contains(daemon({"status", "--json"}).out, R"("state": "dead")"));
            BOOST_TEST(contains(daemon({"status", "--json"}).out, R"("status_text": null)"));
            boost::filesystem::copy_file(file, file + ".old");

            daemon.environment.pop_back(); // which says nothing
            BOOST_TEST(daemon({"start"}).status == 0);
            BOOST_TEST(!boost::filesystem::exists(file));
            boost::filesystem::rename(file + ".old", file);
            BOOST_TEST(contains(daemon({"status"}).out, " running (pid "));
            BOOST_TEST(!contains(daemon({"status"}).out, "index"));
            put_down(daemon.pid());

            BOOST_TEST(daemon({"stop"}).status == 0); // which removes what is left of a dead one
            BOOST_TEST(!boost::filesystem::exists(file));
        }
}

BOOST_AUTO_TEST_CASE(nothing_is_left_of_a_daemon_that_dies_before_it_is_ready)
{
    for (const auto& fork : line::forks()) BOOST_TEST_CONTEXT(fork)
        {
            line::telling daemon({"FORK=" + fork, "HOLDS=on_start", "ENDS=" + std::to_string(SIGKILL)});
            child_process start([&] { return execute(daemon.command({"start"})); });
            daemon.let_go();
            BOOST_TEST(start.status() == 1);
            BOOST_TEST(!boost::filesystem::exists(daemon.pid_file));
            BOOST_TEST(!boost::filesystem::exists(daemon.pid_file.string() + ".daemonkit-status"));
        }
}

BOOST_AUTO_TEST_CASE(a_line_that_is_torn_or_not_the_daemons_is_not_shown)
{
    line::telling daemon({"SAYS=index 30 %"});
    const auto file = daemon.pid_file.string() + ".daemonkit-status";
    BOOST_TEST(daemon({"start"}).status == 0);
    std::ifstream in(file);
    const std::string right((std::istreambuf_iterator<char>(in)), {});
    const auto shows = [&](const std::string& text) {
        std::ofstream(file) << text;
        return contains(daemon({"status"}).out, "index");
    };
    BOOST_TEST(shows(right));
    BOOST_TEST(shows(right + "rest of a longer line\n"));
    BOOST_TEST(!shows(right.substr(0, right.size() - 1)));
    BOOST_TEST(!shows(right.substr(0, right.size() - 3) + "\n"));
    auto other = right;
    other[right.size() - 4] = '4';
    BOOST_TEST(!shows(other));
    other = right;
    other[0] = other[0] == '1' ? '2' : '1';
    BOOST_TEST(!shows(other));
    BOOST_TEST(!shows(" index\n"));
    BOOST_TEST(!shows(""));
    BOOST_TEST(!shows(std::string(100'000, 'x') + " index"));
    BOOST_TEST(shows(right));
    boost::filesystem::permissions(file, boost::filesystem::add_perms | boost::filesystem::others_write);
    BOOST_TEST(!shows(right)); // another user may have written it
    boost::filesystem::remove(file);
    boost::filesystem::create_symlink(daemon.pid_file, file);
    BOOST_TEST(!contains(daemon({"status"}).out, "index"));
    BOOST_TEST(daemon({"stop"}).status == 0);
}

BOOST_AUTO_TEST_CASE(long_and_short_lines_follow_each_other)
{
    line::telling daemon({"SAYS=" + std::string(3000, 'x'), "HOLDS=run"});
    child_process start([&] { return execute(daemon.command({"start"})); });
    BOOST_TEST(start.status() == 0);
    BOOST_TEST_REQUIRE(eventually([&] { return contains(daemon({"status"}).out, " s: in run\n"); }));
    daemon.let_go();
    std::ifstream in(daemon.pid_file.string() + ".daemonkit-status");
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    BOOST_TEST(text.ends_with(" in run\n"), text);
    BOOST_TEST(text.size() < 40U);
}

BOOST_AUTO_TEST_CASE(every_user_can_ask_also_after_privileges_were_dropped, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    for (const std::string first : {"SAYS=from the start", "NONE="}) BOOST_TEST_CONTEXT(first)
        {
            line::telling daemon({"RUN_AS=nobody", first, "RUN_SAYS=as another user"});
            BOOST_TEST(daemon({"start"}).status == 0);
            const auto said = [&] { return contains(daemon({"status"}).out, " s: as another user\n"); };
            BOOST_TEST(eventually(said));
            const auto asker = in_child([&] {
                if (!become_user(nobody)) return 2;
                const auto report = daemonkit::flock_pid_file{.path = daemon.pid_file};
                const auto found = report.find();
                return holds(report.status_line(found) == "as another user", report.status_line(found)) ? 0 : 1;
            });
            BOOST_TEST(asker.status == 0, asker.err);
            BOOST_TEST(daemon({"stop"}).status == 0);
            BOOST_TEST(!contains(daemon({"status"}).out, "another"));
        }
}

BOOST_AUTO_TEST_CASE(the_first_characters_are_whole, *boost::unit_test::label("unit"))
{
    using daemonkit::sys::first_characters;
    BOOST_TEST(first_characters("abc", 0) == "");
    BOOST_TEST(first_characters("abc", 2) == "ab");
    BOOST_TEST(first_characters("abc", 9) == "abc");
    BOOST_TEST(first_characters("\xc3\xa4\xf0\x9f\x98\x80z", 2) == "\xc3\xa4\xf0\x9f\x98\x80");
    BOOST_TEST(first_characters("\xff\xff", 1) == "\xff");
}

BOOST_AUTO_TEST_SUITE_END()
