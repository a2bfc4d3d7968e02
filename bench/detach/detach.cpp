// SPDX-License-Identifier: BSL-1.0
// What detaching costs a process that holds memory: how long until there is a daemon, until the launcher has exited,
// and until the daemon has written to the memory. A fork copies the page tables of the launcher, an exit gives them
// back, and the first write to each page afterwards is a page fault; with two plain forks all of that happens twice.
#include "subject.h"
#include "support/contender.hpp"
#include "support/process.hpp"
#include "support/report.hpp"

#include <cstdint>
#include <cstring>
#include <map>
#include <sstream>
#include <stdexcept>

using namespace bench;

namespace {

struct way
{
    std::string name;
    bool ours;
};
const std::vector<way> ways{
    {"one_fork", false},
    {"two_forks", false},
    {"shared_intermediate", false},
    {"shared_intermediate_guarded", false},
    {"hand_over", false},
    {"hand_over_guarded", false},
    {"single_fork", true},
    {"double_fork", true},
#if __has_include(<daemonkit/fork/handoff_fork.hpp>)
    {"handoff_fork", true},
#endif
};

/// One process that detaches.
subject_report detach(const words& command)
{
    subject_report told{};
    const auto text = output_of(command);
    if (text.size() != sizeof told) throw std::runtime_error(command[1] + ": no report came");
    std::memcpy(&told, text.data(), sizeof told);
    return told;
}

enum quantity : std::size_t { to_daemon, to_daemon_in_detach, to_exit, quantities };

/// Of the first writes, in a few rounds.
struct writes
{
    sample early_time{};
    sample early_faults{};
    sample late_time{};
    sample late_faults{};
};

struct situation
{
    std::size_t mebibytes;
    std::string pages; ///< "small", "huge" or "cold"
    plan until;
    std::size_t rounds_with_early_writes = 0;
    std::string linkage = "";
    bool all_ways = true; ///< else only those of goals and of the picture: to fill gigabytes takes seconds

    [[nodiscard]] bool takes(const way& w) const
    {
        return all_ways || w.name.ends_with("_guarded") || w.name == "two_forks" || w.name == "double_fork" ||
               w.name == "handoff_fork";
    }
    [[nodiscard]] std::string name() const
    {
        const auto size = mebibytes >= 1024 ? std::to_string(mebibytes / 1024) + " GiB"
                          : mebibytes > 0   ? std::to_string(mebibytes) + " MiB"
                                            : "nothing";
        const auto kind = pages == "cold"    ? ", caches as cold as with much"
                          : mebibytes == 0   ? ""
                          : pages == "small" ? " in pages of 4 KiB"
                                             : " in huge pages";
        return size + kind + (linkage.empty() ? "" : ", static");
    }
};

constexpr double in_us(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000; }

/// All ways in one situation.
class comparison
{
public:
    explicit comparison(const situation& s) : situation_(s)
    {
        for (const auto& w : ways)
            if (s.takes(w)) numbers_[w.name] = race_.add([this, &w] { return times_of(w); }, quantities);
    }

    void measure(report& r)
    {
        r.settle(race_, situation_.until, goals());
        std::vector<std::function<void()>> actions;
        for (const auto& w : ways)
            if (situation_.takes(w))
                actions.emplace_back([this, &w] {
                    const auto told = detach(command(w, "early"));
                    writes_[w.name].early_time.add(in_us(told.early_time));
                    writes_[w.name].early_faults.add(static_cast<double>(told.early_faults));
                });
        in_random_order(situation_.rounds_with_early_writes, actions);
        add_costs(r);
        add_tables(r);
        if (situation_.mebibytes != 0) {
            const auto& handoff = writes_["handoff_fork"];
            r.add_count("handoff_fork, " + situation_.name() + ": page faults of the first writes",
                        std::max(handoff.early_faults.quantile(1), handoff.late_faults.quantile(1)));
        }
    }

private:
    [[nodiscard]] words command(const way& w, const char* writes) const
    {
        return {program("detach_subject" + situation_.linkage), w.name, std::to_string(situation_.mebibytes << 20U),
                situation_.pages, writes};
    }

    std::vector<double> times_of(const way& w)
    {
        const auto told = detach(command(w, "late"));
        writes_[w.name].late_time.add(in_us(told.late_time));
        writes_[w.name].late_faults.add(static_cast<double>(told.late_faults));
        return {in_us(told.runs - told.asks), in_us(told.runs - told.detaches), in_us(told.gone - told.asks)};
    }

    /// The references are guarded.h's ways.
    [[nodiscard]] std::vector<ratio_goal> goals() const
    {
        std::vector<ratio_goal> all;
        const auto about = situation_.name();
        if (situation_.mebibytes == 0 && situation_.pages != "cold") {
            const auto twice = numbers_.at("double_fork"), reference = numbers_.at("shared_intermediate_guarded");
            all.push_back({"double_fork to the daemon ÷ the reference", about, twice, reference, 1.03, true,
                           to_daemon_in_detach});
            all.push_back({"double_fork to the exit of the launcher ÷ the reference", about, twice, reference, 1.03,
                           true, to_exit});
        }
        if (situation_.mebibytes == 4096 && numbers_.contains("handoff_fork"))
            all.push_back({"handoff_fork to the exit of the launcher ÷ the reference", about,
                           numbers_.at("handoff_fork"), numbers_.at("hand_over_guarded"), 1.1, true, to_exit});
        return all;
    }

    void add_costs(report& r) const
    {
        for (const std::string way : {"shared_intermediate", "hand_over"})
            if (numbers_.contains(way))
                r.add_cost(
                    {"detach, " + way + ", to the exit of the launcher", situation_.name(),
                     ratio_of(race_.of(numbers_.at(way + "_guarded"), to_exit), race_.of(numbers_.at(way), to_exit))});
    }

    void add_tables(report& r)
    {
        const auto id = "detach." + std::to_string(situation_.mebibytes) + "." + situation_.pages + situation_.linkage;
        const auto& reference = numbers_.at("shared_intermediate_guarded");
        table times{"detach with " + situation_.name() + ": medians in µs, and ratios to shared_intermediate_guarded",
                    {"contender", "to the daemon", "ratio (95 %)", "of which in detach()", "ratio (95 %)",
                     "to the launcher's exit", "ratio (95 %)", "rounds"},
                    {},
                    id};
        table first{"first writes with " + situation_.name() + ", to " + std::to_string(SUBJECT_WRITES) +
                        " pages: medians",
                    {"contender", "µs, the launcher waits", "page faults", "µs, it has exited", "page faults"},
                    {},
                    ""};
        for (const auto& w : ways) {
            if (!situation_.takes(w)) continue;
            const auto number = numbers_.at(w.name);
            const std::string name = (w.ours ? "" : "by hand: ") + w.name;
            auto& row = times.rows.emplace_back(std::vector<cell>{name});
            for (const auto q : {to_daemon, to_daemon_in_detach, to_exit}) {
                row.emplace_back(race_.of(number, q).quantile(0.5));
                row.emplace_back(number == reference ? "1"
                                                     : to_text(ratio_of(race_.of(number, q), race_.of(reference, q))));
            }
            row.emplace_back(static_cast<double>(race_.of(number, to_exit).measured().size()));
            const auto& m = writes_[w.name];
            first.rows.push_back({name, m.early_time.quantile(0.5), m.early_faults.quantile(0.5),
                                  m.late_time.quantile(0.5), m.late_faults.quantile(0.5)});
        }
        r.add(std::move(times));
        if (situation_.rounds_with_early_writes > 0) r.add(std::move(first));
    }

    situation situation_;
    race race_{};
    std::map<std::string, std::size_t> numbers_{};
    std::map<std::string, writes> writes_{};
};

std::size_t mebibytes_available()
{
    std::istringstream lines(text_of("/proc/meminfo"));
    for (std::string word; lines >> word;)
        if (std::size_t kibibytes = 0; word == "MemAvailable:" && lines >> kibibytes) return kibibytes / 1024;
    return 0;
}

/// The same with the launcher's memory in pages of 4 KiB and in huge ones. "cold" is no goal: it says what memory does
/// beside being copied.
std::vector<situation> situations()
{
    using namespace std::chrono_literals;
    return {{0, "small", {.least = 100, .budget = 40s}},
            {0, "small", {.least = 100, .budget = 40s}, 0, "_static"},
            {0, "cold", {.least = 11}},
            {256, "small", {.least = 15}, 3},
            {1024, "small", {.least = 6}, 1},
            {4096, "small", {.least = 6, .budget = 150s}, 1, "", false},
            {256, "huge", {.least = 11}, 1},
            {4096, "huge", {.least = 6, .budget = 60s}, 1, "", false}};
}

} // namespace

int main(int argc, char** argv)
{
    return report::write("detach", argc, argv, [](report& r) {
        for (const auto& s : situations()) {
            if (r.quick() && s.mebibytes != 0) break;
            // The pages that are written while the launcher waits exist twice.
            if (const auto available = mebibytes_available(); available < s.mebibytes + s.mebibytes / 4) {
                r.add_note(s.name() + " left out: only " + std::to_string(available) + " MiB are available");
                continue;
            }
            comparison(s).measure(r);
        }
        const auto unasked = text_of("/sys/kernel/mm/transparent_hugepage/enabled");
        r.add_note("All ways are in one program, daemonkit's too, since a fork copies the mappings of the libraries as "
                   "well. With memory, the way was taken three times before without, so that its code is warm. Pages "
                   "of 4 KiB are MADV_NOHUGEPAGE, huge ones MADV_HUGEPAGE; what this system gives unasked "
                   "(transparent_hugepage/enabled): " +
                   unasked.substr(0, unasked.find('\n')));
    });
}
