// SPDX-License-Identifier: BSL-1.0
// A daemon that starts another daemon out of run(), itself or in a child made by fork(). Both live and hear their own
// signals, and the end of one is nothing to the other.
#include "support/child_process.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork.hpp>
#include <daemonkit/pid/flock_pid_file.hpp>
#include <daemonkit/signal.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <tuple>

using namespace daemonkit;

namespace nested {

/// Prints what it hears, after its name.
template <class Fork, class Signals>
struct speaking : basic_daemon<speaking<Fork, Signals>, Fork, flock_pid_file, Signals, null_stdio>
{
    std::string name;
    std::function<int()> starts_another{};

    explicit speaking(std::string called) : name(std::move(called)) {}

    void say(const std::string& what) const { child_process::say(name + " " + what); }
    int run()
    {
        if (starts_another)
            if (const int status = starts_another(); status != -1) return status;
        say("waits");
        while (this->wait()) {}
        return 0;
    }
    void on_reload() { say("reloads"); }
    void on_stop() { say("stops"); }
};

enum class way { in_run, in_child };

template <class Fork, class Signals>
struct pair
{
    using daemon = speaking<Fork, Signals>;

    temporary_directory directory{};
    typename daemon::settings outer = settings("outer");
    typename daemon::settings inner = settings("inner");
    daemon_in ended_outer{(directory / "outer").string()};
    daemon_in ended_inner{(directory / "inner").string()};

    /// In the starter, which knows its descriptors.
    [[nodiscard]] typename daemon::settings settings(const std::string& name) const
    {
        return {.pid = {.path = directory / name}, .process = {.keep_descriptors = child_process::descriptors()}};
    }

    /// In the run() of the outer one: -1 in the process that goes on as the outer daemon.
    [[nodiscard]] int start_inner(way how) const
    {
        const pid_t child = how == way::in_child ? ::fork() : -1;
        if (child > 0 && Fork::detaches) child_process::status_of(child);
        if (child > 0) return -1;
        daemon d("inner");
        const auto result = d.start(settings("inner"));
        const bool failed = result.outcome == start_outcome::failed;
        if (failed) child_process::say("refused: " + result.message);
        // A careless program: the child, and the inner daemon at its end, return from the run() of the outer one.
        return how == way::in_run && (result.in_launcher || failed) ? -1 : result.status;
    }

    [[nodiscard]] int live(way how) const
    {
        daemon d("outer");
        d.starts_another = [this, how] { return start_inner(how); };
        return d.start(settings("outer"));
    }

    void reload(child_process& heard, bool of_outer) const
    {
        BOOST_TEST(daemon::reload(of_outer ? outer : inner).status == 0);
        BOOST_TEST(heard.says(std::string(of_outer ? "outer" : "inner") + " reloads"), heard.heard());
    }
    void stop(bool the_outer) const { BOOST_TEST(daemon::stop(the_outer ? outer : inner).status == 0); }
    [[nodiscard]] bool runs(bool the_outer) const
    {
        return daemon::status(the_outer ? outer : inner).state == status_report::condition::running;
    }
};

std::size_t times(const std::string& text, const std::string& word)
{
    std::size_t count = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
    return count;
}

template <class Fork, class Signals>
void both_live(way how)
{
    for (const bool outer_first : {false, true}) {
        const pair<Fork, Signals> both;
        child_process starter([&] { return both.live(how); });
        BOOST_TEST_REQUIRE(starter.said("outer waits"), starter.heard());
        BOOST_TEST_REQUIRE(starter.said("inner waits"), starter.heard());
        both.reload(starter, false);
        both.reload(starter, true);
        both.reload(starter, false);
        both.stop(outer_first);
        BOOST_TEST(!both.runs(outer_first));
        BOOST_TEST(both.runs(!outer_first), starter.heard());
        both.reload(starter, !outer_first);
        both.stop(!outer_first);
        const auto& heard = starter.everything();
        BOOST_TEST(times(heard, "outer stops") == 1U, heard);
        BOOST_TEST(times(heard, "inner stops") == 1U, heard);
        BOOST_TEST(boost::filesystem::is_empty(both.directory.path()));
    }
}

/// The outer one goes on as if nothing had been tried.
template <class Fork, class Signals>
void is_refused(const std::string& reason)
{
    const pair<Fork, Signals> both;
    child_process starter([&] { return both.live(way::in_run); });
    BOOST_TEST_REQUIRE(starter.said("outer waits"), starter.heard());
    BOOST_TEST(starter.said("refused: " + reason), starter.heard());
    BOOST_TEST(!boost::filesystem::exists(both.directory / "inner"));
    both.reload(starter, true);
    both.stop(true);
    BOOST_TEST(times(starter.everything(), "outer stops") == 1U);
}

} // namespace nested

using every_signal_policy = std::tuple<flag_signals, self_pipe_signals, reaping_signals, signalfd_signals>;

BOOST_AUTO_TEST_SUITE(nested_daemons, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE_TEMPLATE(single_fork_out_of_run, Signals, every_signal_policy)
{
    nested::both_live<single_fork, Signals>(nested::way::in_run);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(double_fork_out_of_run, Signals, every_signal_policy)
{
    nested::both_live<double_fork, Signals>(nested::way::in_run);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(handoff_fork_out_of_run_is_refused, Signals, every_signal_policy)
{
    if (!sys::memory_can_be_shared()) DAEMONKIT_SKIP("memory cannot be shared here");
    nested::is_refused<handoff_fork, Signals>(
        "cannot start the daemon process: handoff_fork would end the daemon that this process is");
}

using catching = std::tuple<flag_signals, self_pipe_signals, reaping_signals>;

BOOST_AUTO_TEST_CASE_TEMPLATE(no_fork_out_of_run_is_refused, Signals, catching)
{
    nested::is_refused<no_fork, Signals>(
        "cannot catch signals: another daemon in this process already catches signals");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(single_fork_in_a_child, Signals, every_signal_policy)
{
    nested::both_live<single_fork, Signals>(nested::way::in_child);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(double_fork_in_a_child, Signals, every_signal_policy)
{
    nested::both_live<double_fork, Signals>(nested::way::in_child);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(handoff_fork_in_a_child, Signals, every_signal_policy)
{
    if (!sys::memory_can_be_shared()) DAEMONKIT_SKIP("memory cannot be shared here");
    nested::both_live<handoff_fork, Signals>(nested::way::in_child);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(no_fork_in_a_child, Signals, every_signal_policy)
{
    nested::both_live<no_fork, Signals>(nested::way::in_child);
}

BOOST_AUTO_TEST_SUITE_END()
