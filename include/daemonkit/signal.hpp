// SPDX-License-Identifier: BSL-1.0
// All signal policies: how the daemon receives signals.
#pragma once

#include "core/require_cxx20.hpp"

#include "signal/concept.hpp"
#include "signal/configured_signals.hpp"
#include "signal/flag_signals.hpp"
#include "signal/inherit_signals.hpp"
#include "signal/reaping_signals.hpp"
#include "signal/self_pipe_signals.hpp"
#include "signal/signalfd_signals.hpp"
