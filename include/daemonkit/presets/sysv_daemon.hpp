// SPDX-License-Identifier: BSL-1.0
// The preset sysv_daemon, and the policies in it.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../basic_daemon.hpp"
#include "../fork/double_fork.hpp"
#include "../lifecycle/detail/preset.hpp"
#include "../notify/no_notify.hpp"
#include "../pid/flock_pid_file.hpp"
#include "../signal/signalfd_signals.hpp"
#include "../stdio/null_stdio.hpp"

namespace daemonkit {

/// For init scripts and cluster managers: the SysV daemon of daemon(7). It cannot acquire a controlling terminal again,
/// and its pid file is verified by the verbs stop and status.
template <class Derived, class... NamedParts>
using sysv_daemon =
    detail::preset<Derived, detail::defaults<double_fork, flock_pid_file, signalfd_signals, null_stdio, no_notify>,
                   NamedParts...>;

} // namespace daemonkit
