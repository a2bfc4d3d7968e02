// SPDX-License-Identifier: BSL-1.0
#include "support/report.hpp"

#include "support/contender.hpp"
#include "support/json.hpp"
#include "support/relaxed.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace bench {

namespace {

/// Four digits, and none behind the point that say nothing.
std::string in_digits(double value)
{
    const double size = value < 0 ? -value : value;
    const int digits = size >= 1000 || value == static_cast<double>(static_cast<long long>(value)) ? 0
                       : size >= 100                                                               ? 1
                       : size >= 10                                                                ? 2
                                                                                                   : 3;
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

std::string to_text(const cell& c)
{
    const auto* const text = std::get_if<std::string>(&c);
    return text != nullptr ? *text : in_digits(std::get<double>(c));
}

/// Columns on a terminal: every byte that begins a character of UTF-8.
std::size_t width_of(const std::string& text)
{
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// A table of Markdown that can be read as it is.
void print(const table& t)
{
    std::vector<std::vector<std::string>> lines{t.columns};
    for (const auto& row : t.rows) {
        lines.emplace_back();
        for (const auto& c : row) lines.back().push_back(to_text(c));
        lines.back().resize(t.columns.size());
    }
    std::vector<std::size_t> widths(t.columns.size(), 3);
    for (const auto& line : lines)
        for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], width_of(line[i]));
    std::printf("\n%s\n\n", t.title.c_str());
    for (std::size_t n = 0; n < lines.size(); ++n) {
        for (std::size_t i = 0; i < widths.size(); ++i)
            std::printf("| %s%*s ", lines[n][i].c_str(), static_cast<int>(widths[i] - width_of(lines[n][i])), "");
        std::puts("|");
        if (n != 0) continue;
        for (const auto width : widths) std::printf("|%s", std::string(width + 2, '-').c_str());
        std::puts("|");
    }
    std::fflush(stdout);
}

std::string machine()
{
    utsname kernel = {};
    ::uname(&kernel);
    std::string processor = "unknown";
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name")) {
            processor = line.substr(line.find(": ") + 2);
            break;
        }
    return json::object({{"kernel", json::of(std::string(kernel.sysname) + " " + kernel.release)},
                         {"architecture", json::of(kernel.machine)},
                         {"processor", json::of(processor)},
                         {"processors", json::of(static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN)))},
                         {"compiler", json::of(__VERSION__)}});
}

std::string date()
{
    const std::time_t seconds = std::time(nullptr);
    char text[32];
    std::strftime(text, sizeof text, "%FT%TZ", std::gmtime(&seconds));
    return text;
}

constexpr const char* name_of(verdict v)
{
    return v == verdict::met ? "met" : v == verdict::missed ? "missed" : "cannot be told";
}

std::string full_name(const std::string& what, const std::string& variant)
{
    return variant.empty() ? what : what + ", " + variant;
}

} // namespace

std::string in_range(double low, double high) { return in_digits(low) + " … " + in_digits(high); }

std::string to_text(const interval& measured)
{
    if (measured.low == measured.high) return in_digits(measured.value);
    return in_digits(measured.value) + " (" + in_range(measured.low, measured.high) + ")";
}

report::report(std::string question, int argc, char** argv) : question_(std::move(question))
{
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--quick")
            quick_ = true;
        else if (argument == "--json" && i + 1 < argc)
            json_file_ = argv[++i];
        else
            throw std::invalid_argument("Usage: bench_" + question_ + " [--quick] [--json FILE]");
    }
}

void report::add(table t)
{
    print(t);
    tables_.push_back(std::move(t));
}

void report::add_ratios(const std::string& title, const std::string& unit, const std::vector<contestant>& contestants,
                        const std::string& id)
{
    table t{title, {"contender", "median, " + unit, "quartiles", "ratio (95 %)", "rounds", "remark"}, {}, id};
    const sample* first = nullptr;
    for (const auto& [name, values, remark] : contestants) {
        const auto result = values != nullptr ? values->result() : figure{};
        if (result.runs == 0) {
            t.rows.push_back({name, "", "", "", "", remark});
            continue;
        }
        if (first == nullptr) first = values;
        t.rows.push_back({name, result.median, in_range(result.low, result.high),
                          values == first ? "1" : to_text(ratio_of(*values, *first)), static_cast<double>(result.runs),
                          remark});
    }
    add(std::move(t));
}

void report::settle(race& all, const plan& until, const std::vector<ratio_goal>& goals)
{
    auto judged = goals; // the rounds that are added depend on what is judged
    for (auto& g : judged)
        if (const auto* const now = relaxed_of(g.what, g.variant)) g.bound = now->bound;
    all.run(until, judged, install_programs);
    for (const auto& g : goals) add_goal({g.what, g.variant, all.ratio(g), g.bound, g.at_most, "", g.remark});
}

void report::add_goal(goal one)
{
    one.original = one.bound;
    if (const auto* const now = relaxed_of(one.what, one.variant)) {
        one.bound = now->bound;
        one.reason = now->reason;
    }
    goals_.push_back(std::move(one));
}

void report::add_count(const std::string& what, double count, double bound, const std::string& remark,
                       const std::string& unit)
{
    add_goal({what, "", exactly(count), bound, true, unit, remark});
}

void report::add_cost(cost one) { costs_.push_back(std::move(one)); }

void report::add_note(const std::string& text) { notes_.push_back(text); }

std::string report::to_json() const
{
    const auto of_cell = [](const cell& c) { return std::visit([](const auto& value) { return json::of(value); }, c); };
    const auto of_row = [&](const std::vector<cell>& row) { return json::array(row, of_cell); };
    const auto of_text = [](const std::string& text) { return json::of(text); };
    const auto of_table = [&](const table& t) {
        return json::object({{"id", json::of(t.id)},
                             {"title", json::of(t.title)},
                             {"columns", json::array(t.columns, of_text)},
                             {"rows", json::array(t.rows, of_row)}});
    };
    const auto of_interval = [](const std::string& name, const interval& i) {
        return std::vector<std::pair<std::string, std::string>>{{name, json::of(i.value)},
                                                                {"low", json::of(i.low)},
                                                                {"high", json::of(i.high)},
                                                                {"rounds", json::of(static_cast<double>(i.rounds))}};
    };
    const auto of_named = [&](const std::string& what, const std::string& variant, auto members) {
        members.insert(members.begin(), {{"what", json::of(what)}, {"variant", json::of(variant)}});
        return members;
    };
    const auto of_goal = [&](const goal& g) {
        auto members = of_named(g.what, g.variant, of_interval(g.unit.empty() ? "ratio" : "value", g.measured));
        members.insert(members.end(), {{"unit", json::of(g.unit)},
                                       {g.at_most ? "at_most" : "at_least", json::of(g.bound)},
                                       {"original", json::of(g.original)},
                                       {"reason", json::of(g.reason)},
                                       {"verdict", json::of(name_of(g.judged()))},
                                       {"remark", json::of(g.remark)}});
        return json::object(members);
    };
    const auto of_cost = [&](const cost& c) {
        return json::object(of_named(c.what, c.variant, of_interval("ratio", c.ratio)));
    };
    return json::object({{"question", json::of(question_)},
                         {"date", json::of(date())},
                         {"quick", json::of(quick_)},
                         {"machine", machine()},
                         {"tables", json::array(tables_, of_table)},
                         {"goals", json::array(goals_, of_goal)},
                         {"costs", json::array(costs_, of_cost)},
                         {"notes", json::array(notes_, of_text)}});
}

void report::finish() const
{
    if (!notes_.empty()) std::puts("");
    for (const auto& note : notes_) std::printf("%s\n", note.c_str());
    if (!costs_.empty()) std::puts("");
    for (const auto& c : costs_)
        std::printf("costs  %s: %s\n", full_name(c.what, c.variant).c_str(), to_text(c.ratio).c_str());
    if (!goals_.empty()) std::puts("");
    for (const auto& g : goals_)
        std::printf("%-14s %s: %s%s%s, %s %s%s, %zu %s%s%s\n", name_of(g.judged()),
                    full_name(g.what, g.variant).c_str(), to_text(g.measured).c_str(), g.unit.empty() ? "" : " ",
                    g.unit.c_str(), g.at_most ? "at most" : "at least", in_digits(g.bound).c_str(),
                    g.reason.empty() ? "" : (" (relaxed from " + in_digits(g.original) + ")").c_str(),
                    g.measured.rounds, g.measured.rounds == 1 ? "round" : "rounds", g.remark.empty() ? "" : "; ",
                    g.remark.c_str());
    std::fflush(stdout);
    if (json_file_.empty()) return;
    std::ofstream file(json_file_);
    file << to_json() << '\n';
    if (!file.flush()) throw std::runtime_error("cannot write " + json_file_);
}

int report::write(const std::string& question, int argc, char** argv, const std::function<void(report&)>& measure)
try {
    report r(question, argc, argv);
    std::printf("== %s ==\n", question.c_str());
    measure(r);
    r.finish();
    return 0;
} catch (const std::exception& e) {
    std::fflush(stdout);
    std::fprintf(stderr, "bench_%s: %s\n", question.c_str(), e.what());
    return 1;
}

} // namespace bench
