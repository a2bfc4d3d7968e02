// SPDX-License-Identifier: BSL-1.0
// Verbs against verbs at full speed. A result is correct if it was true at some moment of the call:
//
// ready P             P came up during the call, and no other start reports it as ready
//   already running P,  P lived in some moment of the call: its start had begun before the end of the call, and nobody
//   running P,          had seen its end before the begin of the call
//   told P to reload
//   stopped P           the same, P was asked to end, and P is no more when the call returns
//   not running         there was a moment without a daemon: none was up from before the call until after it
//   dead                never: nothing was killed, each daemon takes its record away itself
//   anything else       never
//
// A daemon records `up` after it has published, and `down` before it gives up its record. Between the two it must be
// found. Its start begins before it runs; a call that saw its end returned afterwards.
#include "storm.hpp"

#include <boost/filesystem/directory.hpp>

#include <limits>
#include <map>

namespace {

using kind = happening::kind;

/// What is certain about a daemon, from all records of the journal.
struct life
{
    long begun = std::numeric_limits<long>::min(); ///< the start that made it began
    long up = 0;
    long down = std::numeric_limits<long>::max();
    long ended = std::numeric_limits<long>::max(); ///< the first call that saw its end returned
    int announced = 0;
};

class verdict
{
public:
    explicit verdict(std::span<const happening> lines) : lines_(lines)
    {
        for (const auto& h : lines_) {
            BOOST_TEST(h.written.load());
            if (h.what == kind::up) lives_[h.pid].up = h.begin;
        }
        for (const auto& h : lines_) {
            if (h.what == kind::down) lives_[h.pid].down = h.begin;
            if (h.what == kind::stop && h.pid != 0) lives_[h.pid].ended = std::min(lives_[h.pid].ended, h.end);
            if (starts(h) && h.outcome == start_outcome::ready) {
                lives_[h.pid].begun = h.begin;
                ++lives_[h.pid].announced;
            }
        }
    }

    /// Each daemon was announced once, and no two ran at the same time.
    void of_the_daemons(pid_t left) const
    {
        for (const auto& [pid, life] : lives_) {
            BOOST_TEST(life.announced == 1, "daemon " << pid << " was announced " << life.announced << " times");
            BOOST_TEST((life.down == std::numeric_limits<long>::max()) == (pid == left),
                       "daemon " << pid << " received the stop, if it has ended");
        }
        for (const auto& h : lines_)
            BOOST_TEST((h.what != kind::second), "daemon " << h.pid << " runs beside another one");
    }

    /// Prints the results that are not true.
    [[nodiscard]] int lies() const
    {
        int count = 0;
        for (const auto& h : lines_)
            if (h.what != kind::up && h.what != kind::down && h.what != kind::second && !true_answer(h)) {
                ++count;
                BOOST_ERROR("not true: " << name(h.what) << " answered status " << h.status << ", pid " << h.pid << " "
                                         << h.said.data());
            }
        return count;
    }

private:
    static bool starts(const happening& h) { return h.what == kind::start || h.what == kind::restart; }

    static const char* name(kind what)
    {
        return what == kind::start     ? "start"
               : what == kind::restart ? "restart"
               : what == kind::stop    ? "stop"
               : what == kind::reload  ? "reload"
                                       : "status";
    }

    [[nodiscard]] bool true_answer(const happening& h) const
    {
        switch (h.what) {
        case kind::start:
        case kind::restart:
            if (h.status != exit_status::done) return false;
            if (h.outcome == start_outcome::ready) return came_up_during(h);
            return h.outcome == start_outcome::already_running && lived_during(h);
        case kind::stop:
            if (h.status != exit_status::done) return false;
            return h.pid == 0 ? gap_during(h) : lived_during(h) && heard_before_end_of(h) && h.gone;
        case kind::reload:
            return h.status == exit_status::done ? lived_during(h)
                   : h.status == exit_status::not_running
                       ? (h.pid == 0 ? gap_during(h) : lived_during(h) && has_stopped(h))
                       : lived_during(h) && heard_before_end_of(h); // ended meanwhile
        default:
            return h.status == exit_status::status_running   ? lived_during(h)
                   : h.status == exit_status::status_stopped ? h.pid == 0 && gap_during(h)
                                                             : false;
        }
    }

    [[nodiscard]] bool came_up_during(const happening& h) const
    {
        const auto at = lives_.find(h.pid);
        return at != lives_.end() && h.begin <= at->second.up && at->second.up <= h.end;
    }
    [[nodiscard]] bool lived_during(const happening& h) const
    {
        const auto at = lives_.find(h.pid);
        return at != lives_.end() && at->second.begun <= h.end && h.begin <= at->second.ended;
    }
    [[nodiscard]] bool heard_before_end_of(const happening& h) const { return lives_.at(h.pid).down <= h.end; }
    /// Now or later: a daemon is seen to stop a moment before its run() writes that down.
    [[nodiscard]] bool has_stopped(const happening& h) const
    {
        return lives_.at(h.pid).down != std::numeric_limits<long>::max();
    }
    [[nodiscard]] bool gap_during(const happening& h) const
    {
        return std::none_of(lives_.begin(), lives_.end(), [&](const auto& entry) {
            return entry.second.up <= h.begin && h.end <= entry.second.down;
        });
    }

    std::span<const happening> lines_;
    std::map<pid_t, life> lives_{};
};

/// Each caller calls its verbs in turn, until the number of calls is reached.
struct mixture
{
    const char* name;
    std::vector<std::vector<kind>> callers;
};

const std::vector<mixture> mixtures{
    {"start against stop", {{kind::start}, {kind::start}, {kind::stop}, {kind::stop}}},
    {"restart against restart", {{kind::restart}, {kind::restart}, {kind::restart}}},
    {"stop against stop", {{kind::start, kind::stop}, {kind::stop}, {kind::stop}, {kind::stop}}},
    {"start against restart", {{kind::start}, {kind::start}, {kind::restart}, {kind::restart}}},
    {"all of them", {{kind::start}, {kind::stop}, {kind::restart}, {kind::reload, kind::start, kind::stop}}},
};

} // namespace

BOOST_AUTO_TEST_SUITE(verbs, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(against_each_other_tell_the_truth_and_leave_one_daemon_or_none)
{
    const int rounds = times("DAEMONKIT_ROUNDS", 4);
    constexpr int calls = 15;
    long answers = 0;
    long daemons = 0;
    long lies = 0;
    with_both([&]<class Pid>() {
        for (const auto& mix : mixtures) BOOST_TEST_CONTEXT(mix.name)
            {
                const instance<Pid> it("made/daemon.pid");
                for (int round = 0; round < rounds; ++round) {
                    it.written().clear();
                    std::vector<pid_t> callers;
                    callers.reserve(mix.callers.size() + 1);
                    for (const auto& verbs : mix.callers)
                        callers.push_back(family::fork([&] {
                            for (std::size_t i = 0; i < calls; ++i) it.call(verbs[i % verbs.size()]);
                            return 0;
                        }));
                    callers.push_back(family::fork([&] {
                        for (int i = 0; i < 4 * calls; ++i) it.call(kind::status);
                        return 0;
                    }));
                    for (const pid_t caller : callers) BOOST_TEST(family::status_of(caller) == 0);

                    BOOST_TEST(it.one_or_none());
                    const pid_t left = it.status().pid;
                    const verdict truth(it.written().lines());
                    truth.of_the_daemons(left);
                    lies += truth.lies();
                    daemons += it.written().count(kind::up);
                    answers += static_cast<long>(it.written().lines().size()) - it.written().count(kind::up) -
                               it.written().count(kind::down);

                    BOOST_TEST(it.stop().pid == left);
                    BOOST_TEST(family::alive().empty());
                    BOOST_TEST(!fs::exists(it.pid_file()));
                    BOOST_TEST_REQUIRE(it.written().count(kind::up) == it.written().count(kind::down));
                }
            }
    });
    std::cout << "verbs against verbs: 2 policies x " << mixtures.size() << " mixtures x " << rounds << " rounds, "
              << answers << " answers, " << answers - lies << " true; " << daemons
              << " daemons, one at a time, each stopped by TERM\n";
}

BOOST_AUTO_TEST_CASE(status_takes_no_starting_or_ending_daemon_for_dead)
{
    const int lives = times("DAEMONKIT_LOOKS", 1000);
    const shared<std::atomic<long>> looks;
    int wrong = 0;
    with_both([&]<class Pid>() {
        const family everybody;
        const temporary_directory top;
        const Pid policy{.path = top / "daemon.pid"};
        const shared<std::atomic<bool>> over;
        std::vector<pid_t> observers(2);
        for (auto& observer : observers)
            observer = family::fork([&] {
                for (; !*over; ++*looks)
                    if (policy.find().stale) return 1;
                return 0;
            });
        for (int i = 0; i < lives; ++i) {
            auto guard = policy.claim();
            guard.publish(::getpid());
            guard.started();
        }
        *over = true;
        for (const pid_t observer : observers) {
            const int status = family::status_of(observer);
            BOOST_TEST(status == 0, "1: called it dead");
            wrong += status != 0 ? 1 : 0;
        }
    });
    std::cout << "looks at daemons that start and end: 2 policies x " << lives << " lives, " << *looks << " looks, "
              << wrong << " took one for dead\n";
}

BOOST_AUTO_TEST_SUITE_END()
