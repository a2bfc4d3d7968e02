// SPDX-License-Identifier: BSL-1.0
// An identity that the daemon waits for before run(), and that it can lose.
#include "support/child_process.hpp"
#include "support/disabled_call.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"

#include <daemonkit/core/exit_status.hpp>
#include <daemonkit/sys/raw/shared_memory.hpp>

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <sys/syscall.h>

#include <csignal>
#include <string>
#include <vector>

namespace {

struct standing_program : program
{
    explicit standing_program(const std::string& owner, const std::vector<std::string>& more = {}) : program("standing")
    {
        environment = more;
        owned_by(owner);
    }
    void owned_by(const std::string& owner) const
    {
        write_file(directory / "new", owner + "\n");
        boost::filesystem::rename(directory / "new", directory / "owner");
    }
    [[nodiscard]] bool says(const std::string& line) const
    {
        return eventually([&] { return contains("\n" + read_file(directory / "said"), "\n" + line + "\n"); });
    }
    [[nodiscard]] bool has_said(const std::string& line) const
    {
        return contains("\n" + read_file(directory / "said"), "\n" + line + "\n");
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(standing, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(a_daemon_is_ready_standing_by_and_runs_when_it_owns)
{
    const standing_program p("h1 2");
    const auto start = p({"start"});
    BOOST_TEST(start.status == 0);
    BOOST_TEST(start.out.ends_with("); standing by for host h1 (token 2)\n"), start.out);
    BOOST_TEST(without_uptime(p({"status"}).out).ends_with(", ready: standing by for host h1 (token 2)\n"));
    BOOST_TEST(contains(p({"status", "--json"}).out, R"("details": {"role": "standby", "token": "2"}})"));
    BOOST_TEST(!p.has_said("run with token 2"));

    p.owned_by("h2 3");
    BOOST_TEST(eventually([&] { return contains(p({"status"}).out, ": standing by for host h2 (token 3)\n"); }));

    p.owned_by("me 4");
    BOOST_TEST(p.says("run with token 4"));
    BOOST_TEST(eventually([&] { return contains(p({"status"}).out, ": owner (token 4); serving\n"); }));
    BOOST_TEST(contains(p({"status", "--json"}).out, R"("status_text": "serving")"));
    BOOST_TEST(p({"stop"}).status == 0);
    BOOST_TEST(p.has_said("on_stop"));
    BOOST_TEST(p.nobody_left());
}

// Else a run() that is stuck from its beginning would be taken for one that waits.
BOOST_AUTO_TEST_CASE(run_works_from_its_beginning)
{
    for (const char* const owner : {"me 3", "h1 2"}) {
        const standing_program p(owner);
        BOOST_TEST(p({"start"}).status == 0);
        p.owned_by("me 3");
        BOOST_TEST(p.says("run with token 3"));
        BOOST_TEST(p({"stop"}).status == 0);
        BOOST_TEST(!p.has_said("run() is taken for a wait"));
    }
}

BOOST_AUTO_TEST_CASE(reload_and_stop_are_heard_standing_by)
{
    const standing_program p("h1 2");
    BOOST_TEST(p({"start"}).status == 0);
    BOOST_TEST(p({"reload"}).status == 0);
    BOOST_TEST(read_file(p.directory / "said") == "on_start\non_reload\n");
    const auto pid = p.pid();
    BOOST_TEST(p({"stop"}).status == 0);
    BOOST_TEST_REQUIRE(ends(pid));
    BOOST_TEST(exit_status_of(pid) == 0);
    BOOST_TEST(read_file(p.directory / "said") == "on_start\non_reload\non_stop\n");
}

BOOST_AUTO_TEST_CASE(a_setting_makes_only_an_owner_ready)
{
    const standing_program p("h1 2", {"WAITS=yes"});
    child_process launcher([&] { return execute(p.command({"start"})); });
    BOOST_TEST(eventually([&] { return p({"status"}).out.find(": starting (pid ") != std::string::npos; }));
    BOOST_TEST(contains(without_uptime(p({"status"}).out), "not ready: standing by for host h1 (token 2)"));
    p.owned_by("me 3");
    BOOST_TEST(launcher.status() == 0);
    BOOST_TEST(p({"stop"}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_start_that_waits_too_long_says_for_what)
{
    const standing_program p("h1 2", {"WAITS=yes"});
    const auto start = p({"start", "--timeout", "3"});
    BOOST_TEST(start.status == 75);
    BOOST_TEST(start.err.starts_with("standing: standing by for host h1 (token 2); the daemon was not ready"),
               start.err);
    BOOST_TEST(p.nobody_left());
    BOOST_TEST(!boost::filesystem::exists(p.pid_file));
}

// A launcher without memory of its own knows the role by the daemon's last status line.
BOOST_AUTO_TEST_CASE(a_launcher_that_handed_its_memory_over_says_the_role)
{
    if (!daemonkit::sys::memory_can_be_shared()) DAEMONKIT_SKIP("memory cannot be shared here");
    const standing_program p("h1 2", {"HANDOFF=yes"});
    const auto start = p({"start"});
    BOOST_TEST(start.status == 0);
    BOOST_TEST(start.out.ends_with("); standing by for host h1 (token 2)\n"), start.out);
    BOOST_TEST(p({"stop"}).status == 0);

    const standing_program owner("me 3", {"HANDOFF=yes"});
    const auto owned = owner({"start"});
    BOOST_TEST(owned.out.ends_with("); owner (token 3)\n"), owned.out);
    BOOST_TEST(owner({"stop"}).status == 0);

    const standing_program late("h1 2", {"HANDOFF=yes", "WAITS=yes"});
    const auto waited = late({"start", "--timeout", "3"});
    BOOST_TEST(waited.status == 75);
    BOOST_TEST(waited.err.starts_with("standing: standing by for host h1 (token 2); the daemon was not ready"),
               waited.err);
    BOOST_TEST(late.nobody_left());
}

BOOST_AUTO_TEST_CASE(an_identity_that_cannot_be_had_ends_the_start)
{
    const standing_program p("refused host h9 does not answer", {"WAITS=yes"});
    const auto start = p({"start"});
    BOOST_TEST(start.status == daemonkit::exit_status::identity_lost);
    BOOST_TEST(start.err == "standing: host h9 does not answer\n");
    BOOST_TEST(p.nobody_left());
    BOOST_TEST(!boost::filesystem::exists(p.pid_file));
}

BOOST_AUTO_TEST_CASE(a_loss_ends_the_wait_with_a_status_of_its_own)
{
    const standing_program p("me 3");
    BOOST_TEST(p({"start"}).status == 0);
    const auto pid = p.pid();
    p.owned_by("h1 4");
    BOOST_TEST_REQUIRE(ends(pid));
    BOOST_TEST(exit_status_of(pid) == 75);
    BOOST_TEST(read_file(p.directory / "said") == "on_start\nrun with token 3\nwait has ended\non_stop\n");
    BOOST_TEST(contains(read_file(p.directory / "log"), "standing: host h1 owns it now: stopping\n"));
    BOOST_TEST(p({"status"}).status == 3);
}

BOOST_AUTO_TEST_CASE(news_end_a_wait)
{
    const standing_program p("me 3");
    BOOST_TEST(p({"start"}).status == 0);
    BOOST_TEST(p.says("run with token 3"));
    BOOST_TEST(!p.has_said("wait has returned"));
    p.owned_by("news 3");
    BOOST_TEST(p.says("wait has returned"));
    BOOST_TEST(p({"stop"}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_loop_of_its_own_sees_a_loss)
{
    const standing_program p("me 3", {"LOOP=poll"});
    BOOST_TEST(p({"start"}).status == 0);
    const auto pid = p.pid();
    BOOST_TEST(p.says("run with token 3"));
    BOOST_TEST(!p.has_said("polled"));
    BOOST_TEST(p({"reload"}).status == 0);
    BOOST_TEST(p.says("polled"));
    p.owned_by("h1 4");
    BOOST_TEST_REQUIRE(ends(pid));
    BOOST_TEST(exit_status_of(pid) == 75);
}

BOOST_AUTO_TEST_CASE(a_loop_that_never_waits_sees_a_loss)
{
    const standing_program p("me 3", {"LOOP=busy"});
    const auto fifo = (p.directory / "gone").string();
    BOOST_TEST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    BOOST_TEST(p({"start"}).status == 0);
    BOOST_TEST(p.says("run with token 3"));
    const auto pid = p.pid();
    p.owned_by("h1 4");
    BOOST_TEST(!p.has_said("stop requested")); // nothing has looked
    write_file(fifo, "gone\n");
    BOOST_TEST_REQUIRE(ends(pid));
    BOOST_TEST(exit_status_of(pid) == 75);
    BOOST_TEST(p.has_said("stop requested"));
}

BOOST_AUTO_TEST_CASE(a_claim_that_starts_threads_is_undone)
{
    const standing_program p("me 3", {"CLAIMS=thread"});
    const auto start = p({"start"});
    BOOST_TEST(start.status == 1);
    BOOST_TEST(contains(start.err, "cannot fork: the process has 2 threads"), start.err);
    BOOST_TEST(!boost::filesystem::exists(p.pid_file));
    BOOST_TEST(!p.has_said("on_start"));
}

BOOST_AUTO_TEST_CASE(a_daemon_that_could_not_be_ended_keeps_its_identity)
{
    if (in_child([] { return disable_call(SYS_uname, ENOSYS) ? 0 : 77; }).status == 77)
        DAEMONKIT_SKIP("system calls cannot be filtered here");
    const standing_program p("h1 2", {"WAITS=yes"});
    child_process launcher([&] {
        if (!disable_call(SYS_uname, ENOSYS)) return 2; // since Linux 6.15 no process is between
        return execute(p.command({"start", "--timeout", "2"}));
    });
    BOOST_TEST(p.says("on_start"));
    const auto between = children_of(launcher.pid());
    BOOST_TEST_REQUIRE(between.size() == 1U);
    ::kill(between.front(), SIGKILL); // only it knows the daemon
    BOOST_TEST(launcher.status() == 1);
    BOOST_TEST(launcher.says("could not be ended"));
    BOOST_TEST(p({"status"}).out.find("standing: starting (pid ") == 0U);
    p.owned_by("me 3");
    BOOST_TEST(p.says("run with token 3"));
    BOOST_TEST(p({"stop"}).status == 0);
}

BOOST_AUTO_TEST_SUITE_END()
