// SPDX-License-Identifier: BSL-1.0
// The preset systemd_daemon, and the policies in it.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../basic_daemon.hpp"
#include "../fork/no_fork.hpp"
#include "../lifecycle/detail/preset.hpp"
#include "../notify/service_notify.hpp"
#include "../pid/no_pid_file.hpp"
#include "../signal/signalfd_signals.hpp"
#include "../stdio/inherit_stdio.hpp"

namespace daemonkit {

/// For systemd, s6 and runit: the new-style daemon of daemon(7). It stays in the foreground and notifies the service
/// manager, which knows its pid, keeps its log and restarts it.
template <class Derived, class... NamedParts>
using systemd_daemon =
    detail::preset<Derived, detail::defaults<no_fork, no_pid_file, signalfd_signals, inherit_stdio, service_notify>,
                   NamedParts...>;

} // namespace daemonkit
