// SPDX-License-Identifier: BSL-1.0
// What it costs that a daemon takes over no descriptors: by itself, and as a part of a whole start. It must not matter
// how many the limit allows, and those that are open should cost what the kernel takes for closing them.
#include "closers.h"
#include "crowded.hpp"

#include "contender/linkages.hpp"
#include "contender/peers.hpp"
#include <daemonkit/sys/descriptors.hpp>
#ifdef BENCH_LIBDAEMON
#include <libdaemon/dfork.h>
#endif

#include <array>
#include <climits>
#include <ctime>
#include <optional>
#include <set>

namespace {

using namespace bench;

/// Each limit without and with open descriptors; in this order.
std::array<crowding, 4> crowdings()
{
    const rlim_t high = highest_limit(1'048'576);
    const rlim_t many = std::min<rlim_t>(20'000, high - 2 * crowded::first);
    return {{{1024, 0}, {high, 0}, {1024, many}, {high, many}}};
}

nanoseconds processor_time()
{
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return std::chrono::seconds(t.tv_sec) + nanoseconds(t.tv_nsec);
}

struct closer
{
    const char* name;
    void (*close)(const int kept[2]);
    const char* remark = "";
};

const closer closers[] = {
    {"by hand, close_range(2)", close_by_range},
    {"daemonkit",
     [](const int kept[2]) {
         std::array<int, 2> both{kept[0], kept[1]};
         check(daemonkit::sys::close_between(3, INT_MAX, both), "close descriptors");
     }},
#ifdef BENCH_LIBDAEMON
    {"libdaemon", [](const int kept[2]) { check(::daemon_close_all(kept[0], kept[1], -1), "close descriptors"); }},
#endif
    {"by hand, /proc/self/fd", close_by_proc},
    {"by hand, loop", close_by_loop, "leaves those above the limit open"},
};

/// In a child, since it is left with nothing: the processor time of the call, which nothing else can take away.
double microseconds_to_close(const closer& how, const crowding& where)
{
    const auto pipe = make_pipe();
    const pid_t child = check(::fork(), "fork");
    if (child == 0) {
        try {
            const int kept[] = {pipe.read.get(), pipe.write.get()};
            how.close(kept); // the first time it would pay for the pages that a fork has to copy
            std::optional<crowded> surroundings(std::in_place, where);
            const auto began = processor_time();
            how.close(kept);
            const auto took = processor_time() - began;
            if (::write(pipe.write.get(), &took, sizeof took) == sizeof took) ::_exit(0);
        } catch (...) {
        }
        ::_exit(1);
    }
    if (wait_for(child) != 0) throw std::runtime_error(std::string(how.name) + " failed");
    nanoseconds took{};
    check(static_cast<int>(::read(pipe.read.get(), &took, sizeof took)), "read the time");
    return in_microseconds(took);
}

double microseconds_to_ready(const contender& who, const std::string& pid_file, const crowding& where)
{
    std::optional<crowded> surroundings(std::in_place, where);
    const auto result = start(who, pid_file);
    surroundings.reset();
    end(who, pid_file, result.daemon);
    return in_microseconds(result.ready);
}

/// One contender in all crowdings.
struct row
{
    std::string name;
    std::string remark;
    std::function<double(const crowding&)> measure;
    std::array<std::size_t, 4> numbers{}; ///< in the race, by crowding
};

std::string with_open(std::size_t opened) { return std::to_string(crowdings()[2 * opened].opened) + " open"; }

/// The second row is ours, the first one by hand. RLIMIT_NOFILE must not matter, and those that are open
/// should cost no more than by hand.
struct contest
{
    std::string what;
    std::string id;
    bool has_limit = true;                      ///< the rows are ours and by hand, not peers
    std::vector<std::size_t> against_by_hand{}; ///< without open descriptors: 0, with: 1
    plan until{};
};

void compete(report& report, const contest& c, std::vector<row>& rows)
{
    const auto where = crowdings();
    race all;
    for (auto& r : rows)
        for (std::size_t w = 0; w < where.size(); ++w)
            r.numbers[w] = all.add([&r, here = where[w]] { return std::vector{r.measure(here)}; });
    std::vector<ratio_goal> goals;
    if (c.has_limit) {
        const auto &by_hand = rows[0].numbers, &ours = rows[1].numbers;
        for (const std::size_t opened : {0U, 1U})
            goals.push_back({c.what + ", high RLIMIT_NOFILE ÷ low", with_open(opened), ours[2 * opened + 1],
                             ours[2 * opened], 1.05});
        for (const auto opened : c.against_by_hand)
            goals.push_back({c.what + " ÷ " + rows[0].name, with_open(opened), ours[2 * opened + 1],
                             by_hand[2 * opened + 1], 1.05});
    }
    report.settle(all, c.until, goals);

    table t{.title = c.what + ", median, µs", .columns = {"contender"}, .id = c.id};
    for (const auto& w : where)
        t.columns.push_back("RLIMIT_NOFILE " + std::to_string(w.limit) + ", " + std::to_string(w.opened) + " open");
    for (const std::size_t opened : {0U, 1U}) t.columns.push_back("high ÷ low, " + with_open(opened));
    t.columns.emplace_back("remark");
    for (const auto& r : rows) {
        std::vector<cell> cells{r.name};
        for (const auto number : r.numbers) cells.emplace_back(all.of(number).quantile(0.5));
        for (const std::size_t opened : {0U, 1U})
            cells.emplace_back(to_text(ratio_of(all.of(r.numbers[2 * opened + 1]), all.of(r.numbers[2 * opened]))));
        cells.emplace_back(r.remark);
        t.rows.push_back(std::move(cells));
    }
    report.add(std::move(t));
}

void calls(report& report)
{
    std::vector<row> rows;
    for (const auto& c : closers)
        rows.push_back({c.name, c.remark, [&c](const crowding& w) { return microseconds_to_close(c, w); }});
    compete(report,
            {.what = "closing descriptors, processor time",
             .id = "descriptors",
             .against_by_hand = {0, 1},
             .until = {.least = 40, .budget = std::chrono::seconds(40)}},
            rows);
}

row starting(const contender& who, const std::string& pid_file)
{
    return {name_in_tables(who.name), who.remark,
            [who, pid_file](const crowding& w) { return microseconds_to_ready(who, pid_file, w); }};
}

/// Without any it is a matter of bench/start.
void starts(report& report, const temporary_directory& directory)
{
    std::vector<row> rows;
    for (const char* name : {"by_hand_guarded", "ours", "ours_single_fork", "ours_handoff_fork"})
        if (const auto who = built(name); !who.start.empty()) rows.push_back(starting(who, directory / name));
    compete(report,
            {.what = "start to ready",
             .id = "descriptors.start",
             .against_by_hand = {1},
             .until = {.least = 40, .budget = std::chrono::seconds(40)}},
            rows);
}

/// Of the peers those that close what they inherit.
void peers_starts(report& report, const temporary_directory& directory)
{
    const std::set<std::string> closing{"libdaemon", "python-daemon", "start-stop-daemon -b", "libslack daemon"};
    std::vector<row> rows;
    for (std::size_t i = 0; i < peers("").size(); ++i) {
        const auto pid_file = directory / ("peer" + std::to_string(i));
        const auto who = peers(pid_file)[i];
        if (!closing.contains(who.name)) continue;
        if (who.start.empty())
            report.add_note(who.name + ": " + who.remark);
        else
            rows.push_back(starting(who, pid_file));
    }
    compete(report,
            {.what = "start to ready, peers that close what they inherit",
             .id = "",
             .has_limit = false,
             .until = {.least = 6}},
            rows);
}

} // namespace

int main(int argc, char** argv)
{
    return report::write("descriptors", argc, argv, [](report& report) {
        const temporary_directory directory;
        if (const auto high = crowdings().back(); high.limit < 1'048'576)
            report.add_note("RLIMIT_NOFILE cannot be raised to 1048576 here (no CAP_SYS_RESOURCE): the high value is " +
                            std::to_string(high.limit) + ", with " + std::to_string(high.opened) + " open");
        calls(report);
        starts(report, directory);
        peers_starts(report, directory);
    });
}
