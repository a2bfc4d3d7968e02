// SPDX-License-Identifier: BSL-1.0
// What the generated files and doctor know about a daemon: its policies, settings, verbs and options as plain data. So
// the code that prints files is no template, and is compiled once.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "../control/stop_schedule.hpp"
#include "../core/startup_error.hpp"
#include "../sys/limits.hpp"
#include "../text/joined.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace daemonkit::detail {

/// A verb of the program, as in --help.
struct artefact_verb
{
    std::string name;
    std::string operand; ///< "KIND"; empty: none
    std::string does;
};

/// An option of the program, as in --help.
struct artefact_option
{
    std::string name{};     ///< empty: it has a letter only
    char letter = 0;        ///< 0: none
    std::string argument{}; ///< "FILE"; empty: none
    std::string help{};
};

/// The parts of an OCF agent that differ for a daemon that is the owner of a lease or stands by.
struct artefact_roles
{
    std::string_view actions;
    std::string_view functions;
    std::string_view cases;
};

/// All that is printed about one daemon.
struct artefact_facts
{
    std::string name{};
    std::string program{}; ///< absolute path
    std::string version{};
    std::string instance{};           ///< which of several; empty: there is one
    std::vector<std::string> given{}; ///< options of the program, which each printed command has, too
    std::string description{};        ///< a few words that follow the name
    std::string documentation{};      ///< a URI
    std::string listen{};             ///< for ListenStream=

    // policies
    bool detaches = false;                 ///< start makes another process
    bool records_pid = false;              ///< stop, reload and status find the daemon
    bool may_lack_pid = false;             ///< the path of the pid file is optional
    bool notifies = false;                 ///< a service manager is told
    bool reloads = false;                  ///< reload has an effect
    bool takes_sockets = false;            ///< gets descriptors from the service manager
    bool reads_signals = false;            ///< by a signalfd(2)
    const artefact_roles* roles = nullptr; ///< status tells whether it is the owner or stands by
    std::vector<int> stops{};              ///< the signals that stop it
    std::vector<int> signals{};            ///< that the program chose

    // settings
    std::string user{}; ///< the program is started as; empty: root
    std::string group{};
    std::string primary_group{}; ///< of the worker, on this host; empty: not known
    std::string becomes{};       ///< the user that the daemon changes to by itself; empty: none
    std::string directory{};     ///< in which it works, and in which the printed commands are called
    std::string called_in{};     ///< the same, if it follows from the call of print or doctor; otherwise empty
    std::string chroot{};
    std::optional<mode_t> umask{};
    std::string pid_file{};
    std::string output{};
    std::string error{};
    mode_t log_mode = 0640;
    bool reopens = false; ///< a reload opens the log again
    std::vector<sys::resource_limit> limits{};
    /// Other attributes of the process, by their names in systemd.exec(5): "Nice", "5".
    std::vector<std::pair<const char*, std::string>> attributes{};
    bool real_time = false;   ///< whether it sets SCHED_FIFO or SCHED_RR
    bool resets_fork = false; ///< whether it sets SCHED_RESET_ON_FORK
    std::chrono::nanoseconds start_deadline{};
    std::chrono::nanoseconds reload_deadline{};
    std::chrono::nanoseconds watchdog{};
    stop_schedule stop{};

    std::vector<artefact_verb> verbs{};
    std::vector<artefact_option> options{};
    std::optional<artefact_option> words{}; ///< the words behind "--"

    /// The user as whom the daemon works; empty: root.
    [[nodiscard]] const std::string& worker() const noexcept { return becomes.empty() ? user : becomes; }
    /// The group of that user.
    [[nodiscard]] const std::string& worker_group() const noexcept
    {
        return !group.empty() ? group : !primary_group.empty() ? primary_group : worker();
    }
    /// Whether it writes to a log that a reload opens again.
    [[nodiscard]] bool has_log() const noexcept { return !output.empty(); }
    /// Whether the program has this verb.
    [[nodiscard]] bool has_verb(std::string_view verb) const noexcept
    {
        for (const auto& one : verbs)
            if (one.name == verb) return true;
        return false;
    }
    /// The value of one of the attributes; empty: it is not set.
    [[nodiscard]] std::string attribute(std::string_view wanted) const
    {
        for (const auto& [key, value] : attributes)
            if (key == wanted) return value;
        return {};
    }
    /// "clientd, which writes the time to a file".
    [[nodiscard]] std::string title() const
    {
        return description.empty() ? name : sys::joined({name, ": ", description});
    }
};

/// Throws if a file of this kind cannot be made for the daemon: exit status 6.
[[noreturn, gnu::cold]] inline void refuse_artefact(std::string_view kind, std::string_view reason)
{
    throw_bad_setting("print", kind, reason);
}

/// Whole seconds, rounded up.
[[nodiscard, gnu::cold]] inline long long whole_seconds(std::chrono::nanoseconds time)
{
    return std::chrono::ceil<std::chrono::seconds>(time).count();
}

/// How long the stop schedule takes at most, and how long it waits before SIGKILL.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::chrono::nanoseconds stop_time(const stop_schedule& steps,
                                                                             bool before_kill = false);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::chrono::nanoseconds stop_time(const stop_schedule& steps, bool before_kill)
{
    std::chrono::nanoseconds all{};
    for (const auto& step : steps) {
        if (before_kill && step.signal == SIGKILL) break;
        all += step.patience;
    }
    return all;
}

#endif

} // namespace daemonkit::detail
