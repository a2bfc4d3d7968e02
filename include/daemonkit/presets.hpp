// SPDX-License-Identifier: BSL-1.0
// Combinations of policies, one for each kind of deployment, and all policies that can be named in them. Each part that
// you name replaces the preset's policy of the same family, in any order: sysv_daemon<D, pid_file, log_file_stdio>. A
// preset of your own is an alias: `template <class D> using ours = sysv_daemon<D, no_pid_file>;`.
//
// Without Boost.Filesystem, what names no path is here: systemd_daemon, container_daemon, and the policies of theirs.
#pragma once

#include "core/require_cxx20.hpp"

#include "fork.hpp"
#include "notify.hpp"
#include "presets/container_daemon.hpp"
#include "presets/systemd_daemon.hpp"
#include "signal.hpp"

#if __has_include(<boost/filesystem/path.hpp>)
#include "pid.hpp"
#include "presets/bsd_daemon.hpp"
#include "presets/sysv_daemon.hpp"
#include "presets/universal_daemon.hpp"
#include "stdio.hpp"
#endif
