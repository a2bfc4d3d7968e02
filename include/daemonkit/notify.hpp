// SPDX-License-Identifier: BSL-1.0
// All notify policies: what the daemon tells the service manager.
#pragma once

#include "core/require_cxx20.hpp"

#include "notify/concept.hpp"
#include "notify/no_notify.hpp"
#include "notify/service_notify.hpp"
