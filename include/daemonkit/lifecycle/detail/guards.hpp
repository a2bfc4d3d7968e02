// SPDX-License-Identifier: BSL-1.0
// The guards of a daemon's life. A child that the daemon makes by fork(2) has copies of them, but they are the daemon's:
// the child releases none. It is no daemon, and it can start one.
#pragma once

#include "../../core/startup_error.hpp"
#include "../../sys/fork_handler.hpp"
#include "../../sys/raw/call.hpp"
#include "guard_slot.hpp"
#include "policies.hpp"

namespace daemonkit::detail {

template <class DaemonPolicies>
class guards
{
protected:
    // Released in reverse order. Signals are restored after the instance is released, so that a second SIGTERM cannot
    // interrupt that. The launcher and the manager come last, so that they learn of every failure.
    guard_slot<typename DaemonPolicies::link> link_{};
    guard_slot<typename DaemonPolicies::manager> manager_{};
    guard_slot<typename DaemonPolicies::signals> signals_{};
    guard_slot<typename DaemonPolicies::identity> identity_{};
    guard_slot<typename DaemonPolicies::streams> streams_{}; // empty in the foreground, where nothing is redirected

    /// In the daemon: while the result lives, each child empties its copies before fork(2) returns there. Throws
    /// startup_error.
    [[nodiscard]] auto forget_in_children()
    {
        if constexpr (detaches<typename DaemonPolicies::fork> || notifies<typename DaemonPolicies::notify> ||
                      DaemonPolicies::pid::records_pid || DaemonPolicies::signal::claims_signals) {
            sys::fork_handler handler(forget, sys::raw::address(this));
            if (!handler) throw_errno("register a fork handler");
            return handler;
        } else {
            return 0; // null policies have nothing to release
        }
    }

private:
    static void forget(long self) noexcept
    {
        auto& copies = sys::fork_handler::object_at<guards>(self);
        [](auto&... slots) noexcept { (slots.forget(), ...); }(copies.link_, copies.manager_, copies.signals_,
                                                               copies.identity_, copies.streams_);
    }
};

} // namespace daemonkit::detail
