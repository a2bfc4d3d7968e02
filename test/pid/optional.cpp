// SPDX-License-Identifier: BSL-1.0
// A pid file that depends on the run: with an empty path and `optional` there is none.
#include "pid/both_policies.hpp"
#include "support/become.hpp"
#include "support/child_process.hpp"
#include "support/program.hpp"

#include <daemonkit/sys/raw/shared_memory.hpp>

namespace {

const std::string no_file = "this daemon has no pid file: use the service manager or container that runs it\n";

/// The test daemon `optional` with these policies, and with this path.
struct optional_program : program
{
    strings policies;

    explicit optional_program(const strings& which, const std::string& path = {}, const strings& more = {})
        : program("optional"), policies(which)
    {
        environment = strings{"RECORD=" + path} + more;
    }
    [[nodiscard]] outcome operator()(const strings& words) const { return run(command(policies + words)); }
};

std::vector<strings> each_policy()
{
    std::vector<strings> all{{"double", "flock"}, {"double", "plain"}};
    if (daemonkit::sys::memory_can_be_shared()) all.push_back({"handoff", "flock"});
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(optional, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(without_a_path_it_starts_and_the_other_verbs_say_that_there_is_no_file)
{
    for (const auto& policies : each_policy()) {
        const optional_program p(policies);
        const auto started = p({"start"});
        BOOST_TEST(started.status == 0, started.err);
        BOOST_REQUIRE(p.processes().size() == 1U);
        const pid_t first = p.processes().front();
        BOOST_TEST(started.out == "optional: started (pid " + std::to_string(first) + ")\n");
        const auto another = p({"--verbose", "start"}); // the first one is not found
        BOOST_TEST(another.status == 0);
        BOOST_TEST(!contains(another.out, "recorded"), another.out);
        BOOST_TEST(p.processes().size() == 2U);
        for (const char* const verb : {"stop", "restart", "try-restart", "reload", "force-reload"}) {
            const auto said = p({verb});
            BOOST_TEST(said.status == 3, verb);
            BOOST_TEST(said.err == "optional: cannot find the daemon: " + no_file);
        }
        const auto status = p({"status"});
        BOOST_TEST(status.status == 4);
        BOOST_TEST(status.err == "optional: status unknown: cannot find the daemon: " + no_file);
        BOOST_TEST(p.processes().size() == 2U);
        ::kill(first, SIGHUP); // a reload of which only the daemon knows
        for (const pid_t pid : p.processes()) ::kill(pid, SIGTERM);
        BOOST_TEST(p.nobody_left());
    }
}

BOOST_AUTO_TEST_CASE(in_the_foreground_it_runs_until_it_is_stopped)
{
    for (const strings& words : {strings{"double", "flock", "run"}, strings{"no", "plain", "run"}}) {
        const optional_program p({});
        child_process daemon([&] { return become(p.command(words)); });
        BOOST_TEST(daemon.says("running\n"));
        daemon.signal(SIGTERM);
        BOOST_TEST(daemon.status() == 0);
        BOOST_TEST(daemon.everything() == "running\n", daemon.heard());
    }
}

BOOST_AUTO_TEST_CASE(a_start_that_fails_leaves_nothing)
{
    for (const auto& policies : each_policy()) {
        const optional_program p(policies, {}, {"FAILS=no such index"});
        const auto said = p({"start"});
        BOOST_TEST(said.status == 1);
        BOOST_TEST(said.err == "optional: no such index\n");
        BOOST_TEST(p.nobody_left());
    }
}

BOOST_AUTO_TEST_CASE(with_a_path_it_is_a_pid_file_as_any_other)
{
    for (const auto& policies : each_policy()) {
        const temporary_directory dir;
        const optional_program p(policies, (dir / "d.pid").string());
        BOOST_TEST(p({"start"}).status == 0);
        const pid_t daemon = pid_in((dir / "d.pid").string());
        BOOST_TEST(daemon != 0);
        BOOST_TEST(contains(p({"start"}).out, "already running (pid " + std::to_string(daemon) + ")"));
        BOOST_TEST(p({"status"}).status == 0);
        BOOST_TEST(p({"reload"}).status == 0);
        BOOST_TEST(p({"stop"}).status == 0);
        BOOST_TEST(names_in(dir.path()).empty());
    }
}

BOOST_AUTO_TEST_CASE(without_optional_an_empty_path_is_an_error)
{
    for (const auto& policies : each_policy()) {
        const optional_program p(policies, {}, {"STRICT=1"});
        for (const char* const verb : {"start", "stop", "status"}) {
            const auto said = p({verb});
            BOOST_TEST(said.status == (verb == std::string("status") ? 4 : 6), verb);
            BOOST_TEST(contains(said.err, "cannot use the pid file: its path must be absolute"), said.err);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_relative_path_is_an_error_with_optional_too)
{
    expect_refusal([] { (void)daemonkit::flock_pid_file{.path = "d.pid", .optional = true}.claim(); },
                   "must be absolute", 6);
    expect_refusal([] { (void)pid_file{.path = "d.pid", .optional = true}.find(); }, "must be absolute", 6);
}

BOOST_AUTO_TEST_CASE(the_calls_say_it_too)
{
    expect_refusal([] { (void)daemonkit::flock_pid_file{.path = "", .optional = true}.find(); },
                   "this daemon has no pid file", 3);
    expect_refusal([] { (void)pid_file{.path = "", .optional = true}.find(); }, "this daemon has no pid file", 3);
}

BOOST_AUTO_TEST_SUITE_END()
