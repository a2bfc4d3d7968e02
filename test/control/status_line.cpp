// SPDX-License-Identifier: BSL-1.0
// The line that a daemon gives to notify_status(), as other processes see it.
#include "support/process.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"
#include "support/terminal_child.hpp"
#include "support/text.hpp"

#include <daemonkit/daemonkit.hpp>
#include <daemonkit/sys/raw/shared_memory.hpp>
#include <daemonkit/text/utf8.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
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
