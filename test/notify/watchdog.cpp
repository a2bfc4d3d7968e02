// SPDX-License-Identifier: BSL-1.0
// The watchdog as in sd_watchdog_enabled(3): active if WATCHDOG_USEC is a number and WATCHDOG_PID is this process or
// not set. The loop that does the work sends a ping at half the interval.
#include "service_manager.hpp"
#include "support/file.hpp"

#include <sys/syscall.h>

#include <fstream>

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

/// The timeout of the poll(2) or ppoll(2) in which a process sleeps; nothing if it does not, or sleeps for ever.
std::optional<std::chrono::nanoseconds> timeout_of_sleep(pid_t pid)
{
    std::istringstream call(read_file("/proc/" + std::to_string(pid) + "/syscall"));
    long number = -1;
    unsigned long fds = 0, count = 0, timeout = 0;
    call >> number >> std::hex >> fds >> count >> timeout;
#ifdef SYS_poll
    if (number == SYS_poll && static_cast<int>(timeout) >= 0)
        return std::chrono::milliseconds(static_cast<int>(timeout));
#endif
    if (number != SYS_ppoll || timeout == 0) return {};
    timespec value{};
    std::ifstream memory("/proc/" + std::to_string(pid) + "/mem", std::ios::binary);
    memory.seekg(static_cast<std::streamoff>(timeout));
    memory.read(reinterpret_cast<char*>(&value), sizeof value);
    if (!memory) return {};
    return std::chrono::seconds(value.tv_sec) + std::chrono::nanoseconds(value.tv_nsec);
}

} // namespace

BOOST_AUTO_TEST_SUITE(watchdog, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(a_sleeping_daemon_sends_pings_at_half_the_interval)
{
    for (const std::string deployment : {"systemd", "universal"})
        for (const std::string pid : {"WATCHDOG_PID=$$", ""})
            for (const std::string loop : {"FOREIGN=yes", "FOREIGN=signal_fd", ""})
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

// By the timeout that the kernel got, not by a clock: a daemon that sleeps for longer is killed by its manager.
BOOST_AUTO_TEST_CASE(a_daemon_sleeps_for_half_the_interval_at_most)
{
    constexpr long long interval = 3600;
    for (const std::string deployment : {"systemd", "universal"})
        for (const bool foreign : {false, true})
            BOOST_TEST_CONTEXT(deployment << (foreign ? ", a loop of its own" : ""))
            {
                scene s;
                strings environment{"WATCHDOG_USEC=" + std::to_string(interval * 1'000'000)};
                if (foreign) environment.emplace_back("FOREIGN=yes");
                auto daemon = s.daemon(environment, deployment);
                BOOST_TEST(s.manager.next().has("READY=1"));
                // The loop of its own sleeps before it calls the daemon for the first time.
                if (!foreign) BOOST_TEST(s.hears(1));
                std::optional<std::chrono::nanoseconds> timeout;
                if (::access("/proc/self/syscall", R_OK) == -1)
                    DAEMONKIT_SKIP("/proc does not show the system call of a process");
                BOOST_TEST_REQUIRE(eventually([&] { return (timeout = timeout_of_sleep(daemon->pid())).has_value(); }));
                BOOST_TEST((*timeout <= std::chrono::seconds(interval / 2)), timeout->count() << " ns");
                // Rounded, and less what passed since the ping.
                BOOST_TEST((*timeout > std::chrono::seconds(interval / 4)), timeout->count() << " ns");
                daemon->signal(SIGTERM);
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
