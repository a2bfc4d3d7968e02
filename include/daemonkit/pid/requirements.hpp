// SPDX-License-Identifier: BSL-1.0
// What a PidPolicy must have, as sentences, and what its guard says when it has no sentence of its own.
#pragma once

#include "concept.hpp"

#include <concepts>
#include <string_view>
#include <type_traits>

namespace daemonkit::detail {

/// Why a daemon gives up, if its guard has no loss().
inline constexpr const char* taken_over = "another daemon has taken over this instance";

/// What a guard needs if the launcher gives its memory to the daemon.
template <class PidGuard>
concept can_be_taken_over = has_removal<PidGuard> && has_take_over<PidGuard>;

/// A policy without a record says by details_of(role) what its guard's role() means.
template <class PidPolicy>
concept has_details_of = requires {
    { PidPolicy::details_of(std::string_view()) } -> std::same_as<status_details>;
};

/// The guard never wakes the daemon: `static constexpr int lost_fd()` returns -1.
template <class PidGuard>
concept never_wakes = requires { typename std::bool_constant<PidGuard::lost_fd() == -1>; } && PidGuard::lost_fd() == -1;

/// Whether keep() has nothing to do, so that no wait calls it.
template <class PidGuard>
concept keeps_itself = requires { typename std::bool_constant<PidGuard::keep()>; } && PidGuard::keep();

/// Says in one sentence what a PidPolicy lacks.
template <class PidPolicy>
struct pid_requirements
{
    using guard = identity_type<PidPolicy>;
    static constexpr bool made = has_claim<PidPolicy>;
    static constexpr bool found = records_pid<PidPolicy>;

    static_assert(std::copyable<PidPolicy>,
                  "daemonkit: the PidPolicy must be copyable: a policy holds settings, its guard owns resources");
    static_assert(has_records_pid<PidPolicy>, "daemonkit: the PidPolicy lacks `static constexpr bool records_pid`");
    static_assert(made, "daemonkit: the PidPolicy lacks `claim() const`");
    static_assert(!made || has_publish<guard>,
                  "daemonkit: the guard that the PidPolicy's claim() returns lacks `void publish(pid_t)`");
    static_assert(!made || has_release<guard>,
                  "daemonkit: the guard that the PidPolicy's claim() returns lacks `void release() noexcept`");
    static_assert(!made || has_descriptors<guard>,
                  "daemonkit: the guard that the PidPolicy's claim() returns lacks `descriptors() const`, a range of "
                  "int");
    static_assert(!made || has_lost_fd<guard>,
                  "daemonkit: the guard that the PidPolicy's claim() returns lacks `int lost_fd() const`");
    static_assert(!made || has_keep<guard>,
                  "daemonkit: the guard that the PidPolicy's claim() returns lacks `bool keep()`");
    static_assert(!made || std::movable<guard>,
                  "daemonkit: the guard that the PidPolicy's claim() returns is not movable");
    static_assert(!found || has_find<PidPolicy>,
                  "daemonkit: the PidPolicy says that it records the pid, but lacks `pid_holder find() const`");
    static_assert(!found || has_where<PidPolicy>,
                  "daemonkit: the PidPolicy says that it records the pid, but lacks `std::string where() const`");
    static_assert(!made || has_control_socket<PidPolicy> == has_control_fd<guard>,
                  "daemonkit: reload() would wait in vain: the PidPolicy has `sys::unique_fd "
                  "control_socket(const pid_holder&) const`, or its guard `int control_fd() const noexcept`, but "
                  "not both");
    static_assert(has_owns<guard> == can_stand_by<guard>,
                  "daemonkit: the guard of the PidPolicy has `bool owns() const`, so that its daemon can stand by, but "
                  "lacks `void campaign()`, `bool is_ready_standing_by() const` or `std::string role() const`");
};

} // namespace daemonkit::detail
