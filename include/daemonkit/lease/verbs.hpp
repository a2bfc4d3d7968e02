// SPDX-License-Identifier: BSL-1.0
// The verbs `holder` and `release` for a daemon with a lease: `using more_verbs = daemonkit::lease_verbs;`. They ask the
// store, on any host, whether a daemon runs there or not.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../command_line/verb_call.hpp"
#include "../core/exit_status.hpp"
#include "../core/startup_error.hpp"
#include "../sys/boot_clock.hpp"
#include "../sys/terminal.hpp"
#include "../text/joined.hpp"
#include "concept.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

namespace daemonkit {

/// `holder` prints which daemon owns the lease; `release` makes it give the lease to another one.
struct lease_verbs
{
    /// The verbs.
    static constexpr verb_help verbs[] = {
        {"holder", "", "print which host owns the lease; exit status 3 if none does", true},
        {"release", "", "ask the owner of the lease to step down, and return when it owns it no longer", true},
    };

    /// Executes one of them. Throws what the store throws.
    template <class Derived>
    [[nodiscard]] static int carry_out(const verb_call<Derived>& call)
    {
        using namespace std::chrono_literals;
        const auto& lease = call.settings.pid.second;
        const auto time = call.options.timeout.value_or(call.asked == "holder" ? 5s : 2 * lease.timing.ttl);
        const auto each = std::min<std::chrono::nanoseconds>(time, 5s); // request
        const auto end = sys::boot_clock::now() + time;
        auto session = lease.store.open({lease.timing.ttl, -1});
        const auto before = session.holder(sys::boot_clock::now() + each);
        if (call.asked == "holder" || !before) {
            print(call, before ? description_of(*before) : "no daemon owns the lease");
            return before ? exit_status::done : exit_status::status_stopped;
        }
        session.ask_release(sys::boot_clock::now() + each);
        for (;; sys::sleep_for(50ms)) {
            const auto now = session.holder(sys::boot_clock::now() + each);
            if (!now || now->token != before->token) {
                print(call, sys::joined({"host ", host_of(*before), " owns the lease no longer"}));
                return exit_status::done;
            }
            if (sys::boot_clock::now() >= end)
                throw startup_error(std::make_error_code(std::errc::timed_out), "release the lease",
                                    lease.store.where(),
                                    sys::joined({"host ", host_of(*now),
                                                 " still owns it: it has to end its run() and on_stop() first, or "
                                                 "does not hear the request (is it stopped?); see its status there, or "
                                                 "give it more time by --timeout"}));
        }
    }

private:
    [[nodiscard]] static std::string host_of(const lease_holder& holder)
    {
        return holder.host.empty() ? "unknown" : holder.host;
    }
    [[nodiscard]] static std::string description_of(const lease_holder& holder)
    {
        return sys::joined({"host ", host_of(holder), " (pid ", holder.pid, ", token ", holder.token, ")"});
    }
    template <class Derived>
    static void print(const verb_call<Derived>& call, const std::string& text)
    {
        if (!call.options.quiet) sys::print_line(stdout, call.name, {call.name, ": ", text, "\n"});
    }
};

} // namespace daemonkit
