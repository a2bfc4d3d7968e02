// SPDX-License-Identifier: BSL-1.0
// How the daemon proves which process it is.
#pragma once

#include "core/require_cxx20.hpp"

#include "pid/concept.hpp"
#include "pid/flock_pid_file.hpp"
#include "pid/no_pid_file.hpp"
#include "pid/pid_file.hpp"
