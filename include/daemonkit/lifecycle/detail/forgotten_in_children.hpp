// SPDX-License-Identifier: BSL-1.0
// The guards of a daemon in a child that it made by fork(2): they are the daemon's, so the child releases none of them.
// It is no daemon, and it can start one.
#pragma once

#include "../../core/startup_error.hpp"
#include "../../sys/fork_handler.hpp"
#include "../../sys/raw/call.hpp"

namespace daemonkit::detail {

/// While it lives, each child calls forget() of its copy of the runtime before fork(2) returns there.
template <class DaemonRuntime>
class forgotten_in_children
{
public:
    /// In the daemon. Throws startup_error.
    explicit forgotten_in_children(DaemonRuntime& state) : handler_(forget, sys::raw::address(&state))
    {
        if (!handler_) throw_errno("register a fork handler");
    }

private:
    static void forget(long state) noexcept
    {
        reinterpret_cast<DaemonRuntime*>(state)->forget(); // NOLINT(*-reinterpret-cast,*-int-to-ptr)
    }

    sys::fork_handler handler_;
};

} // namespace daemonkit::detail
