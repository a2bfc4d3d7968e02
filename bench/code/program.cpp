// SPDX-License-Identifier: BSL-1.0
#include "code/program.hpp"

#include "support/process.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>
#include <stdexcept>

namespace bench {

namespace {

/// Calls line(words) for each line that a program prints.
template <class Line>
void each_line(const words& command, Line line)
{
    std::istringstream text(output_of(command));
    for (std::string read; std::getline(text, read);) {
        std::istringstream parts(read);
        words all;
        for (std::string part; parts >> part;) all.push_back(part);
        if (!all.empty()) line(all, read);
    }
}

/// The size of a section; 0 if there is none of that name.
double section(const std::string& file, const std::string& name)
{
    double size = 0;
    each_line({"size", "-A", file}, [&](const words& all, const std::string&) {
        if (all.size() == 3 && all[0] == name) size = std::stod(all[1]);
    });
    return size;
}

} // namespace

program_facts facts_of(const std::string& file)
{
    program_facts facts;
    each_line({"size", file}, [&](const words& all, const std::string&) {
        if (all[0] == "text") return;
        facts.text = std::stod(all[0]);
        facts.data = std::stod(all[1]);
        facts.zeroed = std::stod(all[2]);
    });
    if (facts.text == 0) throw std::runtime_error("size(1) says nothing of " + file);
    facts.code = section(file, ".text");
    facts.initialisers = section(file, ".init_array") / sizeof(void*);
    each_line({"readelf", "-r", "-W", file}, [&](const words& all, const std::string&) {
        if (all.size() >= 3 && all[2].starts_with("R_")) ++facts.relocations;
    });
    each_line({"nm", "-C", file}, [&](const words&, const std::string& line) {
        if (line.find("guard variable for daemonkit::") != std::string::npos) ++facts.guards;
        if (const auto at = line.find("vtable for daemonkit::"); at != std::string::npos)
            facts.table_names.push_back(line.substr(at + std::string("vtable for ").size()));
    });
    facts.tables = static_cast<double>(facts.table_names.size());
    return facts;
}

std::vector<std::pair<std::string, double>> largest_functions(const std::string& file, std::size_t count)
{
    std::vector<std::pair<std::string, double>> all;
    std::set<std::string> addresses; // constructors have two names
    each_line({"nm", "--size-sort", "--reverse-sort", "--print-size", "-C", file}, [&](const words& parts,
                                                                                       const std::string& line) {
        if (all.size() == count || parts.size() < 4 || std::string("tTwW").find(parts[2]) == std::string::npos ||
            !addresses.insert(parts[0]).second)
            return;
        const auto name = line.substr(line.find(parts[2], parts[0].size() + parts[1].size()) + 2);
        all.emplace_back(name.substr(0, 80), static_cast<double>(std::strtoul(parts[1].c_str(), nullptr, 16)));
    });
    return all;
}

} // namespace bench
