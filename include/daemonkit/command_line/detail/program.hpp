// SPDX-License-Identifier: BSL-1.0
// The verbs of an init script (LSB 3.1, section 20.2) for a daemon class. Arguments become calls; results become one
// line and an exit status. Results go to standard output, errors to standard error.
#pragma once

#include "../../control/control_result.hpp"
#include "../../control/status_report.hpp"
#include "../../core/report.hpp"
#include "../../core/start_result.hpp"
#include "../../core/startup_error.hpp"
#include "../../lifecycle/detail/check.hpp"
#include "../../sys/cancellation.hpp"
#include "../../sys/process.hpp"
#include "../../sys/terminal.hpp"
#include "../../sys/unit.hpp"
#include "../program_option.hpp"
#include "../verb_call.hpp"
#include "instances.hpp"
#include "json.hpp"
#include "options.hpp"
#include "verbs.hpp"

#include <concepts>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace daemonkit::detail {

/// Executes one verb for a daemon class.
template <class Derived>
class program
{
    using daemon_type = typename Derived::daemon_type;
    using settings = typename daemon_type::settings;

public:
    /// `name`: in messages. The caller keeps all of these.
    program(Derived& daemon, settings& s, const std::string& name, const options& o, const program_options& more)
        : daemon_(daemon), settings_(s), name_(name), options_(o), more_(more)
    {
    }

    /// The settings could not be made. Returns the exit status.
    [[nodiscard, gnu::cold]] static int has_no_settings(const options& o, const std::string& reason,
                                                        int status = exit_status::not_configured)
    {
        if (o.asked == "status") status = exit_status::status_unknown;
        if (!o.json || !print_no_settings<Derived>(o.asked, reason)) complain_of_start(sys::program_name(), reason);
        return status;
    }

    template <class... Args>
    [[gnu::cold]] int operator()(Args&&... args)
    {
        if (options_.timeout) set_timeouts(*options_.timeout);
        if (options_.ready_fd) {
            if constexpr (requires { settings_.notify.ready_fd; }) {
                settings_.notify.ready_fd = *options_.ready_fd;
            } else {
                complain("--ready-fd: this daemon notifies no service manager; build it with service_notify");
                return exit_status::usage;
            }
        }
        if constexpr (requires {
                          settings_.fork.announces;
                      }) { // the launcher prints the result itself: start() does not return there
            settings_.fork.announces = !options_.quiet;
            settings_.fork.name = name_;
        }
        returns_ = std::exchange(settings_.process.launcher_returns, true); // start() must not end before the report
        const auto& asked = options_.asked;
        if (asked == "run") return report(daemon_.run_in_foreground(settings_, std::forward<Args>(args)...));
        if (asked == "start") {
            print_step("starting");
            return report(daemon_.start_watched(progress("starting"), settings_, std::forward<Args>(args)...));
        }
        return execute(asked.name, std::forward<Args>(args)...);
    }

private:
    /// The exit status, in the daemon, and where the launcher returns; otherwise ends this process.
    int finish(int status, bool is_daemon = false) const
    {
        if (is_daemon || returns_) return status;
        sys::flush_streams();
        sys::exit_now(status);
    }

    /// An init script or a job of cron may have sent standard error to /dev/null.
    [[gnu::cold]] static void complain_of_start(const std::string& name, const std::string& reason)
    {
        if (sys::reader_of(2) == sys::log_reader::none)
            detail::report(log_level::err, name, reason);
        else
            sys::print_line(stderr, name, {name, ": ", reason, "\n"});
    }

    /// Executes the other verbs. noinline, because otherwise a started daemon would keep their results on its stack.
    template <class... Args>
    [[gnu::noinline, gnu::cold]] int execute(std::string_view verb, Args&&... args)
    {
        require_check<Derived, Args...>();
        check_verbs<Derived>();
        if constexpr (has_check<Derived, Args...>)
            if (verb == "check") return report(checked_here(args...));
        if constexpr (lists_instances<Derived>)
            if (verb == "list") return report(list_instances<Derived>(settings_, options_.json));
        if constexpr (requires { typename Derived::more_verbs; })
            for (const auto& one : more_verbs_of<Derived>())
                if (verb == one.name) return finish(carry_out_more(args...));
        if constexpr (daemon_type::can_be_found) {
            if (verb == "stop") {
                print_step("stopping");
                return report(daemon_type::stop(settings_, progress("stopping")));
            }
            if (verb == "status") return show(daemon_type::status(settings_));
            if constexpr (takes_signals<Derived>)
                if (verb == "signal")
                    return report(daemon_type::send_signal(settings_, sys::signal_number(options_.asked.operand)));
            if constexpr (daemon_type::hears_reload())
                if (verb == "reload" || verb == "force-reload")
                    return report(daemon_.check_and_reload(settings_, args...));
            if (verb == "restart" || verb == "try-restart" || verb == "force-reload") {
                print_step("restarting");
                const auto condition = verb == "restart" ? restart_if::always : restart_if::running;
                return report(
                    daemon_.restart_watched(progress("restarting"), condition, settings_, std::forward<Args>(args)...));
            }
        } else if (verb == "status") {
            constexpr const char* why =
                "this daemon has no pid file: ask the service manager or container that runs it";
            return show(status_report{.state = status_report::condition::unknown, .name = name_, .message = why});
        }
        complain("cannot " + std::string(verb) +
                 (verb == "check"    ? ": this daemon checks nothing before it starts"
                  : verb == "signal" ? ": this daemon has chosen no signals"
                  : verb == "list"   ? ": this program has one instance only"
                  : daemon_type::can_be_found
                      ? ": this daemon has no configuration to reload: restart it instead"
                      : ": this daemon has no pid file: use the service manager or container that runs it"));
        return finish(exit_status::not_implemented);
    }

    /// The verb check.
    template <class... Args>
    [[nodiscard]] control_result checked_here(Args&... args)
    {
        auto result = checked(daemon_, args...);
        if (result.status == exit_status::done) result.message = "check passed";
        return result;
    }

    template <class... Args>
    int carry_out_more(Args&... args)
    {
        const auto check = [&] { call_check(daemon_, args...); };
        const verb_call<Derived> call{settings_, name_, options_.asked, options_, more_, check};
        try {
            return Derived::more_verbs::carry_out(call);
        } catch (const std::exception& e) {
            return report(failure(e));
        } catch (...) {
            sys::pass_on_unwinding();
            return report(control_result{exit_status::error, 0, "an exception that is no std::exception"});
        }
    }

    /// --timeout: how long to wait until the daemon is ready, for the first step of a stop, and for a reload.
    void set_timeouts(std::chrono::nanoseconds time)
    {
        if constexpr (requires { settings_.fork.deadline = time; }) settings_.fork.deadline = time;
        settings_.stop.first_patience(time);
        settings_.reload_deadline = time;
    }

    [[nodiscard]] sys::ticker progress(const char* doing) const { return {doing, name_, options_.quiet}; }

    [[gnu::cold]] void line(std::FILE* to, const std::string& text) const
    {
        sys::print_line(to, name_, {name_, ": ", text, "\n"});
    }

    void complain(const std::string& text) const { line(stderr, text); }
    /// Buffered: a closed pipe must not end this process by SIGPIPE before it has executed the verb.
    void print_step(const std::string& text) const
    {
        if (options_.verbose) std::printf("%s: %s\n", name_.c_str(), text.c_str());
    }

    /// The exit status of a result: the program's own, where its class has `static int exit_status_of(result)`.
    template <class ResultType>
    [[nodiscard]] static int status_of(const ResultType& result)
    {
        if constexpr (maps_status<Derived, ResultType>)
            return Derived::exit_status_of(result);
        else
            return result;
    }

    /// The message of a start, with the systemd unit of a daemon that already runs.
    [[nodiscard, gnu::cold]] static std::string with_unit(const start_result& r)
    {
        const auto unit = r.outcome == start_outcome::already_running ? sys::unit_of(r.pid) : std::string();
        if (unit.empty()) return r.message;
        auto message = r.message; // restart() may have appended to it
        return message.insert(message.find(')') + 1, ", as the systemd unit " + unit + ": use systemctl");
    }

    [[gnu::cold]] int report(const start_result& r) const
    {
        if (r.outcome == start_outcome::ready) {
            if (!options_.quiet)
                sys::print_line(stdout, name_,
                                {name_, ": started (pid ", r.pid, ")", r.message.empty() ? "" : "; ", r.message, "\n"});
            if constexpr (daemon_type::can_be_found)
                if (const auto where = options_.verbose ? settings_.pid.where() : std::string(); !where.empty())
                    print_step("recorded in " + where);
        } else if (r.status != exit_status::done && r.outcome != start_outcome::finished) {
            if (!r.message.empty()) complain_of_start(name_, with_unit(r));
        } else if (!options_.quiet && !r.message.empty() && r.outcome != start_outcome::finished) {
            line(stdout, with_unit(r));
        }
        return finish(status_of(r), !r.in_launcher);
    }

    [[gnu::cold]] int report(const control_result& r) const
    {
        if (r.status != exit_status::done && !r.message.empty())
            complain(r.message);
        else if (!options_.quiet && !r.message.empty())
            line(stdout, r.message);
        return finish(status_of(r));
    }

    template <class ReportType>
    [[gnu::cold]] int show(const ReportType& found) const
    {
        if (options_.json)
            sys::print(stdout, {to_json(found), "\n"});
        else if (found.state == status_report::condition::unknown)
            complain(sentence_of(found));
        else if (!options_.quiet)
            line(stdout, sentence_of(found));
        return finish(status_of(found));
    }

    Derived& daemon_;
    settings& settings_;
    const std::string& name_;
    const options& options_;
    const program_options& more_;
    bool returns_ = true; // process_settings::launcher_returns
};

} // namespace daemonkit::detail
