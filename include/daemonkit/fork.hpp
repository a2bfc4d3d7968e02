// SPDX-License-Identifier: BSL-1.0
// How the daemon detaches.
#pragma once

#include "fork/concept.hpp"
#include "fork/double_fork.hpp"
#include "fork/handoff_fork.hpp"
#include "fork/no_fork.hpp"
#include "fork/notify_double_fork.hpp"
#include "fork/notify_no_fork.hpp"
#include "fork/single_fork.hpp"
