// SPDX-License-Identifier: BSL-1.0
// All fork policies: how the daemon detaches from the launcher.
#pragma once

#include "core/require_cxx20.hpp"

#include "fork/concept.hpp"
#include "fork/double_fork.hpp"
#include "fork/handoff_fork.hpp"
#include "fork/no_fork.hpp"
#include "fork/single_fork.hpp"
