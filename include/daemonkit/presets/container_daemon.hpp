// SPDX-License-Identifier: BSL-1.0
// The preset container_daemon, and the policies in it.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../basic_daemon.hpp"
#include "../fork/no_fork.hpp"
#include "../lifecycle/detail/preset.hpp"
#include "../notify/no_notify.hpp"
#include "../pid/no_pid_file.hpp"
#include "../signal/reaping_signals.hpp"
#include "../stdio/inherit_stdio.hpp"

namespace daemonkit {

/// For containers. It handles SIGTERM, because the kernel ignores unhandled signals to pid 1. It blocks no signals in
/// the programs that it executes. It collects orphans, which become children of pid 1.
template <class Derived, class... NamedParts>
using container_daemon =
    detail::preset<Derived, detail::defaults<no_fork, no_pid_file, reaping_signals, inherit_stdio, no_notify>,
                   NamedParts...>;

} // namespace daemonkit
