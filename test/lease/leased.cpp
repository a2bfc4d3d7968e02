// SPDX-License-Identifier: BSL-1.0
// The daemon `leading` on two hosts: two directories with a pid file each, and one store.
#include "lease/file_store.hpp"
#include "lease/leading.hpp"

#include "support/child_process.hpp"
#include "support/file.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"

#include <daemonkit/core/exit_status.hpp>
#include <daemonkit/leased.hpp>
#include <daemonkit/sys/host_name.hpp>
#include <daemonkit/sys/raw/shared_memory.hpp>

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

namespace {

struct leading_program : program
{
    explicit leading_program(const temporary_directory& store, const std::vector<std::string>& more = {})
        : program("leading")
    {
        environment = more;
        environment.push_back("STORE=" + store.path().string());
    }
    [[nodiscard]] std::string log() const { return read_file(pid_file.string() + ".log"); }
    [[nodiscard]] bool owns() const
    {
        return eventually([&] { return contains(operator()({"status"}).out, ": owner (token "); });
    }
};

struct two_daemons
{
    explicit two_daemons(const std::vector<std::string>& first = {}, const std::vector<std::string>& second = {})
        : a(store, first), b(store, second)
    {
    }

    /// The first owns the lease and has acted, the second stands by.
    void start() const
    {
        expect_start(a, "); owner (token 1)\n");
        BOOST_REQUIRE(eventually([&] { return !terms().empty(); }));
        expect_start(b, "); standing by for host " + host + " (token 1)\n");
    }
    static void expect_start(const leading_program& daemon, const std::string& role)
    {
        const auto said = daemon({"start"}).out;
        BOOST_REQUIRE_MESSAGE(said.ends_with(role), said << daemon.log());
    }
    [[nodiscard]] std::vector<term> terms() const { return terms_in(store / "acts"); }
    /// The second acts, and has never done so together with the first.
    void check_that_the_second_follows() const
    {
        BOOST_TEST(eventually([&] { return terms().size() == 2U; }),
                   std::to_string(terms().size()) + " owners have acted; the second says:\n" + b.log());
        BOOST_TEST(rise(terms()));
        BOOST_TEST(b({"stop"}).status == 0);
        BOOST_TEST(rise(terms()));
    }
    void close() const { write_file(store / "down", ""); }
    void open() const { boost::filesystem::remove(store / "down"); }

    temporary_directory store{};
    leading_program a;
    leading_program b;
    std::string host = daemonkit::sys::host_name();
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(leased, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(status_says_the_role)
{
    const two_daemons pair;
    pair.start();
    BOOST_TEST(without_uptime(pair.a({"status"}).out).ends_with(", ready: owner (token 1)\n"));
    BOOST_TEST(without_uptime(pair.b({"status"}).out)
                   .ends_with(", ready: standing by for host " + pair.host + " (token 1)\n"));
    BOOST_TEST(contains(pair.a({"status", "--json"}).out, R"("details": {"role": "owner", "token": "1"}})"));
    BOOST_TEST(contains(pair.b({"status", "--json"}).out,
                        R"("details": {"role": "standby", "holder": ")" + pair.host + R"(", "token": "1"}})"));
    BOOST_TEST(pair.b({"start"}).out.starts_with("leading: already running (pid "));
}

BOOST_AUTO_TEST_CASE(the_second_follows_an_orderly_end_at_once)
{
    const two_daemons pair({"TTL=60"});
    pair.start();
    BOOST_TEST(pair.a({"stop"}).status == 0);
    pair.check_that_the_second_follows();
}

BOOST_AUTO_TEST_CASE(the_second_follows_a_crash)
{
    const two_daemons pair;
    pair.start();
    ::kill(pair.a.pid(), SIGKILL);
    pair.check_that_the_second_follows();
}

BOOST_AUTO_TEST_CASE(a_stopped_owner_is_killed_before_the_second_acts)
{
    const two_daemons pair;
    pair.start();
    const auto owner = pair.a.pid();
    ::kill(owner, SIGSTOP);
    pair.check_that_the_second_follows();
    BOOST_TEST_REQUIRE(ends(owner));
    BOOST_TEST(exit_status_of(owner) == 128 + SIGKILL);
}

BOOST_AUTO_TEST_CASE(an_owner_whose_run_is_stuck_is_killed)
{
    const two_daemons pair({"LOOP=stuck", "STUCK_AFTER=0.2"});
    pair.start();
    const auto owner = pair.a.pid();
    pair.check_that_the_second_follows();
    BOOST_TEST_REQUIRE(ends(owner));
    BOOST_TEST(pair.a({"status"}).status == 1); // dead, and its pid file is left
}

// signal_fd() is readable often enough, so a loop of its own is not taken for stuck.
BOOST_AUTO_TEST_CASE(a_loop_that_polls_is_not_stuck)
{
    const two_daemons pair({"LOOP=poll", "STUCK_AFTER=1"});
    pair.start();
    // Only that wakes the loop: sixteen acts take eight times as long as a stuck one would last.
    const auto many_acts = [&] {
        const auto acts = read_file(pair.store / "acts");
        return std::count(acts.begin(), acts.end(), '\n') >= 16;
    };
    BOOST_TEST(eventually(many_acts), pair.a.log());
    BOOST_TEST(pair.terms().size() == 1U);
    BOOST_TEST(pair.a({"stop"}).status == 0);
    pair.check_that_the_second_follows();
}

BOOST_AUTO_TEST_CASE(a_loop_that_never_waits_stops_in_time)
{
    const two_daemons pair({"LOOP=busy"});
    pair.start();
    const auto owner = pair.a.pid();
    pair.close();
    BOOST_TEST_REQUIRE(ends(owner));
    BOOST_TEST(exit_status_of(owner) == 75);
    BOOST_TEST(contains(pair.a.log(), "leading: the lease was not renewed in time: "));
    pair.open();
    pair.check_that_the_second_follows();
}

BOOST_AUTO_TEST_CASE(the_verbs_of_a_host_work_while_the_store_is_down)
{
    const two_daemons pair;
    pair.start();
    const auto owner = pair.a.pid();
    pair.close();
    BOOST_TEST_REQUIRE(ends(owner));
    BOOST_TEST(exit_status_of(owner) == daemonkit::exit_status::identity_lost);
    const auto unknown = "cannot tell who owns the lease: reach the store: Host is down";
    BOOST_TEST(eventually([&] { return contains(pair.b({"status"}).out, unknown); }));
    BOOST_TEST(pair.b({"status"}).status == 0);
    BOOST_TEST(pair.b({"stop"}).status == 0);
    BOOST_TEST(pair.b({"status"}).status == 3);
    const auto start = pair.a({"start"});
    BOOST_TEST(start.status == 0);
    BOOST_TEST(contains(start.out, unknown), start.out);
    BOOST_TEST(pair.a({"holder"}).status == 1);
    pair.open();
    BOOST_TEST(pair.a.owns());
    BOOST_TEST(rise(pair.terms()));
}

BOOST_AUTO_TEST_CASE(a_daemon_that_does_not_stand_by_says_which_host_owns_the_lease)
{
    const two_daemons pair({"ALONE=yes"});
    BOOST_TEST(pair.b({"start"}).status == 0);
    const auto start = pair.a({"start"});
    BOOST_TEST(start.status == 75);
    BOOST_TEST(start.err == "leading: host " + pair.host + " owns the lease (token 1)\n");
    BOOST_TEST(pair.a({"status"}).status == 3);
    BOOST_TEST(pair.b({"stop"}).status == 0);
    BOOST_TEST(pair.a({"start"}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_start_that_may_not_stand_by_waits_for_the_store)
{
    const two_daemons pair({"ALONE=yes"}, {"TTL=60"});
    BOOST_TEST(pair.b({"start"}).status == 0);
    pair.close();
    const auto late = pair.a({"start", "--timeout", "3"});
    BOOST_TEST(late.status == 75);
    BOOST_TEST(late.err.starts_with("leading: cannot tell who owns the lease: "), late.err);
    BOOST_TEST(contains(late.err, "; the daemon was not ready"), late.err);
    child_process launcher([&] { return execute(pair.a.command({"start"})); });
    BOOST_TEST(eventually([&] { return contains(without_uptime(pair.a({"status"}).out), "not ready: cannot tell "); }));
    pair.open();
    BOOST_TEST(launcher.status() == 75);
    BOOST_TEST(launcher.says(" owns the lease (token 1)"), launcher.heard());
    BOOST_TEST(pair.b({"stop"}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_setting_makes_only_an_owner_ready)
{
    const two_daemons pair({"WAITS=yes"});
    BOOST_TEST(pair.b({"start"}).status == 0);
    child_process launcher([&] { return execute(pair.a.command({"start"})); });
    BOOST_TEST(eventually(
        [&] { return contains(without_uptime(pair.a({"status"}).out), "not ready: standing by for host "); }));
    BOOST_TEST(pair.b({"stop"}).status == 0);
    BOOST_TEST(launcher.status() == 0);
    BOOST_TEST(pair.a.owns());
}

BOOST_AUTO_TEST_CASE(any_host_can_ask_for_the_holder_and_for_its_release)
{
    const two_daemons pair({"TTL=60"});
    BOOST_TEST(pair.b({"holder"}).status == 3);
    const auto nothing = pair.b({"release"});
    BOOST_TEST(nothing.status == 3);
    BOOST_TEST(nothing.out == "leading: no daemon owns the lease\n");
    pair.start();
    const auto owner = pair.a.pid();
    BOOST_TEST(pair.b({"holder"}).out ==
               "leading: host " + pair.host + " (pid " + std::to_string(owner) + ", token 1)\n");
    const auto release = pair.b({"release"});
    BOOST_TEST(release.out == "leading: host " + pair.host + " owns the lease no longer\n");
    BOOST_TEST_REQUIRE(ends(owner));
    BOOST_TEST(exit_status_of(owner) == 75); // a supervisor starts it again, to stand by
    BOOST_TEST(contains(pair.a.log(), "leading: it was asked to give the lease to another daemon: stopping"));
    pair.check_that_the_second_follows();
}

BOOST_AUTO_TEST_CASE(a_loop_that_never_waits_hears_a_release)
{
    const two_daemons pair({"TTL=60", "LOOP=busy"});
    pair.start();
    const auto owner = pair.a.pid();
    BOOST_TEST(pair.b({"release"}).status == 0);
    BOOST_TEST_REQUIRE(ends(owner));
    BOOST_TEST(exit_status_of(owner) == 75);
    pair.check_that_the_second_follows();
}

BOOST_AUTO_TEST_CASE(a_release_names_an_owner_that_does_not_hear_it)
{
    const two_daemons pair({"TTL=60", "LOOP=stuck"});
    pair.start();
    const auto release = pair.b({"release", "--timeout", "2"});
    BOOST_TEST(release.status == 1);
    BOOST_TEST(contains(release.err, "host " + pair.host + " still owns it"), release.err);
    BOOST_TEST(pair.a({"stop", "--timeout", "0.1"}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_start_that_waits_too_long_says_for_which_host)
{
    const two_daemons pair({"WAITS=yes"});
    BOOST_TEST(pair.b({"start"}).status == 0);
    const auto start = pair.a({"start", "--timeout", "3"});
    BOOST_TEST(start.status == 75);
    BOOST_TEST(
        contains(start.err, "leading: standing by for host " + pair.host + " (token 1); the daemon was not ready"),
        start.err);
    BOOST_TEST(pair.a({"status"}).status == 3);
}

BOOST_AUTO_TEST_CASE(a_daemon_that_has_lost_the_lease_is_no_owner)
{
    const two_daemons pair({"SLOW_STOP=yes"});
    pair.start();
    pair.close();
    BOOST_TEST(eventually([&] { return contains(pair.a({"status"}).out, ": owner no more (token 1)\n"); }));
    BOOST_TEST(contains(pair.a({"status", "--json"}).out, R"("details": {"role": "lost", "token": "1"}})"));
}

BOOST_AUTO_TEST_CASE(timing_that_cannot_work_is_refused)
{
    for (const std::string wrong : {"TTL=0.5", "TTL=100000", "STUCK_AFTER=-1"}) {
        const two_daemons pair({wrong});
        const auto start = pair.a({"start"});
        BOOST_TEST(start.status == 6, wrong << ": " << start.err);
        BOOST_TEST(pair.a({"status"}).status == 3);
    }
}

BOOST_AUTO_TEST_CASE(the_log_has_a_line_for_each_role)
{
    const two_daemons pair;
    pair.start();
    BOOST_TEST(pair.a({"stop"}).status == 0);
    BOOST_TEST(pair.b.owns());
    BOOST_TEST(contains(pair.b.log(), "notice: leading: standing by for host " + pair.host + " (token 1)\n"));
    BOOST_TEST(contains(pair.b.log(), "notice: leading: owner (token 2)\n"));
}

BOOST_AUTO_TEST_CASE(a_host_can_have_any_name)
{
    const auto details = daemonkit::lease<file_store>::details_of("standing by for host h (token 9) (token 226)");
    BOOST_TEST(details.values.at(1).second == "h (token 9)");
    BOOST_TEST(details.values.at(2).second == "226");
}

BOOST_AUTO_TEST_CASE(a_host_that_starts_again_waits_for_its_own_old_lease)
{
    const two_daemons pair;
    BOOST_TEST_REQUIRE(pair.a({"start"}).status == 0);
    BOOST_TEST_REQUIRE(eventually([&] { return pair.terms().size() == 1U; }));
    const auto owner = pair.a.pid();
    ::kill(owner, SIGKILL);
    BOOST_TEST_REQUIRE(ends(owner)); // until then it is already running
    BOOST_TEST(pair.a({"start"}).status == 0);
    BOOST_TEST(pair.a.owns());
    BOOST_TEST(eventually([&] { return pair.terms().size() == 2U; }));
    BOOST_TEST(rise(pair.terms()));
}

BOOST_AUTO_TEST_CASE(the_lease_is_kept_by_the_user_of_the_daemon)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to become another user");
    const two_daemons pair({"RUN_AS=nobody"});
    boost::filesystem::permissions(pair.store.path(), boost::filesystem::all_all);
    boost::filesystem::permissions(pair.a.directory.path(),
                                   boost::filesystem::owner_all | boost::filesystem::others_exe);
    BOOST_TEST(pair.a({"start"}).status == 0);
    BOOST_TEST(pair.a.owns());
    BOOST_TEST(status_of(pair.store / "lease").st_uid == 65534U);
    BOOST_TEST(pair.a({"stop"}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_daemon_with_the_memory_of_its_launcher_leads)
{
    if (!daemonkit::sys::memory_can_be_shared()) DAEMONKIT_SKIP("handoff_fork does not work in this build");
    const two_daemons pair({"HANDOFF=yes"});
    BOOST_TEST_REQUIRE(pair.a({"start"}).status == 0);
    BOOST_TEST(pair.a.owns());
    BOOST_TEST_REQUIRE(pair.b({"start"}).status == 0);
    ::kill(pair.a.pid(), SIGKILL);
    pair.check_that_the_second_follows();
}

BOOST_AUTO_TEST_CASE(verbs_of_several_classes_are_joined)
{
    const two_daemons pair;
    BOOST_TEST(pair.a({"place"}).out == pair.store.path().string() + "\n");
    BOOST_TEST(pair.a({"holder"}).out == "leading: no daemon owns the lease\n");
    const auto help = pair.a({"--help"}).out;
    for (const char* const verb : {"  place  ", "  holder  ", "  release  "}) BOOST_TEST(contains(help, verb), help);
}

BOOST_AUTO_TEST_CASE(instances_are_found_by_the_pid_file_of_all_of)
{
    two_daemons pair;
    pair.a.pid_file = pair.a.directory / "%i.pid";
    for (const char* const name : {"x", "y"}) BOOST_TEST(pair.a({"start", "--instance", name}).status == 0);
    const auto list = pair.a({"list"}).out;
    BOOST_TEST(contains(list, "x: running (pid "), list);
    BOOST_TEST(contains(list, ": owner (token 1)\ny: running (pid "), list);
    BOOST_TEST(contains(list, ": standing by for host "), list);
    for (const char* const name : {"x", "y"}) BOOST_TEST(pair.a({"stop", "--instance", name}).status == 0);
}

BOOST_AUTO_TEST_SUITE_END()
