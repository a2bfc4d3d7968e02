// SPDX-License-Identifier: BSL-1.0
// All pid policies: how a daemon records its pid, and how other processes find it.
#pragma once

#include "core/require_cxx20.hpp"

#include "pid/concept.hpp"
#include "pid/flock_pid_file.hpp"
#include "pid/no_pid_file.hpp"
#include "pid/pid_file.hpp"
