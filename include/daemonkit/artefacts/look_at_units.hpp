// SPDX-License-Identifier: BSL-1.0
// doctor: an installed unit file that disagrees with the program, and in which line.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../sys/host.hpp"
#include "facts.hpp"
#include "fill.hpp"
#include "findings.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace daemonkit::detail {

/// An assignment in a unit file.
struct unit_line
{
    std::string file;
    int number;
    std::string key;
    std::string value;

    [[nodiscard]] std::string where() const { return sys::joined({file, ":", number, ": "}); }
};

/// The section [Service] of a unit and of its drop-ins.
class unit_file
{
public:
    /// Finds the unit where systemd does, systemd.unit(5).
    explicit unit_file(const std::string& unit)
    {
        static constexpr const char* places[] = {"/etc/systemd/system/", "/run/systemd/system/",
                                                 "/usr/local/lib/systemd/system/", "/usr/lib/systemd/system/",
                                                 "/lib/systemd/system/"};
        for (const auto* place : places)
            if (lines.empty()) read(place + unit);
        if (lines.empty()) return;
        for (const auto* place : places) {
            const auto directory = sys::joined({place, unit, ".d/"});
            for (const auto& name : sys::names_in(directory.c_str()))
                if (name.ends_with(".conf")) read(directory + name);
        }
    }

    /// The assignment in force; null: none.
    [[nodiscard]] const unit_line* find(std::string_view key) const
    {
        const unit_line* found = nullptr;
        for (const auto& line : lines)
            if (line.key == key) found = line.value.empty() ? nullptr : &line;
        return found;
    }

    std::vector<unit_line> lines{};

private:
    void read(const std::string& file)
    {
        std::string text;
        if (sys::read_file(file.c_str(), text, 1 << 20) == -1) return;
        int number = 0;
        bool service = false;
        for (std::string_view rest = text; !rest.empty();) {
            const auto line = rest.substr(0, rest.find('\n'));
            rest.remove_prefix(std::min(line.size() + 1, rest.size()));
            ++number;
            if (line.starts_with('[')) service = line.starts_with("[Service]");
            const auto equals = line.find('=');
            if (!service || equals == line.npos || line.starts_with('#') || line.starts_with(';')) continue;
            lines.push_back({file, number, std::string(line.substr(0, equals)), std::string(line.substr(equals + 1))});
        }
    }
};

/// A time of systemd.time(7) with one unit; -1: it is written in another way.
[[nodiscard, gnu::cold]] inline double unit_seconds(const std::string& text)
{
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    const std::string_view unit = end;
    if (end == text.c_str()) return -1;
    return unit.empty() || unit == "s" || unit == "sec" ? number
           : unit == "ms"                               ? number / 1000
           : unit == "min"                              ? number * 60
                                                        : -1;
}

/// Disagreements on how systemd starts the daemon, and learns that it is ready.
[[gnu::cold]] inline void look_at_unit_start(const artefact_facts& f, const unit_file& unit, findings& all)
{
    const auto* const type_line = unit.find("Type");
    const std::string type = type_line != nullptr ? type_line->value : "simple";
    const auto* const start = unit.find("ExecStart");
    const auto wrong = [&](const unit_line* line, const std::string& text, const char* advice,
                           severity how_bad = severity::error) {
        all.add(how_bad, "unit", (line != nullptr ? line->where() : unit.lines.front().file + ": ") + text, advice);
    };
    if (start != nullptr) {
        std::string_view command = start->value;
        command.remove_prefix(std::min(command.find_first_not_of("@-:+!"), command.size()));
        if (!command.starts_with(f.program) && !command.starts_with(systemd_word(f.program)))
            wrong(start, sys::joined({"ExecStart= does not start this program, ", f.program}), "correct the path");
        const bool detached = command.find(" start") != command.npos;
        if (detached && type != "forking")
            wrong(start, "ExecStart= calls start, which detaches: systemd takes its end for the end of the daemon",
                  "call run, or set Type=forking");
        if (!detached && type == "forking")
            wrong(type_line,
                  "Type=forking waits for the end of ExecStart=, which calls run and stays in the foreground",
                  "call start, or set Type=notify");
    }
    if (type.starts_with("notify") && !f.notifies)
        wrong(type_line, sys::joined({"Type=", type, " waits for a message that this program never sends"}),
              "set Type=exec, or build it with service_notify");
    if (f.notifies && (type == "simple" || type == "exec"))
        wrong(type_line,
              sys::joined({"Type=", type, " does not wait until the daemon is ready, and this program says when"}),
              "set Type=notify", severity::warning);
    const auto* const pid_file = unit.find("PIDFile");
    if (pid_file != nullptr && pid_file->value != systemd_value(f.pid_file))
        wrong(pid_file,
              sys::joined({"PIDFile=", pid_file->value, ", but the daemon records its pid in ",
                           f.pid_file.empty() ? "no file" : f.pid_file}),
              "correct the path");
    const auto* const watchdog = unit.find("WatchdogSec");
    if (watchdog != nullptr && (!f.notifies || type == "forking"))
        wrong(watchdog, "WatchdogSec= is set, but the daemon sends no pings: systemd kills it", "remove the line");
}

/// Disagreements on reload, stop, and what the unit forbids.
[[gnu::cold]] inline void look_at_unit(const artefact_facts& f, findings& all)
{
    const unit_file unit(f.name + ".service");
    if (unit.lines.empty()) return;
    look_at_unit_start(f, unit, all);
    const auto wrong = [&](const unit_line* line, severity how_bad, const std::string& text, std::string advice) {
        all.add(how_bad, "unit", (line != nullptr ? line->where() : unit.lines.front().file + ": ") + text,
                std::move(advice));
    };
    const auto* const reload = unit.find("ExecReload");
    if (reload != nullptr && !f.reloads)
        wrong(reload, severity::error, "ExecReload= is set, but this daemon has nothing to reload", "remove the line");
    if (const auto* const stop = unit.find("TimeoutStopSec")) {
        const auto seconds = unit_seconds(stop->value);
        const auto needed = whole_seconds(stop_time(f.stop, true));
        if (seconds >= 0 && seconds < static_cast<double>(needed))
            wrong(stop, severity::warning,
                  sys::joined({"TimeoutStopSec=", stop->value, " kills the daemon earlier than its stop schedule, ",
                               needed, " s"}),
                  sys::joined({"set TimeoutStopSec=", needed, "s"}));
    }
    const auto* const user = unit.find("User");
    const std::string wanted = f.becomes.empty() ? f.user : "root";
    if (user != nullptr && !wanted.empty() && user->value != wanted)
        wrong(user, severity::warning, sys::joined({"User=", user->value, ", but the program is made for ", wanted}),
              sys::joined({"set User=", wanted}));
    for (const auto& line : unit.lines) {
        if (line.key == "ProcSubset" && line.value == "pid" && f.records_pid)
            wrong(&line, severity::error, "ProcSubset=pid hides /proc/sys/kernel/random/boot_id from the pid file",
                  "remove the line");
        if (line.key == "SystemCallFilter" && line.value.starts_with('~') &&
            line.value.find("@resources") != line.value.npos)
            wrong(&line, severity::error, "SystemCallFilter=~@resources kills the daemon at setrlimit(2)",
                  "remove @resources");
    }
}

} // namespace daemonkit::detail
