// SPDX-License-Identifier: BSL-1.0
// Includes everything but the parts that not every daemon needs: <daemonkit/command_line.hpp>,
// <daemonkit/socket_activation.hpp>, <daemonkit/stderr_log.hpp>.
#pragma once

#include "core/require_cxx20.hpp"

#include "basic_daemon.hpp"
#include "fork.hpp"
#include "notify.hpp"
#include "pid.hpp"
#include "presets.hpp"
#include "signal.hpp"
#include "stdio.hpp"
#include "version.hpp"
