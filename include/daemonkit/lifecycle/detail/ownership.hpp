// SPDX-License-Identifier: BSL-1.0
// What a daemon does about its identity: it keeps it, waits for it before run(), and gives up when it is lost.
#pragma once

#include "../../core/report.hpp"
#include "../../text/joined.hpp"
#include "announcements.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace daemonkit::detail {

template <class DaemonPolicies>
class ownership : protected announcements<DaemonPolicies>
{
    using base = announcements<DaemonPolicies>;
    using identity_type = typename DaemonPolicies::identity;

public:
    [[nodiscard]] const identity_type& held_identity() const
    {
        if (!identity_) throw std::logic_error("daemonkit: identity() works inside run() and the hooks");
        return identity();
    }

protected:
    using base::identity;
    using base::identity_;
    using base::ready_;

    /// `heard`, or whether the identity is lost, though no wait has seen it yet. Where none can be lost, a loop that
    /// asks compiles to the same code as with `heard` alone.
    [[nodiscard]] bool or_lost(bool heard) const noexcept
    {
        if constexpr (has_lost<identity_type>)
            return heard || (identity_ && identity().lost());
        else
            return heard;
    }

    /// Whether the guard has something for run() to look at, after a wait.
    [[nodiscard]] bool news()
    {
        if constexpr (tells_news<identity_type>)
            return identity_ && identity().has_news();
        else
            return false;
    }

    /// Between the drop of privileges and run(): calls `serve`, which waits for one event, until this process owns the
    /// identity, or the daemon stops.
    template <class ServeFunction>
    void campaign([[maybe_unused]] const ServeFunction& serve)
    {
        if constexpr (has_owns<identity_type>) {
            std::string said;
            const auto say = [&] {
                auto role = identity().role();
                if (role == said) return;
                base::notify_status(role);
                // What follows a colon is a reason, which can change often.
                const auto kind = [](std::string_view text) { return text.substr(0, text.find(':')); };
                if (kind(role) != kind(said)) report(log_level::notice, name_, role);
                said = std::move(role);
            };
            identity().campaign();
            for (keep_identity(); !stopping_ && !identity().owns();) {
                say();
                if (identity().is_ready_standing_by()) base::ready();
                serve();
            }
            if (!stopping_) say();
            // run() begins: it works until it waits, also if this process owned the identity before the first wait.
            if constexpr (has_waiting<identity_type>) identity().waiting(false);
        }
    }

    void keep_identity()
    {
        if (!identity().keep() && loss_.empty()) give_up();
    }

    [[gnu::cold]] void give_up()
    {
        if constexpr (has_loss<identity_type>)
            loss_ = identity().loss();
        else
            loss_ = taken_over;
        if (ready_) report(log_level::err, name_, sys::joined({loss_, ": stopping"}), report_kind::last_words);
        if constexpr (has_role<identity_type>) base::notify_status(identity().role());
        stopping_ = true;
        base::tell_stopping();
    }

    std::string name_{};
    std::conditional_t<has_loss<identity_type>, std::string, std::string_view>
        loss_{}; // why the identity was given up; empty: it was not
    bool stopping_ = false;
};

} // namespace daemonkit::detail
