// SPDX-License-Identifier: BSL-1.0
// service_notify beside each fork policy: the daemon, and not its launcher, speaks to the service manager.
#include "service_manager.hpp"
#include "support/text.hpp"

#include <daemonkit/daemonkit.hpp>

#include <boost/mpl/list.hpp>

#include <cstdlib>
#include <stdexcept>

namespace {

using namespace std::chrono_literals;

template <class ForkPolicy>
struct forking : daemonkit::basic_daemon<forking<ForkPolicy>, ForkPolicy, daemonkit::no_pid_file,
                                         daemonkit::self_pipe_signals, daemonkit::null_stdio, daemonkit::service_notify>
{
    bool fails = false;

    void on_start()
    {
        if (fails) throw std::runtime_error("the disk is full");
    }
    void on_reload() {}
    int run()
    {
        child_process::say(std::getenv("NOTIFY_SOCKET") == nullptr ? "daemon: not in its environment"
                                                                   : "daemon: in its environment");
        while (this->wait()) {}
        return 0;
    }
};

/// A launcher that starts such a daemon.
template <class ForkPolicy>
child_process launcher_of(service_manager& manager, bool fails = false)
{
    return child_process([&manager, fails] {
        ::setenv("NOTIFY_SOCKET", manager.name().c_str(), 1);
        forking<ForkPolicy> daemon;
        daemon.fails = fails;
        const auto result = daemon.start({.process = {.keep_descriptors = child_process::descriptors()}});
        if (result.in_launcher)
            child_process::say(
                "launcher: " + std::string(std::getenv("NOTIFY_SOCKET") != nullptr ? "kept; " : "lost; ") +
                result.message);
        return result.status;
    });
}

using policies = boost::mpl::list<daemonkit::single_fork, daemonkit::double_fork, daemonkit::handoff_fork>;

template <class ForkPolicy>
constexpr bool hands_over = std::is_same_v<ForkPolicy, daemonkit::handoff_fork>;

template <class ForkPolicy>
bool has_its_memory()
{
    return !hands_over<ForkPolicy> || daemonkit::sys::memory_can_be_shared();
}

} // namespace

BOOST_AUTO_TEST_SUITE(forking_policies, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE_TEMPLATE(the_daemon_notifies_for_its_life, ForkPolicy, policies)
{
    if (!has_its_memory<ForkPolicy>()) DAEMONKIT_SKIP("memory cannot be shared here");
    const temporary_directory directory;
    service_manager manager((directory / "notify").string());
    auto launcher = launcher_of<ForkPolicy>(manager);

    const auto ready = manager.next();
    const pid_t daemon = ready.sender;
    BOOST_TEST_REQUIRE(daemon > 1);
    BOOST_TEST(daemon != launcher.pid());
    BOOST_TEST((ready.lines() == std::set<std::string>{"READY=1", "MAINPID=" + std::to_string(daemon)}), ready.text);
    BOOST_TEST(launcher.said("daemon: not in its environment\n"));
    if (!hands_over<ForkPolicy>) BOOST_TEST(launcher.said("launcher: kept; \n"), "another start of it can notify");

    ::kill(daemon, SIGHUP);
    BOOST_TEST(manager.next().has("RELOADING=1"));
    BOOST_TEST(manager.next().has("READY=1"));
    ::kill(daemon, SIGTERM);
    const auto stopping = manager.next();
    BOOST_TEST(stopping.text == "STOPPING=1");
    BOOST_TEST(stopping.sender == daemon);
    BOOST_TEST(ends(daemon));
    BOOST_TEST(manager.rest().empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_failed_start_is_reported_to_both, ForkPolicy, policies)
{
    if (!has_its_memory<ForkPolicy>()) DAEMONKIT_SKIP("memory cannot be shared here");
    const temporary_directory directory;
    service_manager manager((directory / "notify").string());
    auto launcher = launcher_of<ForkPolicy>(manager, true);
    BOOST_TEST(manager.next().text == "STATUS=the disk is full");
    BOOST_TEST(launcher.said("the disk is full"));
    BOOST_TEST(launcher.status() == 1);
    BOOST_TEST(manager.rest().empty());
}

BOOST_AUTO_TEST_SUITE_END()
