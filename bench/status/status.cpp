// SPDX-License-Identifier: BSL-1.0
// What does it cost to ask whether the daemon runs, and what does it disturb? by_hand opens the pid file, asks for the
// owner of its lock and reads the pid. A tool that asks by trying to lock makes starts fail that come meanwhile: so
// every contender is started again and again beside two loops that do nothing but ask.
#include "contender/peers.hpp"
#include "contender/verb_race.hpp"

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

/// Ours, the reference and, if they are asked too, the peers: each with a pid file of its own.
std::vector<asked> everybody(const bench::temporary_directory& directory, bool peers_too)
{
    std::vector<asked> all;
    for (const auto& who : bench::of_both_linkages()) all.push_back({.who = who, .pid_file = directory / who.name});
    const auto count = peers_too ? bench::peers("").size() : 0;
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

std::vector<double> ask(const asked& one)
{
    const auto [wall, status, used] = bench::run(one.who.status, one.environment());
    if (status != 0) throw std::runtime_error(one.who.name + " does not see its daemon");
    return bench::costs_of(wall, used);
}

/// Of a new daemon in a new directory, as in bench/start.
std::vector<double> ask_new_daemon(const bench::contender& who)
{
    const bench::temporary_directory directory;
    const asked one{.who = who, .pid_file = directory / "pid"};
    const daemon_of daemon(one);
    return ask(one);
}

void compare_times(bench::report& report, const std::vector<asked>& all, const bench::temporary_directory& directory)
{
    std::vector<std::unique_ptr<daemon_of>> daemons;
    bench::race race;
    bench::field by_name(race);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!all[i].can_be_asked()) continue;
        const auto& who = all[i].who;
        if (i < bench::of_both_linkages().size()) {
            by_name.add(who.name, [&who] { return ask_new_daemon(who); }, bench::verb_quantities);
            continue;
        }
        daemons.push_back(std::make_unique<daemon_of>(all[i]));
        by_name.add( // some are slow
            who.name, [&all, i, round = 0]() mutable { return round++ % 3 == 0 ? ask(all[i]) : std::vector<double>{}; },
            bench::verb_quantities);
    }
    report.settle(race, {.least = 60, .budget = std::chrono::seconds(70)},
                  by_name.against_the_reference("status: time ÷ the reference", 1.03));
    by_name.add_costs(report, "status, time");
    bench::verb_table counted(report, "status");
    bench::count_verb(counted, &bench::contender::status, directory);
    counted.settle_instructions(1.15);
    counted.add_tables(by_name, "status", "status");
    if (report.quick()) return;
    std::vector<bench::contestant> contestants;
    for (const auto& one : all)
        contestants.push_back(
            {bench::name_in_tables(one.who.name), by_name.values(one.who.name, bench::wall), one.remark()});
    report.add_ratios("status, beside the peers", "µs", contestants, "status.peers");
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
        const auto all = everybody(directory, !report.quick());
        compare_times(report, all, directory);
        if (report.quick()) return;

        bench::table t{"starts beside two loops of status", {"contender", "starts", "failed"}, {}};
        for (const auto& one : all) {
            if (!one.can_be_asked()) continue;
            const bool peer = &one >= all.data() + bench::of_both_linkages().size();
            const int count = peer ? 20 : 100;
            const int failures = failures_beside_probes(one, count);
            t.rows.push_back(
                {bench::name_in_tables(one.who.name), static_cast<double>(count), static_cast<double>(failures)});
            if (one.who.name == "ours")
                report.add_count("status: starts that fail beside two loops of it", failures, 0,
                                 "of " + std::to_string(count));
        }
        report.add(std::move(t));
    });
}
