// SPDX-License-Identifier: BSL-1.0
// doctor: how a unit starts, reloads and stops the daemon. One row a rule.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../sys/file.hpp"
#include "unit_view.hpp"

#include <algorithm>
#include <csignal>
#include <string>

namespace daemonkit::detail {

/// The command is for another instance.
[[gnu::cold]] inline void check_instance(const unit_view& v, const unit_line& line, const unit_command& command)
{
    const auto& wanted = v.f.instance;
    const bool is_template = v.unit.name.find('@') != v.unit.name.npos;
    if (wanted.empty() || command.instance == wanted || (command.instance.empty() && !is_template)) return;
    v.wrong(line, severity::error,
            command.instance.empty() ? "it names no instance, so each unit of this template is the same daemon"
                                     : sys::joined({"it is for the instance ", command.instance, ", not ", wanted}),
            sys::joined({"add --instance ", is_template ? "%i" : wanted}));
}

[[gnu::cold]] inline void check_start(const unit_view& v)
{
    const auto commands = v.unit.all("ExecStart");
    if (commands.empty())
        return v.wrong("ExecStart", severity::error, "systemd refuses the unit",
                       "set " + v.line_of("ExecStart", v.forks() ? "start" : "run"));
    if (commands.size() > 1 && v.type() != "oneshot")
        return v.wrong(*commands[1], severity::error, "it is a second command, so systemd refuses the unit",
                       "write ExecStart= without a value before it");
    const auto& line = *commands.back();
    const auto command = v.command(line);
    if (command.is_program) check_instance(v, line, command);
    if (!command.is_program && command.is_known)
        return v.wrong(line, severity::error, "it does not start this program, " + v.f.program, "correct the path");
    if (command.verb == "start" && v.f.detaches) {
        if (!v.forks())
            v.wrong(line, severity::error, "start detaches: systemd takes its end for the end of the daemon",
                    "call run, or set Type=forking");
    } else if (command.verb == "run" || command.verb == "start") {
        if (v.forks() || v.type() == "oneshot")
            v.wrong("Type", severity::error,
                    sys::joined({"systemd waits for the end of ExecStart=, which calls ", command.verb,
                                 " and stays in the foreground"}),
                    v.f.notifies ? "set Type=notify" : "set Type=exec");
    } else if (!command.verb.empty())
        v.wrong(line, severity::error, sys::joined({command.verb, " is not the verb that starts the daemon"}),
                v.forks() ? "call start" : "call run");
}

[[gnu::cold]] inline void check_type(const unit_view& v)
{
    const auto type = v.type();
    if (type.starts_with("notify") && !v.f.notifies)
        v.wrong("Type", severity::error, "systemd waits for a message that this program never sends",
                "set Type=exec, or build it with service_notify");
    if (has_word("simple exec idle dbus", type) && v.f.notifies)
        v.wrong("Type", severity::warning,
                "systemd does not wait until the daemon is ready, and this program says when", "set Type=notify");
    if (type == "notify-reload" && !v.f.reloads)
        v.wrong("Type", severity::error, "systemctl reload sends HUP, and this daemon has nothing to reload",
                "set Type=notify");
}

[[gnu::cold]] inline void check_reload(const unit_view& v)
{
    const auto commands = v.unit.all("ExecReload");
    if (!v.f.reloads) {
        if (!commands.empty())
            v.wrong(*commands[0], severity::error, "this daemon has nothing to reload", "remove the line");
        return;
    }
    const auto right = v.f.records_pid ? v.line_of("ExecReload", "reload") : "ExecReload=/bin/kill -HUP $MAINPID";
    for (const auto* const line : commands) {
        const auto command = v.command(*line);
        if (command.is_program) check_instance(v, *line, command);
        if (command.is_program && !command.verb.empty() && command.verb != "reload" && command.verb != "force-reload")
            v.wrong(*line, severity::warning, sys::joined({command.verb, " does not reload the daemon"}),
                    "set " + right);
        if (command.kills == 0) continue;
        const auto& stops = v.f.stops;
        if (std::find(stops.begin(), stops.end(), command.kills) != stops.end() || command.kills == SIGKILL)
            v.wrong(*line, severity::error, "this signal stops the daemon", "set " + right);
        else if (command.kills != SIGHUP)
            v.wrong(*line, severity::warning, "the daemon does not reload at this signal", "set " + right);
        else if (v.f.records_pid)
            v.wrong(*line, severity::note, "it does not wait for the result", "set " + right);
    }
    if (commands.empty() && v.type() != "notify-reload")
        v.wrong("ExecReload", severity::warning, "systemctl reload does not reload the daemon", "set " + right);
}

[[gnu::cold]] inline void check_stop(const unit_view& v)
{
    for (const auto* const line : v.unit.all("ExecStop")) {
        const auto command = v.command(*line);
        if (command.is_program) check_instance(v, *line, command);
        const auto& stops = v.f.stops;
        const bool stopped =
            command.kills == 0 || stops.empty() || std::find(stops.begin(), stops.end(), command.kills) != stops.end();
        if ((command.is_program && !command.verb.empty() && command.verb != "stop") || !stopped)
            v.wrong(*line, severity::warning,
                    command.kills == SIGKILL ? "the daemon ends without its clean-up" : "it does not stop the daemon",
                    "remove the line: systemd sends TERM");
    }
}

[[gnu::cold]] inline void check_pid_file(const unit_view& v)
{
    auto said = v.unit.expanded(v.value("PIDFile"));
    if (!said.empty() && !said.starts_with('/')) said = "/run/" + said;
    if (said.empty()) {
        if (v.forks() && !v.f.pid_file.empty())
            v.wrong("PIDFile", severity::warning, "systemd guesses which process is the daemon",
                    sys::joined({"set PIDFile=", systemd_value(v.f.pid_file)}));
    } else if (v.f.pid_file.empty() || sys::real_path(said) != sys::real_path(v.f.pid_file))
        v.wrong("PIDFile", severity::error,
                v.f.pid_file.empty() ? "the daemon has no pid file" : "the daemon records its pid in " + v.f.pid_file,
                v.f.pid_file.empty() ? "remove the line" : "correct the path");
}

/// What the program finds in the directory of the call is elsewhere for the unit.
[[gnu::cold]] inline void check_directory(const unit_view& v)
{
    if (v.f.called_in.empty()) return;
    auto said = v.unit.expanded(v.value("WorkingDirectory"));
    if (said.starts_with('-')) said.erase(0, 1);
    if (sys::real_path(said.empty() ? "/" : said) == v.f.called_in) return;
    v.wrong("WorkingDirectory", severity::note,
            "relative paths of the program lead elsewhere than here, in " + v.f.called_in,
            "call doctor in the directory of the unit, or set WorkingDirectory=" + systemd_value(v.f.called_in));
}

/// A time-out that is shorter than the daemon needs. 0 means none; systemd's own default is 90 s.
[[gnu::cold]] inline void check_timeout(const unit_view& v, std::string_view key, std::chrono::nanoseconds needed,
                                        const char* text)
{
    const auto* const line = v.unit.last({key, "TimeoutSec"});
    const auto seconds = line != nullptr ? unit_seconds(line->value).value_or(0) : 90;
    if (seconds <= 0 || seconds >= std::chrono::duration<double>(needed).count()) return;
    v.wrong(line != nullptr ? std::string_view(line->key) : key, severity::warning,
            sys::joined({text, ", ", whole_seconds(needed), " s"}),
            sys::joined({"set ", key, "=", whole_seconds(needed), "s"}));
}

[[gnu::cold]] inline void check_watchdog(const unit_view& v)
{
    const auto seconds = unit_seconds(v.value("WatchdogSec")).value_or(0);
    if (seconds <= 0) return;
    if (!v.f.notifies || v.forks())
        v.wrong("WatchdogSec", severity::error, "the daemon sends no pings, so systemd kills it", "remove the line");
    else if (seconds < std::chrono::duration<double>(v.f.watchdog).count())
        v.wrong("WatchdogSec", severity::warning,
                sys::joined({"systemd kills the daemon: its run() calls wait_for() every ", whole_seconds(v.f.watchdog),
                             " s only"}),
                sys::joined({"set WatchdogSec=", whole_seconds(v.f.watchdog), "s"}));
}

/// A signal that systemd sends to stop the daemon.
[[gnu::cold]] inline void check_signal(const unit_view& v, const char* key)
{
    const int signal = sys::signal_number(v.value(key));
    const auto& stops = v.f.stops;
    if (signal == 0 || stops.empty() || std::find(stops.begin(), stops.end(), signal) != stops.end()) return;
    v.wrong(key, severity::error,
            signal == SIGKILL                 ? "the daemon ends without its clean-up"
            : signal == SIGHUP && v.f.reloads ? "the daemon reloads at this signal, and does not stop"
                                              : "this signal does not stop the daemon cleanly",
            sys::joined({"set ", key, "=SIGTERM"}));
}

inline constexpr bool (*reads_time)(const std::string&) = [](const std::string& text) {
    return unit_seconds(text).has_value();
};
inline constexpr bool (*reads_signal)(const std::string&) = [](const std::string& text) {
    return sys::signal_number(text) != 0;
};

inline constexpr unit_rule start_and_stop_rules[] = {
    {"Type",
     [](const std::string& t) { return has_word("simple exec forking oneshot dbus notify notify-reload idle", t); },
     check_type},
    {"ExecStart", nullptr, check_start},
    {"ExecReload", nullptr, check_reload},
    {"ExecStop", nullptr, check_stop},
    {"PIDFile", nullptr, check_pid_file},
    {"WorkingDirectory", nullptr, check_directory},
    {"RemainAfterExit", reads_truth,
     [](const unit_view& v) {
         if (v.is_set("RemainAfterExit"))
             v.wrong("RemainAfterExit", severity::warning, "the unit stays active when the daemon has ended",
                     "remove the line");
     }},
    {"NotifyAccess", [](const std::string& t) { return has_word("none main exec all", t); },
     [](const unit_view& v) {
         if (v.value("NotifyAccess") == "none" && v.type().starts_with("notify"))
             v.wrong("NotifyAccess", severity::note, "systemd takes it for main with this Type=", "remove the line");
     }},
    {"TimeoutStartSec TimeoutSec", reads_time,
     [](const unit_view& v) {
         if (v.forks() || v.type().starts_with("notify"))
             check_timeout(v, "TimeoutStartSec", v.f.start_deadline,
                           "systemd kills the daemon earlier than the deadline of its start");
     }},
    {"TimeoutStopSec", reads_time,
     [](const unit_view& v) {
         check_timeout(v, "TimeoutStopSec", stop_time(v.f.stop, true),
                       "systemd kills the daemon earlier than its stop schedule");
     }},
    {"WatchdogSec", reads_time, check_watchdog},
    {"KillSignal", reads_signal, [](const unit_view& v) { check_signal(v, "KillSignal"); }},
    {"RestartKillSignal", reads_signal, [](const unit_view& v) { check_signal(v, "RestartKillSignal"); }},
    {"KillMode", [](const std::string& t) { return t.empty() || has_word("control-group mixed process none", t); },
     [](const unit_view& v) {
         if (const auto mode = v.value("KillMode"); mode == "none" || mode == "process")
             v.wrong("KillMode", severity::warning,
                     mode == "none" ? "systemd does not stop the daemon" : "children of the daemon outlive it",
                     "remove the line, or set KillMode=mixed");
     }},
    {"SendSIGKILL", reads_truth,
     [](const unit_view& v) {
         const bool kills =
             std::any_of(v.f.stop.begin(), v.f.stop.end(), [](auto& one) { return one.signal == SIGKILL; });
         if (!unit_truth(v.value("SendSIGKILL")).value_or(true) && kills)
             v.wrong("SendSIGKILL", severity::warning,
                     "a daemon that does not stop is left, and cannot be started again", "remove the line");
     }},
    {"FileDescriptorStoreMax", nullptr,
     [](const unit_view& v) {
         if (v.value("FileDescriptorStoreMax") == "0" && v.f.takes_sockets)
             v.wrong("FileDescriptorStoreMax", severity::warning, "systemd stores no descriptor for the daemon",
                     "remove the line, or set it to the number of descriptors");
     }},
};

} // namespace daemonkit::detail
