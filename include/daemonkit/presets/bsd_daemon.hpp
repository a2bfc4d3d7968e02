// SPDX-License-Identifier: BSL-1.0
// The preset bsd_daemon, and the policies in it.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../basic_daemon.hpp"
#include "../fork/single_fork.hpp"
#include "../lifecycle/detail/preset.hpp"
#include "../notify/no_notify.hpp"
#include "../pid/flock_pid_file.hpp"
#include "../signal/self_pipe_signals.hpp"
#include "../stdio/null_stdio.hpp"

namespace daemonkit {

/// Like BSD's daemon(3) and pidfile(3): one fork and a locked pid file. Receives signals by POSIX functions only.
template <class Derived, class... NamedParts>
using bsd_daemon =
    detail::preset<Derived, detail::defaults<single_fork, flock_pid_file, self_pipe_signals, null_stdio, no_notify>,
                   NamedParts...>;

} // namespace daemonkit
