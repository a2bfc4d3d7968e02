// SPDX-License-Identifier: BSL-1.0
#include "support/report.hpp"

#include "support/json.hpp"

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

} // namespace

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

void report::add_ratios(const std::string& title, const std::string& unit, const std::vector<contestant>& contestants)
{
    table t{title, {"contender", "median, " + unit, "quartiles", "ratio", "runs", "remark"}, {}};
    for (const auto& [name, result, remark] : contestants) {
        if (result.runs == 0) {
            t.rows.push_back({name, "", "", "", "", remark});
            continue;
        }
        t.rows.push_back({name, result.median, in_digits(result.low) + " … " + in_digits(result.high),
                          result.median / contestants.front().result.median, static_cast<double>(result.runs), remark});
    }
    add(std::move(t));
}

void report::add_goal(const std::string& name, double value, double at_most, const std::string& remark)
{
    goals_.push_back({name, value, at_most, true, remark});
}

void report::add_goal_at_least(const std::string& name, double value, double at_least, const std::string& remark)
{
    goals_.push_back({name, value, at_least, false, remark});
}

void report::add_note(const std::string& text) { notes_.push_back(text); }

std::string report::to_json() const
{
    const auto of_cell = [](const cell& c) { return std::visit([](const auto& value) { return json::of(value); }, c); };
    const auto of_row = [&](const std::vector<cell>& row) { return json::array(row, of_cell); };
    const auto of_text = [](const std::string& text) { return json::of(text); };
    const auto of_table = [&](const table& t) {
        return json::object({{"title", json::of(t.title)},
                             {"columns", json::array(t.columns, of_text)},
                             {"rows", json::array(t.rows, of_row)}});
    };
    const auto of_goal = [](const goal& g) {
        return json::object({{"name", json::of(g.name)},
                             {"value", json::of(g.value)},
                             {g.at_most ? "at_most" : "at_least", json::of(g.limit)},
                             {"met", json::of(g.met())},
                             {"remark", json::of(g.remark)}});
    };
    return json::object({{"question", json::of(question_)},
                         {"date", json::of(date())},
                         {"quick", json::of(quick_)},
                         {"machine", machine()},
                         {"tables", json::array(tables_, of_table)},
                         {"goals", json::array(goals_, of_goal)},
                         {"notes", json::array(notes_, of_text)}});
}

void report::finish() const
{
    if (!notes_.empty()) std::puts("");
    for (const auto& note : notes_) std::printf("%s\n", note.c_str());
    if (!goals_.empty()) std::puts("");
    for (const auto& g : goals_) {
        const double by = g.at_most ? g.limit - g.value : g.value - g.limit;
        std::printf("%-6s %s: %s, %s %s, %s by %s%s%s\n", g.met() ? "met" : "missed", g.name.c_str(),
                    in_digits(g.value).c_str(), g.at_most ? "at most" : "at least", in_digits(g.limit).c_str(),
                    g.met() ? "met" : "missed", in_digits(by < 0 ? -by : by).c_str(), g.remark.empty() ? "" : "; ",
                    g.remark.c_str());
    }
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
