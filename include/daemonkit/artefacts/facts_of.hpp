// SPDX-License-Identifier: BSL-1.0
// The facts of a daemon class and its settings. The only template of the artefacts.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../command_line/detail/verbs.hpp"
#include "../command_line/verb_call.hpp"
#include "../compiled.hpp"
#include "../lifecycle/detail/heard_signals.hpp"
#include "../lifecycle/detail/hooks.hpp"

#include "../lifecycle/process_settings.hpp"
#include "../pid/concept.hpp"
#include "../sys/host.hpp"
#include "facts.hpp"
#include "notes.hpp"
#include "ocf_roles.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace daemonkit::detail {

/// The options of the library that this daemon has, and those of the program.
[[gnu::cold]] DAEMONKIT_INLINE void add_options(artefact_facts& f, std::span<const program_option> more, bool instances,
                                                const std::string& with_json);

/// The facts that do not depend on a class.
[[gnu::cold]] DAEMONKIT_INLINE void add_common(artefact_facts& f, const artefact_notes& notes,
                                               const process_settings& process);

/// The directory of the call, if a path of the program depends on it, or may: a file there has the name that an option
/// says. Otherwise empty.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string call_directory(const artefact_facts& f);

/// A signal that the policy hears in every case.
template <class SignalPolicy>
void add_signal(artefact_facts& f, const SignalPolicy& policy, int signal)
{
    if constexpr (requires { policy.stop; })
        if (signal == SIGINT) {
            f.stops.insert(f.stops.end(), policy.stop.begin(), policy.stop.end());
            return;
        }
    if (signal == SIGTERM || (signal == SIGINT && !chooses<SignalPolicy>(SIGINT)))
        f.stops.push_back(signal);
    else if (signal != SIGCHLD) // reaping_signals chooses it
        f.signals.push_back(signal);
}

/// The facts of one call of a verb.
template <class Derived>
[[nodiscard]] artefact_facts facts_of(const verb_call<Derived>& call, const char* library_version)
{
    const auto& s = call.settings;
    using fork_type = std::remove_cvref_t<decltype(s.fork)>;
    using signals_policy = std::remove_cvref_t<decltype(s.signals)>;
    artefact_facts f;
    f.name = Derived::daemon_type::name_of(s);
    if constexpr (requires { Derived::notes.description; })
        add_common(f, Derived::notes, s.process);
    else
        add_common(f, {}, s.process);
    f.version = version_of<Derived>(library_version);
    f.detaches = fork_type::detaches;
    f.notifies = std::remove_cvref_t<decltype(s.notify)>::notifies;
    f.takes_sockets = keeps_descriptors<Derived>;
    f.reopens = std::remove_cvref_t<decltype(s.stdio)>::reopens;
    f.reloads = Derived::daemon_type::hears_reload();
    f.records_pid = can_be_found<Derived>;
    if constexpr (has_details<std::remove_cvref_t<decltype(s.pid)>>) f.roles = &ocf_roles;
    if constexpr (has_instances<Derived>()) f.instance = s.process.instance;
    if constexpr (can_be_found<Derived>) {
        f.pid_file = s.pid.where();
        if constexpr (requires { policy_with_path(s.pid).optional; }) f.may_lack_pid = policy_with_path(s.pid).optional;
        f.records_pid = !f.pid_file.empty();
        if (!f.pid_file.starts_with('/')) f.pid_file.clear(); // a place that is no file
    }
    if constexpr (signals_policy::claims_signals) {
        using guard = typename signals_policy::guard;
        f.reads_signals = requires(const guard& g) { g.fd(); } && !requires(const guard& g) { g.stop_requested(); };
        for (const int signal : heard_signals<signals_policy, false>()) add_signal(f, s.signals, signal);
        if constexpr (requires { s.signals.more; })
            for (const int signal : s.signals.more) f.signals.push_back(signal);
    }
    if constexpr (requires { s.fork.deadline; }) f.start_deadline = s.fork.deadline;
    if constexpr (requires { s.stdio.output.string(); }) {
        const bool files = [&] {
            if constexpr (requires { s.stdio.to; })
                return s.stdio.to == std::remove_cvref_t<decltype(s.stdio.to)>::file;
            else
                return true;
        }();
        if (files) {
            f.output = s.stdio.output.string();
            f.error = s.stdio.error.string();
            f.log_mode = s.stdio.mode;
        }
    }
    f.reload_deadline = s.reload_deadline;
    f.stop = s.stop;
    for (const auto& list : {std::span<const verb_help>(verbs_of<Derived>), more_verbs_of<Derived>()})
        for (const auto& one : list)
            if (one.exists) f.verbs.push_back({one.name, one.operand, one.does});
    add_options(f, call.more.list, has_instances<Derived>(), verbs_with_json<Derived>());
    f.given.assign(call.more.given.begin(), call.more.given.end());
    if (f.chroot.empty() && f.directory == "/") f.called_in = call_directory(f);
    if (!f.called_in.empty()) f.directory = f.called_in;
    return f;
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void add_options(artefact_facts& f, std::span<const program_option> more, bool instances,
                                  const std::string& with_json)
{
    for (const auto& option : more) {
        artefact_option one{option.name.c_str(), option.letter.get(),
                            option.value.takes_argument() ? option.argument : "",
                            option.help != nullptr ? option.help : ""};
        std::replace(one.help.begin(), one.help.end(), '\n', ' '); // --help breaks the line there
        if (one.name.empty() && one.letter == 0)
            f.words = one;
        else
            f.options.push_back(one);
    }
    f.options.push_back({"timeout", 0, "S", "wait at most S seconds"});
    if (f.notifies)
        f.options.push_back({"ready-fd", 0, "N", "run: write a newline to descriptor N when the daemon is ready"});
    if (instances) f.options.push_back({"instance", 0, "NAME", "which instance of the program"});
    f.options.push_back({"json", 0, "", with_json + ": print one JSON object"});
    f.options.push_back({"quiet", 0, "", "print errors only"});
    f.options.push_back({"verbose", 0, "", "print each step"});
    f.options.push_back({"help", 'h', "", "print the verbs and options"});
    f.options.push_back({"version", 'V', "", "print the version"});
}

DAEMONKIT_INLINE void add_common(artefact_facts& f, const artefact_notes& notes, const process_settings& process)
{
    if (*notes.program != '\0' && *notes.program != '/')
        throw_bad_setting("use notes.program", notes.program,
                          "it is not absolute, and service managers start it by this path");
    f.program = *notes.program != '\0' ? notes.program : sys::program_path();
    f.description = notes.description;
    f.documentation = notes.documentation;
    f.listen = notes.listen;
    f.watchdog = notes.watchdog;
    f.becomes = process.user;
    f.user = f.becomes.empty() ? notes.user : "";
    f.group = process.group;
    if (sys::credentials worker; !f.worker().empty() && sys::find_user(f.worker(), worker))
        f.primary_group = sys::group_name(worker.gid);
    f.directory = process.working_directory.empty() ? "/" : process.working_directory;
    f.chroot = process.chroot;
    f.umask = process.umask;
    f.limits = process.limits.values();
    if (process.nice.is_given()) f.attributes.emplace_back("Nice", sys::joined({process.nice.value()}));
    if (process.oom_score_adjust.is_given())
        f.attributes.emplace_back("OOMScoreAdjust", sys::joined({process.oom_score_adjust.value()}));
    if (process.io_scheduling.is_given()) {
        f.attributes.emplace_back("IOSchedulingClass", sys::joined({static_cast<int>(process.io_scheduling.value())}));
        f.attributes.emplace_back("IOSchedulingPriority", sys::joined({process.io_scheduling.level()}));
    }
    if (const auto& cpu = process.cpu_scheduling; cpu.is_given()) {
        static constexpr const char* names[] = {"other", "fifo", "rr", "batch", "", "idle"};
        const auto number = static_cast<unsigned>(cpu.policy() & ~SCHED_RESET_ON_FORK);
        f.real_time = number == SCHED_FIFO || number == SCHED_RR;
        f.resets_fork = (cpu.policy() & SCHED_RESET_ON_FORK) != 0;
        if (number < std::size(names)) f.attributes.emplace_back("CPUSchedulingPolicy", names[number]);
        if (f.real_time) f.attributes.emplace_back("CPUSchedulingPriority", sys::joined({cpu.priority()}));
        if (f.resets_fork) f.attributes.emplace_back("CPUSchedulingResetOnFork", "yes");
    }
}

DAEMONKIT_INLINE std::string call_directory(const artefact_facts& f)
{
    auto here = sys::real_path(".");
    if (here == "/") return {};
    for (const auto* path : {&f.pid_file, &f.output, &f.error})
        if (path->starts_with(here + "/")) return here;
    for (const auto& one : f.given) {
        const auto value = one.substr(one.starts_with("--") ? std::min(one.find('='), one.size() - 1) + 1 : 2);
        sys::file_status status = {};
        if (!value.starts_with('/') && sys::status_of(value.c_str(), status) == 0) return here;
    }
    return {};
}

#endif

} // namespace daemonkit::detail
