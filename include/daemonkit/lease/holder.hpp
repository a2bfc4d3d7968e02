// SPDX-License-Identifier: BSL-1.0
// The process that owns a lease, as every host reads it in the store.
#pragma once

#include "../core/require_cxx20.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace daemonkit {

/// The owner of a lease.
struct lease_holder
{
    std::string host{};           ///< the name of its host, uname(2)
    std::string boot{};           ///< the random id of that host's boot, random(4)
    pid_t pid = 0;                ///< of the owner, in its pid namespace
    unsigned long long start = 0; ///< its start time in clock ticks since boot, proc(5)
    std::uint64_t token = 0;      ///< rises with each change of the owner; 0: it is not known yet

    bool operator==(const lease_holder&) const = default; ///< all are equal
};

} // namespace daemonkit
