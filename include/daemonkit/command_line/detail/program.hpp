// SPDX-License-Identifier: BSL-1.0
// The verbs of an init script (LSB 3.1, section 20.2) for a daemon class: arguments become calls, results become one
// line and an exit status. Answers go to standard output, complaints to standard error.
#pragma once

#include "../../control/control_result.hpp"
#include "../../control/status_report.hpp"
#include "../../core/start_result.hpp"
#include "../../sys/terminal.hpp"
#include "../../sys/unit.hpp"
#include "json.hpp"
#include "options.hpp"

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace daemonkit::detail {

template <class Derived>
class program
{
    using daemon_type = typename Derived::daemon_type;
    using settings = typename daemon_type::settings;

public:
    program(daemon_type& daemon, settings& s, const char* library_version)
        : daemon_(daemon), settings_(s), name_(daemon_type::name_of(s)), library_version_(library_version)
    {
    }

    template <class... Args>
    int operator()(int argc, char** argv, Args&&... args)
    {
        if (const auto status = options_.parse(argc, argv, name_, version(), verbs)) return *status;
        if (options_.timeout) allow(*options_.timeout);
        if (options_.ready_fd) {
            if constexpr (requires { settings_.notify.ready_fd; }) {
                settings_.notify.ready_fd = *options_.ready_fd;
            } else {
                complain("--ready-fd: this daemon notifies no service manager; build it with service_notify");
                return exit_status::usage;
            }
        }
        if constexpr (requires { settings_.fork.announces; }) { // a launcher that cannot return to tell()
            settings_.fork.announces = !options_.quiet;
            settings_.fork.name = name_;
        }
        const auto verb = options_.verb;
        if (verb == "run") return tell(daemon_.run_in_foreground(settings_, std::forward<Args>(args)...));
        if (verb == "start") {
            chat("starting");
            return tell(daemon_.start_watched(watch("starting"), settings_, std::forward<Args>(args)...));
        }
        return carry_out(verb, std::forward<Args>(args)...);
    }

private:
    /// The other verbs. Not inline: a daemon that was started would have room for their results on its stack.
    template <class... Args>
    [[gnu::noinline]] int carry_out(std::string_view verb, Args&&... args)
    {
        if constexpr (daemon_type::can_be_found) {
            if (verb == "stop") {
                chat("stopping");
                return tell(daemon_type::stop(settings_, watch("stopping")));
            }
            if (verb == "status") return show(daemon_type::status(settings_));
            if constexpr (daemon_type::hears_reload())
                if (verb == "reload" || verb == "force-reload") return tell(daemon_type::reload(settings_));
            if (verb == "restart" || verb == "try-restart" || verb == "force-reload") {
                chat("restarting");
                const auto condition = verb == "restart" ? restart_if::always : restart_if::running;
                return tell(
                    daemon_.restart_watched(watch("restarting"), condition, settings_, std::forward<Args>(args)...));
            }
        } else if (verb == "status") {
            return show({.state = status_report::condition::unknown,
                         .name = name_,
                         .message = "this daemon records no pid; ask whoever started it"});
        }
        complain("cannot " + std::string(verb) +
                 (daemon_type::can_be_found ? ": this daemon has nothing to read again; restart it instead"
                                            : ": this daemon records no pid; whoever started it knows its process"));
        return exit_status::not_implemented;
    }

    static constexpr bool found = daemon_type::can_be_found;
    static constexpr verb_help verbs[] = {
        {"start", "start the daemon and return when it is ready", true},
        {"stop", "stop it and return when it is gone", found},
        {"restart", "stop it if it runs, and start it", found},
        {"try-restart", "restart it if it runs", found},
        {"reload", "make it read its configuration again, and return when it has", found&& daemon_type::hears_reload()},
        {"force-reload", "reload it, or restart it if it cannot reload", found},
        {"status", "say whether it runs; exit status 0 running, 1 dead, 3 stopped, 4 unknown", found},
        {"run", "run it in the foreground", true},
    };

    /// The version of the program, if its class has one, and of the library.
    [[nodiscard]] std::string version() const
    {
        std::string library = std::string("(daemonkit ") + library_version_ + ")";
        if constexpr (requires { std::string(Derived::version); })
            return std::string(Derived::version) + " " + library;
        else
            return library;
    }

    /// --timeout: for the daemon to be ready, for the first step of stopping it, and for its reload.
    void allow(std::chrono::nanoseconds time)
    {
        if constexpr (requires { settings_.fork.deadline = time; }) settings_.fork.deadline = time;
        settings_.stop.first_patience(time);
        settings_.reload_deadline = time;
    }

    [[nodiscard]] sys::ticker watch(const char* doing) const { return {doing, name_, options_.quiet}; }

    void line(std::FILE* to, const std::string& text) const
    {
        sys::wipe_line();
        sys::print(to, {name_, ": ", text, "\n"});
    }

    void complain(const std::string& text) const { line(stderr, text); }
    /// Buffered: where nobody reads it, SIGPIPE must not end this process before it has done what it was asked to.
    void chat(const std::string& text) const
    {
        if (options_.verbose) std::printf("%s: %s\n", name_.c_str(), text.c_str());
    }

    /// Who started the daemon that is in the way.
    [[nodiscard]] static std::string with_unit(const start_result& r)
    {
        const auto unit = r.outcome == start_outcome::already_running ? sys::unit_of(r.pid) : std::string();
        return unit.empty() ? r.message : r.message + ", as the unit " + unit + " of systemd: ask systemctl";
    }

    int tell(const start_result& r) const
    {
        if (r.outcome == start_outcome::ready) {
            if (!options_.quiet) line(stdout, "started (pid " + std::to_string(r.pid) + ")");
            if constexpr (daemon_type::can_be_found) chat("recorded in " + settings_.pid.where());
        } else if (r.status != exit_status::done && r.outcome != start_outcome::finished) {
            if (!r.message.empty()) complain(with_unit(r));
        } else if (!options_.quiet && !r.message.empty() && r.outcome != start_outcome::finished) {
            line(stdout, with_unit(r));
        }
        return r.status;
    }

    int tell(const control_result& r) const
    {
        if (r.status != exit_status::done)
            complain(r.message);
        else if (!options_.quiet)
            line(stdout, r.message);
        return r.status;
    }

    int show(const status_report& report) const
    {
        using enum status_report::condition;
        if (options_.json)
            sys::print(stdout, {to_json(report), "\n"});
        else if (report.state == unknown)
            complain("status unknown: " + report.message);
        else if (!options_.quiet)
            line(stdout, report.state == running
                             ? "running (pid " + std::to_string(report.pid) + ")" +
                                   (report.since ? " since " + format_time(*report.since, "%F %T", false) : "") +
                                   ", recorded in " + report.where
                         : report.state == dead
                             ? "dead, but its record remains in " + report.where + "; start or stop clears it"
                             : "not running");
        return report.status();
    }

    daemon_type& daemon_;
    settings& settings_;
    std::string name_;
    const char* library_version_;
    options options_{};
};

} // namespace daemonkit::detail
