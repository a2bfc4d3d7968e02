// SPDX-License-Identifier: BSL-1.0
// Reloads as fast as the machine sends them, while on_reload() runs. Several pending HUPs are one signal. The daemon
// must handle the last request, and must still end on TERM.
#include "storm.hpp"
#include "support/text.hpp"

namespace {

constexpr int senders_of_a_storm = 3;

/// What the senders and the daemon share.
struct weather
{
    std::atomic<long> wanted{0}; ///< the state that a reload must read
    std::atomic<long> seen{0};   ///< the state that on_reload() read last
    std::atomic<long> reloads{0};
    std::atomic<long> sent{0};
    std::atomic<int> stopped{0};
    std::atomic<bool> calm{true};
    std::atomic<int> failures{0};
};

template <class Signals>
struct reloaded : basic_daemon<reloaded<Signals>, double_fork, flock_pid_file, Signals, null_stdio>
{
    explicit reloaded(weather& w) : weather_(w) {}

    void on_reload()
    {
        weather_.seen = weather_.wanted.load();
        ++weather_.reloads;
        // Each sender has one request pending at most: after so many more, at least one was sent while this runs.
        for (const long until = weather_.sent + senders_of_a_storm + 1; weather_.sent < until && !weather_.calm;) {}
    }
    void on_stop() { ++weather_.stopped; }
    int run()
    {
        while (this->wait()) {}
        return 0;
    }

private:
    weather& weather_;
};

using every_policy = std::tuple<flag_signals, self_pipe_signals, signalfd_signals>;

/// Sends until the storm ends: two processes by kill(2), one by the verb.
template <class Daemon>
std::vector<pid_t> storm(weather& w, const typename Daemon::settings& s, pid_t daemon)
{
    w.calm = false;
    std::vector<pid_t> senders;
    while (senders.size() < senders_of_a_storm - 1)
        senders.push_back(family::fork([&] {
            for (; !w.calm; ++w.sent)
                if (::kill(daemon, SIGHUP) != 0) break;
            return 0;
        }));
    senders.push_back(family::fork([&] {
        for (; !w.calm; ++w.sent)
            if (const auto r = Daemon::reload(s); r.status != 0) {
                // A sender may fail only because the daemon has ended, before it is found or while it is asked.
                const bool ended =
                    r.status == exit_status::not_running || (r.pid == daemon && contains(r.message, "exited before"));
                if (!ended || w.wanted != -1) ++w.failures;
                break;
            }
        return 0;
    }));
    return senders;
}

} // namespace

BOOST_AUTO_TEST_SUITE(reloads, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE_TEMPLATE(the_last_one_is_never_lost_and_a_storm_delays_no_stop, Signals, every_policy)
{
    using daemon = reloaded<Signals>;
    const int storms = times("DAEMONKIT_STORMS", 10);
    const family everybody;
    const temporary_directory top;
    const shared<weather> w;
    const typename daemon::settings s{
        .pid = {.path = top / "daemon.pid"}, .process = {.name = "reloaded"}, .stop = {{SIGTERM, 60s}, {SIGKILL, 60s}}};
    for (int round = 0; round < storms; ++round) {
        const pid_t launcher = family::fork([&] {
            daemon d(*w);
            return static_cast<int>(d.start(s));
        });
        BOOST_TEST_REQUIRE(family::status_of(launcher) == 0);
        const pid_t pid = daemon::status(s).pid;
        BOOST_TEST_REQUIRE(pid > 0);

        // The storm ends, the state changes, and one more reload is sent: the daemon must read the new state.
        const long before = w->sent;
        auto senders = storm<daemon>(*w, s, pid);
        BOOST_TEST(eventually([&] { return w->sent > before + 2000; }));
        w->calm = true;
        for (const pid_t sender : senders) BOOST_TEST(family::status_of(sender) == 0);
        ++w->wanted;
        BOOST_TEST(daemon::reload(s).status == 0);
        BOOST_TEST(eventually([&] { return w->seen == w->wanted; }));
        BOOST_TEST(w->failures == 0);

        // A stop during a storm.
        const long state = w->wanted.exchange(-1);
        senders = storm<daemon>(*w, s, pid);
        const long then = w->reloads;
        BOOST_TEST(eventually([&] { return w->reloads > then + 20; }));
        ::kill(pid, SIGTERM);
        const bool stopped = ends(pid);
        w->calm = true;
        for (const pid_t sender : senders) BOOST_TEST(family::status_of(sender) == 0);
        BOOST_TEST(stopped, "TERM ends it in the middle of the storm");
        if (!stopped) put_down(pid);
        BOOST_TEST(w->stopped == round + 1);
        BOOST_TEST(w->failures == 0);
        w->wanted = state;
        w->seen = state;
        BOOST_TEST_REQUIRE(family::alive().empty());
    }
    std::cout << "reload storms: " << w->sent << " sent, " << w->reloads << " carried out, none lost after the last; "
              << storms << " stops meanwhile, all received\n";
}

BOOST_AUTO_TEST_SUITE_END()
