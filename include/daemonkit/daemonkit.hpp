// SPDX-License-Identifier: BSL-1.0
// Everything but the command line, for which only its users pay: <daemonkit/command_line.hpp>.
#pragma once

#include "basic_daemon.hpp"
#include "fork.hpp"
#include "pid.hpp"
#include "presets.hpp"
#include "signal.hpp"
#include "stdio.hpp"
#include "version.hpp"
