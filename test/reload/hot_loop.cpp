// SPDX-License-Identifier: BSL-1.0
// A loop that works all the time and never sleeps hears a reload by signal_arrived().
#include <daemonkit/daemonkit.hpp>

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>

using namespace daemonkit;
using namespace std::chrono_literals;

namespace {

template <class Signals>
struct hot : sysv_daemon<hot<Signals>, Signals>
{
    int reloads = 0;

    int run()
    {
        while (!this->stop_requested())
            if (this->signal_arrived()) this->wait_for(0s);
        return 0;
    }
    void on_reload()
    {
        if (++reloads == 2) throw std::runtime_error("twice is enough");
    }
};

template <class Daemon>
void reloads_at_once()
{
    temporary_directory top;
    const typename Daemon::settings settings{.pid = {.path = top / "d.pid"}};
    const daemon_in ended((top / "d.pid").string());
    BOOST_TEST(in_child([&] { return Daemon{}.start(settings).status; }).status == 0);
    const auto done = Daemon::reload(settings);
    BOOST_TEST(done.status == 0, done.message);
    const auto refused = Daemon::reload(settings);
    BOOST_TEST(refused.message.find("twice is enough") != std::string::npos, refused.message);
    BOOST_TEST(Daemon::stop(settings).status == 0);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(hot_loop, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(hears_a_reload)
{
    reloads_at_once<hot<flag_signals>>();
    reloads_at_once<hot<self_pipe_signals>>();
    reloads_at_once<hot<reaping_signals>>();
}

BOOST_AUTO_TEST_SUITE_END()
