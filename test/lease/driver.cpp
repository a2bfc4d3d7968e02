// SPDX-License-Identifier: BSL-1.0
// The driver with real processes: what ends an owner, and when another one follows.
#include "file_store.hpp"
#include "leading.hpp"

#include "support/frozen.hpp"
#include "support/pid_namespace.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>

namespace {

using daemonkit::lease_timing;
using daemonkit::detail::lease_driver;

constexpr lease_timing quick{std::chrono::seconds(2)};
constexpr lease_timing lasting{std::chrono::minutes(2)}; // no test waits for its end

/// The owner goes on when its lease has expired.
struct immortal : lease_timing
{
    [[nodiscard]] static constexpr std::chrono::nanoseconds soft() { return std::chrono::hours(1); }
    [[nodiscard]] static constexpr std::chrono::nanoseconds kill() { return std::chrono::hours(2); }
};

struct two_hosts
{
    template <class LeaseTiming = lease_timing>
    int lead_here(behaviour how = {}, const LeaseTiming& timing = {quick}) const
    {
        return lead(store, timing, acts, how);
    }
    [[nodiscard]] bool rises() const { return rise(terms_in(acts)); }
    void set_down(bool down) const
    {
        if (down)
            write_file(store.directory / "down", "");
        else
            boost::filesystem::remove(store.directory / "down");
    }

    temporary_directory place{};
    file_store store{place.path()};
    boost::filesystem::path acts = place.path() / "acts";
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(driver, two_hosts, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(another_owns_after_an_orderly_end)
{
    child_process first([&] { return lead_here({}, lasting); });
    BOOST_REQUIRE(first.says("owner 1"));
    child_process second([&] { return lead_here({}, lasting); });
    BOOST_TEST(second.says("standing by for " + std::to_string(first.pid())));
    first.signal(SIGTERM);
    BOOST_TEST(first.says("released"));
    BOOST_TEST(second.says("owner 2"));
    BOOST_TEST(first.status() == 0);
    second.signal(SIGTERM);
    BOOST_TEST(second.status() == 0);
    BOOST_TEST(rises());
}

BOOST_AUTO_TEST_CASE(another_owns_after_a_crash)
{
    child_process first([&] { return lead_here(); });
    BOOST_REQUIRE(first.says("owner 1"));
    child_process second([&] { return lead_here(); });
    BOOST_REQUIRE(second.says("standing by"));
    first.signal(SIGKILL);
    BOOST_TEST(second.says("owner 2"));
    BOOST_TEST(rises());
}

BOOST_AUTO_TEST_CASE(kernel_kills_a_stopped_owner)
{
    child_process first([&] { return lead_here(); });
    BOOST_REQUIRE(first.says("owner 1"));
    child_process second([&] { return lead_here(); });
    BOOST_REQUIRE(second.says("standing by"));
    first.signal(SIGSTOP);
    BOOST_TEST(first.status() == 128 + SIGKILL);
    BOOST_TEST(second.says("owner 2"));
    BOOST_TEST(rises());
}

BOOST_AUTO_TEST_CASE(without_the_kill_a_stopped_owner_acts_when_it_goes_on)
{
    child_process first([&] { return lead_here({}, immortal{quick}); });
    BOOST_REQUIRE(first.says("owner 1"));
    child_process second([&] { return lead_here(); });
    BOOST_REQUIRE(second.says("standing by"));
    BOOST_REQUIRE(eventually([&] { return !terms_in(acts).empty(); }));
    first.signal(SIGUSR1);
    BOOST_REQUIRE(second.says("owner 2"));
    BOOST_REQUIRE(eventually([&] { return terms_in(acts).back().token == 2; }));
    first.signal(SIGCONT);
    BOOST_TEST(first.says("lost: taken"));
    BOOST_TEST(!rises()); // this file shows two owners
}

BOOST_AUTO_TEST_CASE(resource_that_checks_the_token_is_safe_even_then)
{
    child_process first([&] { return lead_here({.fenced = true}, immortal{quick}); });
    BOOST_REQUIRE(first.says("owner 1"));
    child_process second([&] { return lead_here({.fenced = true}); });
    BOOST_REQUIRE(second.says("standing by"));
    BOOST_REQUIRE(eventually([&] { return !terms_in(acts).empty(); }));
    first.signal(SIGUSR1);
    BOOST_REQUIRE(second.says("owner 2"));
    BOOST_REQUIRE(eventually([&] { return terms_in(acts).back().token == 2; }));
    first.signal(SIGCONT);
    BOOST_TEST(first.says("lost: taken"));
    BOOST_TEST(first.heard().find("refused") < first.heard().find("lost"));
    BOOST_TEST(rises());
}

BOOST_AUTO_TEST_CASE(kernel_kills_a_frozen_owner, *boost::unit_test::label("root"))
{
    child_process first([&] { return lead_here(); });
    BOOST_REQUIRE(first.says("owner 1"));
    freezable group(freezable::version::two);
    if (!group.holds(first.pid())) DAEMONKIT_SKIP("needs root and version 2 of cgroups");
    child_process second([&] { return lead_here(); });
    BOOST_REQUIRE(second.says("standing by"));
    BOOST_REQUIRE(group.freeze(group.inner()));
    BOOST_TEST(first.status() == 128 + SIGKILL);
    BOOST_TEST(second.says("owner 2"));
    BOOST_TEST(rises());
}

BOOST_AUTO_TEST_CASE(stuck_owner_is_killed)
{
    child_process first(
        [&] { return lead_here({.stuck = true}, lease_timing{quick.ttl, std::chrono::milliseconds(100)}); });
    BOOST_REQUIRE(first.says("owner 1"));
    child_process second([&] { return lead_here(); });
    BOOST_TEST(first.says("lost: late"));
    BOOST_TEST(first.status() == 128 + SIGKILL);
    BOOST_TEST(second.says("owner 2"));
    BOOST_TEST(rises());
}

BOOST_AUTO_TEST_CASE(cut_off_owner_ends_in_order_before_it_would_be_killed)
{
    child_process first([&] { return lead_here(); });
    BOOST_REQUIRE(first.says("owner 1"));
    set_down(true);
    BOOST_TEST(first.says("lost: late"));
    BOOST_TEST(first.status() == 75);
    child_process second([&] { return lead_here(); });
    set_down(false);
    BOOST_TEST(second.says("owner 2"));
    BOOST_TEST(rises());
}

BOOST_AUTO_TEST_CASE(owner_survives_a_short_failure_of_the_store)
{
    child_process first([&] { return lead_here(); });
    BOOST_REQUIRE(first.says("owner 1"));
    set_down(true);
    BOOST_TEST(first.says("error: ")); // a renewal has failed
    set_down(false);
    BOOST_TEST(first.says("no error"));
    first.signal(SIGTERM);
    BOOST_TEST(first.status() == 0);
    BOOST_TEST(first.heard().find("lost") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(asked_owner_steps_down)
{
    child_process first([&] { return lead_here({}, lasting); });
    BOOST_REQUIRE(first.says("owner 1"));
    child_process second([&] { return lead_here({}, lasting); });
    BOOST_REQUIRE(second.says("standing by"));
    store.open({quick.ttl, -1}).ask_release({});
    BOOST_TEST(first.says("asked"));
    BOOST_TEST(first.status() == 0);
    BOOST_TEST(second.says("owner 2"));
    BOOST_TEST(rises());
}

BOOST_AUTO_TEST_CASE(waits_while_the_store_is_down)
{
    set_down(true);
    child_process first([&] { return lead_here(); });
    BOOST_TEST(first.says("error: "));
    first.signal(SIGTERM);
    BOOST_TEST(first.says("released"));
    BOOST_TEST(first.status() == 0);
    child_process second([&] { return lead_here(); });
    BOOST_TEST(second.says("error: "));
    set_down(false);
    BOOST_TEST(second.says("owner 1"));
}

BOOST_AUTO_TEST_CASE(pid_1_does_not_lead, *boost::unit_test::label("namespace"))
{
    EXPECT_GOOD_OR_SKIP(in_child([&] {
        return in_pid_namespace([&] {
            lease_driver<file_store> one(store, quick);
            try {
                one.begin();
            } catch (const daemonkit::startup_error& e) {
                const std::string text = e.what();
                return holds(text.starts_with("cannot campaign for the lease "), text) &&
                               holds(text.find("as pid 1 the daemon cannot be killed") != text.npos, text)
                           ? 0
                           : 1;
            }
            return 2;
        });
    }));
}

BOOST_AUTO_TEST_CASE(thread_blocks_every_signal_and_children_inherit_no_timer)
{
    const auto ended = in_child([&] {
        lease_driver<file_store> one(store, quick);
        one.begin();
        if (!eventually([&] { return one.owns(); })) return 2;
        const auto here = std::to_string(::getpid());
        for (const auto& task : boost::filesystem::directory_iterator("/proc/" + here + "/task")) {
            if (task.path().filename() == here) continue;
            const auto status = read_file(task.path() / "status");
            const auto at = status.find("SigBlk:\t");
            if (!holds(status.substr(at + 8, 16) == "fffffffe7ffbfeff", "the thread blocks all: " + status)) return 3;
        }
        if (read_file("/proc/self/timers").find("signal: 9/") == std::string::npos) return 4;
        const pid_t child = ::fork();
        if (child == 0) {
            one.end(); // does not hang: the child has no thread
            ::_exit(read_file("/proc/self/timers").empty() && read_file("/proc/self/comm").size() > 1 ? 0 : 1);
        }
        const int status = exit_status_of(child);
        one.end();
        if (!holds(read_file("/proc/self/timers").find("signal: 9/") != std::string::npos, "the timer stays")) return 6;
        return holds(!one.owns(), "it owns nothing after end()") ? status : 5;
    });
    BOOST_TEST(ended.status == 0, ended.err);
}

BOOST_AUTO_TEST_CASE(ttl_has_a_minimum)
{
    lease_driver<file_store> one(store, {std::chrono::milliseconds(500)});
    BOOST_CHECK_EXCEPTION(one.begin(), daemonkit::startup_error,
                          [](const auto& e) { return e.status() == daemonkit::exit_status::not_configured; });
}

BOOST_AUTO_TEST_SUITE_END()
