// SPDX-License-Identifier: BSL-1.0
// Many simultaneous starts of one instance, and starts whose launcher is killed at any moment.
#include "storm.hpp"
#include "support/file.hpp"

#include <boost/filesystem/directory.hpp>

namespace {

using kind = happening::kind;

/// The content of the pid file before the starts.
enum class before { nothing, stale_file, empty_file, no_directory };

/// Children that all begin when go() is called.
class crowd
{
public:
    crowd()
    {
        if (::pipe2(gate_.data(), O_CLOEXEC) == -1) std::abort();
    }
    crowd(const crowd&) = delete;
    crowd& operator=(const crowd&) = delete;
    ~crowd() { ::close(gate_[0]); }

    template <class Body>
    void add(Body body)
    {
        members_.push_back(family::fork([&] {
            ::close(gate_[1]);
            sys::readable_within(gate_[0], sys::forever); // end of file wakes all of them at once
            body();
            return 0;
        }));
    }
    void go() { ::close(std::exchange(gate_[1], -1)); }
    [[nodiscard]] const std::vector<pid_t>& members() const noexcept { return members_; }

private:
    std::array<int, 2> gate_{};
    std::vector<pid_t> members_;
};

/// A kernel timer that signals this process with the precision of nanoseconds. Children do not inherit it.
void signal_after(std::chrono::nanoseconds time, int signal)
{
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = signal;
    timer_t timer{};
    itimerspec at{};
    at.it_value.tv_nsec = std::max<long>(1, time.count());
    if (::timer_create(CLOCK_MONOTONIC, &event, &timer) == -1 || ::timer_settime(timer, 0, &at, nullptr) == -1)
        std::abort();
}

struct figures
{
    int tried = 0;
    int killed = 0;
    long longest = 0;
    int lived_on = 0;
};

/// Makes all starts at once; with `killed`, half of them are killed while they run.
template <class Pid>
void start_all(int starts, before what, bool killed, dice& chance, figures& total)
{
    const instance<Pid> it(what == before::no_directory ? "made/below/daemon.pid" : "daemon.pid");
    if (what == before::stale_file || what == before::empty_file)
        write_file(it.pid_file(), (what == before::stale_file ? "4194304\n" : ""));

    crowd all;
    for (int i = 0; i < starts; ++i) {
        const auto moment = std::chrono::microseconds(chance.below(3000));
        all.add([&] {
            if (killed && i % 2 != 0) signal_after(moment, SIGKILL);
            it.call(kind::start);
        });
    }
    all.go();
    int answered = 0;
    for (std::size_t i = 0; i < all.members().size(); ++i) {
        const int status = family::status_of(all.members()[i]);
        const bool victim = killed && i % 2 != 0;
        BOOST_TEST((status == 0 || (victim && status == 128 + SIGKILL)), "a start ended with " << status);
        answered += status == 0 ? 1 : 0;
    }

    // One daemon runs, and every start has reported it.
    BOOST_TEST(eventually([&] { return it.one_or_none(); }), "one process at most is left, and status names it");
    const pid_t daemon = it.status().pid;
    BOOST_TEST_REQUIRE(daemon != 0);
    int ready = 0;
    int told = 0;
    for (const auto& line : it.written().lines()) {
        if (!line.written || line.what != kind::start) continue;
        BOOST_TEST(line.status == 0, line.said.data());
        BOOST_TEST(line.pid == daemon, line.said.data());
        ready += line.outcome == start_outcome::ready ? 1 : 0;
        told += line.outcome == start_outcome::already_running ? 1 : 0;
        total.longest = std::max(total.longest, line.end - line.begin);
    }
    BOOST_TEST(ready + told >= answered);
    BOOST_TEST((ready == 1 || (killed && ready == 0)), ready << " starts report that they started the daemon");
    if (!killed) BOOST_TEST(told == starts - 1);
    BOOST_TEST(it.written().count(kind::up) == 1);
    BOOST_TEST(it.written().count(kind::second) == 0);

    const auto stopped = it.stop();
    BOOST_TEST(stopped.status == 0, stopped.message);
    BOOST_TEST(stopped.pid == daemon);
    BOOST_TEST(it.written().count(kind::down) == 1);
    BOOST_TEST(!fs::exists(it.pid_file()));
    BOOST_TEST(family::alive().empty());
    total.tried += starts;
    total.killed += starts - answered;
}

} // namespace

BOOST_AUTO_TEST_SUITE(starts, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(a_hundred_at_once_make_one_daemon_and_all_report_its_pid)
{
    const int rounds = times("DAEMONKIT_STARTS", 1);
    dice chance;
    figures total;
    with_both([&]<class Pid>() {
        for (int round = 0; round < rounds; ++round)
            for (const auto what : {before::nothing, before::stale_file, before::empty_file, before::no_directory})
                BOOST_TEST_CONTEXT("before: " << static_cast<int>(what))
        start_all<Pid>(100, what, false, chance, total);
    });
    std::cout << "simultaneous starts: 2 policies x 4 surroundings x " << rounds << " rounds x 100, " << total.tried
              << " tried, one daemon each time; the longest took " << total.longest / 1'000'000 << " ms\n";
}

BOOST_AUTO_TEST_CASE(of_a_hundred_at_once_half_may_be_killed)
{
    const int rounds = times("DAEMONKIT_STARTS", 1);
    dice chance;
    figures total;
    with_both([&]<class Pid>() {
        for (int round = 0; round < rounds; ++round)
            for (const auto what : {before::nothing, before::stale_file, before::empty_file, before::no_directory})
                BOOST_TEST_CONTEXT("before: " << static_cast<int>(what) << ", seed " << chance.seed())
        start_all<Pid>(100, what, true, chance, total);
    });
    std::cout << "simultaneous starts with half of them to be killed (seed " << chance.seed()
              << "): 2 policies x 4 surroundings x " << rounds << " rounds x 100, " << total.tried << " tried, "
              << total.killed << " killed, one daemon each time\n";
}

BOOST_AUTO_TEST_CASE(a_launcher_killed_at_any_moment_leaves_one_daemon_or_none_and_the_next_start_works)
{
    const int launches = times("DAEMONKIT_LAUNCHES", 60);
    dice chance;
    figures total;
    with_both([&]<class Pid>() {
        const instance<Pid> it;
        // The duration of an undisturbed start on this machine.
        auto whole = std::chrono::nanoseconds::max();
        for (int i = 0; i < 5; ++i) {
            const auto& undisturbed = it.in_child(kind::start);
            BOOST_TEST_REQUIRE((undisturbed.outcome == start_outcome::ready), undisturbed.said.data());
            whole = std::min(whole, std::chrono::nanoseconds(undisturbed.end - undisturbed.begin));
            BOOST_TEST(it.stop().status == 0);
        }
        for (int i = 0; i < launches; ++i) BOOST_TEST_CONTEXT("launch " << i << ", seed " << chance.seed())
            {
                it.written().clear();
                const auto moment = whole * chance.below(1000) / 1000;
                if (i % 2 == 0) {
                    total.killed += family::status_of(family::fork([&] {
                                        signal_after(moment, SIGKILL);
                                        return it.call(kind::start), 0;
                                    })) != 0;
                } else { // a shell with the start in its process group
                    total.killed += family::status_of(family::fork([&] {
                                        ::setpgid(0, 0);
                                        std::signal(SIGALRM, [](int) { ::kill(0, SIGKILL); });
                                        signal_after(moment, SIGALRM);
                                        return family::status_of(family::fork([&] { return it.call(kind::start), 0; }));
                                    })) != 0;
                }
                ++total.tried;

                BOOST_TEST(eventually([&] { return it.one_or_none(); }),
                           "one process at most is left, and status names it: " << it.status().message);
                const pid_t daemon = it.status().pid;
                total.lived_on += daemon != 0 ? 1 : 0;

                const auto& next = it.in_child(kind::start);
                BOOST_TEST(next.status == 0, next.said.data());
                const auto expected = daemon != 0 ? start_outcome::already_running : start_outcome::ready;
                BOOST_TEST((next.outcome == expected), next.said.data());
                if (daemon != 0) BOOST_TEST(next.pid == daemon);
                BOOST_TEST(it.one_or_none());
                BOOST_TEST(it.stop().pid == next.pid);
                BOOST_TEST(it.written().count(kind::second) == 0);
                BOOST_TEST(it.written().count(kind::up) == it.written().count(kind::down));
                BOOST_TEST(!fs::exists(it.pid_file()));
                BOOST_TEST_REQUIRE(family::alive().empty());
            }
    });
    std::cout << "launchers to be killed at random moments (seed " << chance.seed() << "): 2 policies x " << launches
              << ", " << total.killed << " killed in time, " << total.tried << " held; a daemon came up "
              << total.lived_on << " times\n";
}

BOOST_AUTO_TEST_SUITE_END()
