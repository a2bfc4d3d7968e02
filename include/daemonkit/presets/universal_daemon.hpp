// SPDX-License-Identifier: BSL-1.0
// The preset universal_daemon, and the policies in it.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../basic_daemon.hpp"
#include "../fork/double_fork.hpp"
#include "../lifecycle/detail/preset.hpp"
#include "../notify/service_notify.hpp"
#include "../pid/flock_pid_file.hpp"
#include "../signal/reaping_signals.hpp"
#include "../stdio/null_stdio.hpp"

namespace daemonkit {

/// One program for every deployment: the verb start for init scripts and cluster managers, the verb run for service
/// managers and containers. Only one instance runs, whichever verb started it.
template <class Derived, class... NamedParts>
using universal_daemon =
    detail::preset<Derived, detail::defaults<double_fork, flock_pid_file, reaping_signals, null_stdio, service_notify>,
                   NamedParts...>;

} // namespace daemonkit
