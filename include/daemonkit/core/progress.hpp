// SPDX-License-Identifier: BSL-1.0
// Progress of a wait: a callable that is called while a process waits for a daemon.
#pragma once

#include "require_cxx20.hpp"

#include "../sys/time.hpp"

#include <concepts>
#include <string_view>

namespace daemonkit {

/// The default Progress, which shows nothing. A Progress is called about once a second, in the process and thread that
/// wait, with the time since the wait began. If it can take a second argument, std::string_view, a start passes the line
/// that the daemon gave to notify_status() last, and also calls it when a line arrives.
struct no_progress
{
    void operator()(std::chrono::nanoseconds) const noexcept {} ///< does nothing
};

namespace detail {

/// For a life that has no launcher: the code that waits for a daemon is not compiled.
struct no_launcher : no_progress
{};

/// Whether a Progress takes the status line of the daemon, too.
template <class Progress>
concept shows_status = std::invocable<Progress&, std::chrono::nanoseconds, std::string_view>;

} // namespace detail

} // namespace daemonkit
