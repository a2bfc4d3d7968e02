// SPDX-License-Identifier: BSL-1.0
// What start, run and reload do beside a daemon that starts or stops.
#include "support/become.hpp"
#include "support/child_process.hpp"
#include "support/process.hpp"
#include "support/program.hpp"
#include "support/text.hpp"

#include <daemonkit/sys/raw/shared_memory.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace transition {

/// test/daemon/telling.cpp, held in a hook until let_go().
class telling : public program
{
public:
    telling(const std::string& policy, const std::string& hook) : program("telling")
    {
        environment = {policy, "HOLDS=" + hook};
        if (::mkfifo((pid_file.string() + ".hold").c_str(), 0666) == -1) throw std::runtime_error("mkfifo");
    }
    void let_go() const { ::close(::open((pid_file.string() + ".hold").c_str(), O_WRONLY | O_CLOEXEC)); }
    [[nodiscard]] child_process begins(const std::string& verb) const
    {
        return child_process([this, verb] { return execute(command({verb})); });
    }
    [[nodiscard]] bool says(const std::string& text) const
    {
        return eventually([&] { return contains((*this)({"status"}).out, text); });
    }
};

std::vector<std::string> policies()
{
    std::vector<std::string> all{"FORK=double_fork", "FORK=single_fork", "PID_POLICY=pid_file"};
    if (daemonkit::sys::memory_can_be_shared()) all.emplace_back("FORK=handoff_fork");
    return all;
}

} // namespace transition

} // namespace

BOOST_FIXTURE_TEST_SUITE(transitions, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(a_daemon_that_starts)
{
    for (const auto& policy : transition::policies()) BOOST_TEST_CONTEXT(policy)
        {
            const transition::telling daemon(policy, "on_start");
            auto start = daemon.begins("start");
            BOOST_TEST_REQUIRE(daemon.says(": in on_start"));
            const auto pid = "(pid " + std::to_string(daemon.pid()) + ")";
            const auto again = daemon({"start"});
            BOOST_TEST(again.status == 0);
            BOOST_TEST(again.out == "telling: already starting " + pid + "\n");
            const auto run = daemon({"run"});
            BOOST_TEST(run.status == 1);
            BOOST_TEST(run.err == "telling: already starting " + pid + "\n");
            const auto late = daemon({"reload", "--timeout", "0.01"});
            BOOST_TEST(late.status == 1);
            BOOST_TEST(contains(late.err, "it still starts, and reloads when it is ready"), late.err);
            auto reload = daemon.begins("reload");
            BOOST_TEST(!ends(reload.pid(), std::chrono::milliseconds(20)), reload.heard());
            daemon.let_go();
            BOOST_TEST(start.status() == 0);
            BOOST_TEST(reload.status() == 0);
            BOOST_TEST(reload.everything() == "telling: reloaded " + pid + "\n");
            BOOST_TEST(daemon({"start"}).out == "telling: already running " + pid + "\n");
        }
}

BOOST_AUTO_TEST_CASE(a_daemon_that_stops_is_neither_told_to_reload_nor_taken_for_running)
{
    for (const auto& policy : transition::policies()) BOOST_TEST_CONTEXT(policy)
        {
            const transition::telling daemon(policy, "on_stop");
            BOOST_TEST_REQUIRE(daemon({"start"}).status == 0);
            const auto pid = "(pid " + std::to_string(daemon.pid()) + ")";
            auto stop = daemon.begins("stop");
            BOOST_TEST_REQUIRE(daemon.says(": in on_stop"));
            for (const char* const verb : {"reload", "force-reload"}) {
                const auto reload = daemon({verb});
                BOOST_TEST(reload.status == 7);
                BOOST_TEST(reload.err == "telling: not reloaded: it is stopping " + pid + "\n");
            }
            const auto late = daemon({"start", "--timeout", "0.01"});
            BOOST_TEST(late.status == 1);
            BOOST_TEST(late.err == "telling: it is stopping " + pid + ", and has not exited yet\n");
            const auto run = daemon({"run"});
            BOOST_TEST(run.status == 1);
            BOOST_TEST(run.err == late.err);
            daemon.let_go();
            BOOST_TEST(stop.status() == 0);
            BOOST_TEST(contains(stop.everything(), "stopped "));
        }
}

BOOST_AUTO_TEST_CASE(start_waits_for_the_end_of_a_daemon_that_stops)
{
    for (const auto& policy : transition::policies()) BOOST_TEST_CONTEXT(policy)
        {
            const transition::telling daemon(policy, "on_stop");
            BOOST_TEST_REQUIRE(daemon({"start"}).status == 0);
            const pid_t old = daemon.pid();
            auto stop = daemon.begins("stop");
            BOOST_TEST_REQUIRE(daemon.says(": in on_stop"));
            auto start = daemon.begins("start");
            BOOST_TEST(!ends(start.pid(), std::chrono::milliseconds(20)), start.heard());
            BOOST_TEST(alive(old));
            daemon.let_go();
            BOOST_TEST(stop.status() == 0);
            BOOST_TEST(start.status() == 0);
            const pid_t fresh = daemon.pid();
            BOOST_TEST(fresh != old);
            BOOST_TEST(start.everything() == "telling: started (pid " + std::to_string(fresh) + ")\n");
            BOOST_TEST(daemon.says("running (pid " + std::to_string(fresh)));
        }
}

BOOST_AUTO_TEST_CASE(one_of_several_starts_that_wait_gets_the_place_of_a_daemon_that_is_killed)
{
    for (const auto& policy : transition::policies()) BOOST_TEST_CONTEXT(policy)
        {
            const transition::telling daemon(policy, "on_stop");
            BOOST_TEST_REQUIRE(daemon({"start"}).status == 0);
            const pid_t old = daemon.pid();
            ::kill(old, SIGTERM);
            BOOST_TEST_REQUIRE(daemon.says(": in on_stop"));
            auto first = daemon.begins("start");
            auto second = daemon.begins("start");
            BOOST_TEST(!ends(first.pid(), std::chrono::milliseconds(20)), first.heard());
            BOOST_TEST(!ends(second.pid(), std::chrono::milliseconds(20)), second.heard());
            ::kill(old, SIGKILL); // its record stays
            BOOST_TEST(first.status() == 0);
            BOOST_TEST(second.status() == 0);
            const auto said = first.everything() + second.everything();
            BOOST_TEST(contains(said, "telling: started (pid " + std::to_string(daemon.pid()) + ")\n"), said);
            BOOST_TEST(
                (contains(said, "telling: already starting (pid ") || contains(said, "telling: already running (pid ")),
                said);
            BOOST_TEST(daemon.processes().size() == 1U);
        }
}

BOOST_AUTO_TEST_CASE(a_start_that_waits_can_be_cancelled)
{
    const transition::telling daemon("FORK=double_fork", "on_stop");
    BOOST_TEST_REQUIRE(daemon({"start"}).status == 0);
    auto stop = daemon.begins("stop");
    BOOST_TEST_REQUIRE(daemon.says(": in on_stop"));
    // Not begins(): the signal must reach the program itself.
    const child_process start([&] { return become(daemon.command({"start"})); });
    BOOST_TEST(!ends(start.pid(), std::chrono::milliseconds(20)));
    start.signal(SIGINT);
    BOOST_TEST(child_process::status_of(start.pid()) == 128 + SIGINT);
    daemon.let_go();
    BOOST_TEST(stop.status() == 0);
    BOOST_TEST(daemon({"status"}).status == 3);
}

BOOST_AUTO_TEST_SUITE_END()
