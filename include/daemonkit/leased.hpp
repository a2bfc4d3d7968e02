// SPDX-License-Identifier: BSL-1.0
// A daemon that runs on one of several hosts at a time. Each host has a pid file of its own; a lease in a store decides
// which daemon runs. The others stand by.
#pragma once

#include "core/require_cxx20.hpp"

#include "core/status_details.hpp"
#include "lease/concept.hpp"
#include "lease/detail/driver.hpp"
#include "lease/timing.hpp"
#include "pid/all_of.hpp"
#include "pid/flock_pid_file.hpp"
#include "sys/raw/removal.hpp"
#include "text/joined.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace daemonkit {

namespace detail {

inline constexpr std::string_view role_of_owner = "owner (token ";
inline constexpr std::string_view role_of_standby = "standing by for host ";
inline constexpr std::string_view role_after_loss = "owner no more (token ";

/// The guard of a lease. It owns nothing before campaign().
template <class Store>
class lease_guard
{
public:
    lease_guard(const Store& store, const lease_timing& timing, bool stands_by, bool ready)
        : driver_(std::make_unique<lease_driver<Store>>(store, timing)), stands_by_(stands_by), ready_(ready)
    {
    }

    void publish(pid_t) noexcept {} // it campaigns as the user of the daemon, and not before on_start() has succeeded
    void campaign() { driver_->begin(); }
    void take_over() noexcept {}
    [[nodiscard]] static sys::raw_removal removal() noexcept { return {}; }
    void release() noexcept {}
    [[nodiscard]] static std::array<int, 1> descriptors() noexcept { return {-1}; }

    [[nodiscard]] int lost_fd() const noexcept { return driver_->changed_fd(); }
    [[nodiscard]] bool keep()
    {
        if (driver_->changed_fd() == -1) return true; // before campaign()
        driver_->take_change();
        seen_ = driver_->view();
        const bool held = seen_.state == lease_state::standing_by && seen_.holder;
        return seen_.state != lease_state::lost && !seen_.asked && (stands_by_ || !held);
    }
    [[nodiscard]] std::string loss() const
    {
        if (seen_.asked) return "it was asked to give the lease to another daemon";
        if (seen_.state == lease_state::standing_by)
            return sys::joined({"host ", seen_.holder->host, " owns the lease (token ", seen_.holder->token, ")"});
        if (seen_.end == lease_end::taken) return "the lease has ended, or another daemon owns it";
        return sys::joined({"the lease was not renewed in time: ",
                            seen_.error.empty() ? "the process was suspended, or run() was stuck" : seen_.error});
    }
    [[nodiscard]] bool lost() const noexcept { return driver_->asked() || (driver_->token() != 0 && !driver_->owns()); }

    /// Not before keep() has seen it, so that role() says the same.
    [[nodiscard]] bool owns() const noexcept { return seen_.state == lease_state::owner && driver_->owns(); }
    /// As soon as the store has answered, or cannot be reached. Never, if it may not stand by.
    [[nodiscard]] bool is_ready_standing_by() const noexcept
    {
        return ready_ && stands_by_ && (seen_.state == lease_state::standing_by || !seen_.error.empty());
    }
    [[nodiscard]] std::string role() const
    {
        if (seen_.state == lease_state::owner) return sys::joined({role_of_owner, seen_.token, ")"});
        if (seen_.state == lease_state::lost) return sys::joined({role_after_loss, seen_.token, ")"});
        if (seen_.state == lease_state::standing_by && seen_.holder && seen_.error.empty())
            return sys::joined({role_of_standby, seen_.holder->host, " (token ", seen_.holder->token, ")"});
        auto text = seen_.error.empty() ? std::string("waiting for the lease")
                                        : "cannot tell who owns the lease: " + seen_.error;
        std::replace(text.begin(), text.end(), ';', ','); // all_of puts the status line of the program behind "; "
        return text;
    }

    /// Half of stuck_after.
    [[nodiscard]] std::chrono::nanoseconds wait_interval() const noexcept { return driver_->wait_interval(); }
    void waiting(bool begins) noexcept { begins ? driver_->waiting() : driver_->working(); }

    /// The token of this daemon, which rises with each change of the owner. A resource refuses smaller ones than it has
    /// seen. In any thread: one load. 0: it was never the owner.
    [[nodiscard]] std::uint64_t token() const noexcept { return driver_->token(); }

private:
    std::unique_ptr<lease_driver<Store>> driver_;
    bool stands_by_;
    bool ready_;
    lease_view seen_{};
};

} // namespace detail

/// PidPolicy without a record: the daemon runs while it owns a lease in the store.
template <lease_store Store>
struct lease
{
    Store store;                   ///< where the lease is
    lease_timing timing{};         ///< when it is renewed, and when the daemon is killed without a renewal
    bool stands_by = true;         ///< false: a start fails, with exit status 75, if another daemon owns the lease
    bool ready_standing_by = true; ///< false: `start` waits until the daemon owns the lease

    static constexpr bool records_pid = false; ///< other processes of this host find the daemon by another identity

    /// In the launcher: nothing is sent and no thread is started before campaign(). Throws startup_error if a setting can
    /// never work.
    [[nodiscard]] detail::lease_guard<Store> claim() const
    {
        timing.check(store.where());
        if constexpr (detail::has_check_settings<Store>) store.check_settings();
        return {store, timing, stands_by, ready_standing_by};
    }

    /// What the verb status shows: the members `role`, `holder` and `token`.
    [[nodiscard]] static status_details details_of(std::string_view role)
    {
        const auto inside = role.rfind(" (token "); // a host can have any name
        const bool owner = role.starts_with(detail::role_of_owner);
        const bool standby = role.starts_with(detail::role_of_standby) && inside != role.npos;
        const bool lost = role.starts_with(detail::role_after_loss);
        status_details details{std::string(role), {}};
        const auto add = [&](const char* name, std::string_view value) { details.values.emplace_back(name, value); };
        if (!role.empty()) add("role", owner ? "owner" : standby ? "standby" : lost ? "lost" : "unknown");
        if (standby)
            add("holder", role.substr(detail::role_of_standby.size(), inside - detail::role_of_standby.size()));
        if (owner || standby || lost) add("token", role.substr(inside + 8, role.size() - inside - 9));
        return details;
    }
};

/// PidPolicy: a pid file on each host, `.first`, and a lease among the hosts, `.second`.
template <lease_store Store, class LocalPolicy = flock_pid_file>
using leased = all_of<LocalPolicy, lease<Store>>;

} // namespace daemonkit
