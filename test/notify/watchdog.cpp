// SPDX-License-Identifier: BSL-1.0
// The watchdog as in sd_watchdog_enabled(3): active if WATCHDOG_USEC is a number and WATCHDOG_PID is this process or
// not set. The loop that does the work sends a ping at half the interval.
#include "service_manager.hpp"

namespace {

struct scene
{
    temporary_directory directory{};
    service_manager manager{(directory / "notify").string()};

    [[nodiscard]] service daemon(const strings& environment, const std::string& deployment = "systemd") const
    {
        return service({deployment, "run"}, strings{manager.variable()} + environment);
    }
    /// Whether so many pings arrive.
    bool hears(int pings)
    {
        for (int n = 0; n < pings; ++n)
            if (manager.next().text != "WATCHDOG=1") return false;
        return true;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(watchdog, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(a_sleeping_daemon_sends_pings_at_half_the_interval)
{
    for (const std::string deployment : {"systemd", "universal"})
        for (const std::string pid : {"WATCHDOG_PID=$$", ""})
            for (const std::string loop : {"FOREIGN=yes", ""})
                BOOST_TEST_CONTEXT(deployment << ' ' << pid << ' ' << loop)
                {
                    scene s;
                    strings environment{"WATCHDOG_USEC=100000"};
                    for (const auto& more : {pid, loop})
                        if (!more.empty()) environment.push_back(more);
                    auto daemon = s.daemon(environment, deployment);
                    BOOST_TEST(s.manager.next().has("READY=1"));
                    const auto began = std::chrono::steady_clock::now();
                    BOOST_TEST(s.hears(4));
                    // Never much more often than at half the interval; later only on a busy machine.
                    const auto took = std::chrono::steady_clock::now() - began;
                    BOOST_TEST((took > std::chrono::milliseconds(100)), "four in " << took.count() << " ns");
                    daemon->signal(SIGTERM);
                    message last;
                    do last = s.manager.next();
                    while (last.text == "WATCHDOG=1");
                    BOOST_TEST(last.has("STOPPING=1"), last.text);
                    BOOST_TEST(daemon->status() == 0);
                }
}

BOOST_AUTO_TEST_CASE(a_stuck_daemon_sends_no_ping)
{
    scene s;
    auto daemon = s.daemon({"WATCHDOG_USEC=50000", "STUCK=yes"});
    BOOST_TEST(s.manager.next().has("READY=1"));
    BOOST_TEST(daemon->says("running\n"));
    s.manager.rest();
    BOOST_TEST(!ends(daemon->pid(), std::chrono::milliseconds(200))); // four intervals of silence
    BOOST_TEST(s.manager.rest().empty());
}

BOOST_AUTO_TEST_CASE(no_ping_for_another_process_or_for_garbage)
{
    const strings rejected[] = {{"WATCHDOG_USEC=20000", "WATCHDOG_PID=1"},
                                {"WATCHDOG_USEC=20000", "WATCHDOG_PID=$$0"},
                                {"WATCHDOG_USEC=20000", "WATCHDOG_PID=x$$"},
                                {"WATCHDOG_USEC=20000", "WATCHDOG_PID=-1"},
                                {"WATCHDOG_USEC="},
                                {"WATCHDOG_USEC=0"},
                                {"WATCHDOG_USEC=-20000"},
                                {"WATCHDOG_USEC=20000ms"},
                                {"WATCHDOG_USEC=soon"},
                                {"WATCHDOG_USEC=99999999999999999999999999"},
                                {"WATCHDOG_USEC=18446744073709551615"},
                                {"WATCHDOG_PID=$$"}};
    for (const auto& environment : rejected) BOOST_TEST_CONTEXT(environment.front() << ' ' << environment.back())
        {
            scene s;
            auto daemon = s.daemon(environment);
            BOOST_TEST(s.manager.next().has("READY=1"));
            BOOST_TEST(!ends(daemon->pid(), std::chrono::milliseconds(60)));
            daemon->signal(SIGHUP);
            BOOST_TEST(s.manager.next().has("RELOADING=1"));
            BOOST_TEST(s.manager.next().has("READY=1"));
            daemon->signal(SIGTERM);
            BOOST_TEST(s.manager.next().has("STOPPING=1"));
            BOOST_TEST(daemon->status() == 0);
        }
}

BOOST_AUTO_TEST_SUITE_END()
