// SPDX-License-Identifier: BSL-1.0
// Log lines on standard error: stderr_log() and log_level.
#pragma once

#include "core/require_cxx20.hpp"

#include "core/log_line.hpp"
