// SPDX-License-Identifier: BSL-1.0
// What the verbs say of a daemon that is not ready yet, and how stop ends it.
#include "support/child_process.hpp"
#include "support/process.hpp"
#include "support/program.hpp"
#include "support/text.hpp"

#include <daemonkit/pid.hpp>

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

namespace fs = boost::filesystem;

namespace {

constexpr const char* policies[] = {"pid_file", "flock_pid_file"};

bool says(const program& daemon, const std::vector<std::string>& verb, int status, const std::string& text)
{
    const auto said = daemon(verb);
    const bool right = said.status == status && contains(said.out + said.err, text);
    BOOST_TEST(right, verb[0] << " is " << status << " and says '" << text << "', it was " << said.status << ", "
                              << said.out << said.err);
    return right;
}

} // namespace

BOOST_AUTO_TEST_SUITE(starting, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(is_said_until_the_daemon_is_ready_and_stop_is_orderly)
{
    for (const auto* const policy : policies)
        for (const char* const end : {"stop", "restart"}) BOOST_TEST_CONTEXT(policy << ", " << end)
            {
                program daemon("enduring");
                const auto beside = [&](const char* what) { return fs::exists(daemon.pid_file.string() + what); };
                daemon.environment = {std::string("PID_POLICY=") + policy, "ON_START=waits"};
                child_process start([&] { return execute(daemon.command({"start"})); });
                BOOST_TEST_REQUIRE(eventually([&] { return beside(".on_start"); }));
                const auto pid = std::to_string(daemon.pid());
                says(daemon, {"status"}, 0, "starting (pid " + pid + ") since");
                says(daemon, {"status", "--json"}, 0, R"("state": "starting", "pid": )" + pid);
                says(daemon, {"start"}, 0, "already starting (pid " + pid + ")");
                says(daemon, {"reload"}, 0, "reloaded (pid " + pid + ")");
                daemon.environment.back() = "ON_START=returns";
                says(daemon, {end}, 0, std::string(end) == "stop" ? "stopped (pid " + pid + ", SIGTERM)" : "started");
                BOOST_TEST(start.says("it was asked to stop before it was ready"));
                BOOST_TEST(start.status() == 1);
                BOOST_TEST(beside(".on_stop"));
                if (std::string(end) == "stop") {
                    BOOST_TEST(!fs::exists(daemon.pid_file));
                    BOOST_TEST(daemon.nobody_left());
                } else {
                    says(daemon, {"status"}, 0, "running (pid " + std::to_string(daemon.pid()) + ")");
                    says(daemon, {"stop"}, 0, "stopped");
                }
            }
}

BOOST_AUTO_TEST_CASE(is_said_of_a_start_that_has_recorded_no_pid)
{
    for (const auto* const policy : policies) BOOST_TEST_CONTEXT(policy)
        {
            program daemon("enduring");
            daemon.environment = {std::string("PID_POLICY=") + policy};
            {
                const auto claimed = daemonkit::flock_pid_file{.path = daemon.pid_file}.claim();
                says(daemon, {"status"}, 3, "starting, and no pid is recorded yet");
                says(daemon, {"status", "--json"}, 3, R"("state": "starting", "pid": null)");
                says(daemon, {"reload"}, 1, "a start is in progress");
                says(daemon, {"stop"}, 1, "a start is in progress");
                BOOST_TEST(fs::exists(daemon.pid_file));
            }
            says(daemon, {"status"}, 3, "not running");
        }
}

BOOST_AUTO_TEST_SUITE_END()
