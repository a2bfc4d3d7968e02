// SPDX-License-Identifier: BSL-1.0
// What does it cost to ask whether the daemon runs, and whom does it disturb? by_hand opens the pid file, asks for the
// owner of its lock and reads the pid. Whoever asks by trying to lock makes starts fail that come meanwhile: so every
// contender is started again and again beside two loops that do nothing but ask.
#include "contender/both_linkages.hpp"
#include "contender/own_costs.hpp"
#include "contender/peers.hpp"
#include "support/report.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <stdexcept>

namespace {

struct asked
{
    bench::contender who;
    std::string pid_file;
    std::unique_ptr<bench::surroundings> around = std::make_unique<bench::surroundings>(who, pid_file);

    [[nodiscard]] bool can_be_asked() const { return !who.status.empty(); }
    [[nodiscard]] std::string remark() const
    {
        if (who.start.empty() || !who.keeper.empty()) return who.remark;
        return can_be_asked() ? "" : "has no status";
    }
    [[nodiscard]] bench::words environment() const { return bench::environment_of(who, pid_file); }
};

/// Everybody, each with a pid file of its own.
std::vector<asked> everybody(const bench::temporary_directory& directory)
{
    std::vector<asked> all;
    for (const auto& who : bench::both_linkages_and_guarded())
        all.push_back({.who = who, .pid_file = directory / who.name});
    const auto count = bench::peers("").size();
    for (std::size_t i = 0; i < count; ++i) {
        const auto pid_file = directory / ("peer" + std::to_string(i));
        all.push_back({.who = bench::peers(pid_file)[i], .pid_file = pid_file});
    }
    return all;
}

/// Lives as long as this does.
class daemon_of
{
public:
    explicit daemon_of(const asked& one) : one_(one), pid_(bench::start(one.who, one.pid_file).daemon) {}
    daemon_of(const daemon_of&) = delete;
    daemon_of& operator=(const daemon_of&) = delete;
    ~daemon_of() { bench::end(one_.who, one_.pid_file, pid_); }

private:
    const asked& one_;
    pid_t pid_;
};

bench::sample& operator<<(bench::sample& to, const asked& one)
{
    const auto [wall, status] = bench::run(one.who.status, one.environment());
    if (status != 0) throw std::runtime_error(one.who.name + " does not see its daemon");
    to.add(bench::in_microseconds(wall));
    return to;
}

void compare_walls(bench::report& report, const std::vector<asked>& all)
{
    std::vector<std::unique_ptr<daemon_of>> daemons;
    std::vector<bench::sample> walls(all.size());
    std::vector<std::function<void()>> actions;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!all[i].can_be_asked()) continue;
        daemons.push_back(std::make_unique<daemon_of>(all[i]));
        const int every = report.quick() && i >= bench::both_linkages_and_guarded().size() ? 5 : 1; // some are slow
        actions.emplace_back([&walls, &all, i, every, round = 0]() mutable {
            if (round++ % every == 0) walls[i] << all[i];
        });
    }
    bench::in_random_order(report.rounds(300, 30), actions);

    std::vector<bench::contestant> contestants;
    for (std::size_t i = 0; i < all.size(); ++i)
        contestants.push_back({all[i].who.name, walls[i].result(), all[i].remark()});
    report.add_ratios("status: wall", "µs", contestants);
    bench::compare_linked_alike(contestants, [&report](double ratio, const std::string& by_hand, const char* linkage) {
        report.add_goal("status: wall / " + by_hand, ratio, 1.1, linkage);
    });
}

void compare_calls(bench::report& report, const std::vector<asked>& all)
{
    bench::table t{"status: system calls, those of its loading included", {"contender", "calls"}, {}};
    for (const auto& one : all) {
        if (!one.can_be_asked()) continue;
        const daemon_of daemon(one);
        const auto list = one.pid_file + ".calls";
        bench::run(bench::traced(one.who.status, list), one.environment());
        t.rows.push_back({one.who.name, static_cast<double>(bench::calls_in(list).size())});
    }
    report.add(std::move(t));
}

/// A process that asks, and asks again.
class prober
{
public:
    explicit prober(const asked& one) : pid_(bench::check(::fork(), "fork"))
    {
        if (pid_ != 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) bench::run(one.who.status, one.environment());
    }
    prober(const prober&) = delete;
    prober& operator=(const prober&) = delete;
    ~prober()
    {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

private:
    pid_t pid_;
};

/// Those of `count` starts that did not leave a daemon behind.
int failures_beside_probes(const asked& one, int count)
{
    const prober first(one), second(one);
    int failures = 0;
    for (int i = 0; i < count; ++i) {
        try {
            const daemon_of daemon(one);
        } catch (const std::exception&) {
            ++failures;
        }
    }
    return failures;
}

} // namespace

int main(int argc, char** argv)
{
    return bench::report::write("status", argc, argv, [](bench::report& report) {
        const bench::temporary_directory directory;
        const auto all = everybody(directory);
        compare_walls(report, all);
        compare_calls(report, all);
        report.add(bench::own_costs("status: from main() to its exit", &bench::contender::status, report.rounds(3, 1)));

        bench::table t{"starts beside two loops of status", {"contender", "starts", "failed"}, {}};
        for (const auto& one : all) {
            if (!one.can_be_asked()) continue;
            const bool peer = &one >= all.data() + bench::both_linkages_and_guarded().size();
            const int count = peer ? report.rounds(40, 3) : report.rounds(200, 30);
            const int failures = failures_beside_probes(one, count);
            t.rows.push_back({one.who.name, static_cast<double>(count), static_cast<double>(failures)});
            if (one.who.name == "ours")
                report.add_goal("status: failed of " + std::to_string(count) + " starts beside two loops of it",
                                failures, 0);
        }
        report.add(std::move(t));
    });
}
