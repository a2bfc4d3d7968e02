// SPDX-License-Identifier: BSL-1.0
// Leases in etcd: find_package(daemonkit COMPONENTS etcd), target daemonkit::etcd, which needs libcurl.
#pragma once

#include "core/require_cxx20.hpp"

#include "lease/store/etcd_store.hpp"
#include "lease/verbs.hpp"
#include "leased.hpp"
