// SPDX-License-Identifier: BSL-1.0
// What a daemon tells its launcher and its service manager. Without them these functions do nothing.
#pragma once

#include "../../sys/cancellation.hpp"
#include "../../sys/deadline.hpp"
#include "../../text/utf8.hpp"
#include "descriptor_name.hpp"
#include "guards.hpp"

#include <string_view>
#include <utility>

namespace daemonkit::detail {

template <class DaemonPolicies>
class announcements : protected guards<DaemonPolicies>
{
    using own_guards = guards<DaemonPolicies>;
    using identity_type = typename DaemonPolicies::identity;

    static constexpr bool has_launcher_link = detail::detaches<typename DaemonPolicies::fork>;
    static constexpr bool has_manager = detail::notifies<typename DaemonPolicies::notify>;

public:
    /// Reports readiness once; later calls do nothing.
    void ready() noexcept
    {
        if (std::exchange(ready_, true)) return;
        if constexpr (has_started<identity_type>)
            if (identity_) identity().started();
        tell_launcher([](auto& link) { link.ready(); });
        tell_manager([](auto& manager) { manager.ready(); });
    }

    void extend(std::chrono::nanoseconds more) noexcept
    {
        if (!ready_) tell_launcher([&](auto& link) { link.extend(more); });
        tell_manager([&](auto& manager) { manager.extend(more); });
    }

    void notify_status(std::string_view text) noexcept
    {
        static_cast<void>(&made_before_main);
        has_said_ = true;
        if constexpr (tells_status<typename DaemonPolicies::link>)
            if (!ready_) tell_launcher([&](auto& link) { link.status(sys::one_line(text)); });
        if constexpr (keeps_status<identity_type>)
            if (identity_) uncancelled([&](auto& guard) { guard.status(sys::one_line(text)); }, identity());
        tell_manager([&](auto& manager) { manager.status(text); });
    }

    [[nodiscard]] std::chrono::nanoseconds watchdog_interval() const noexcept
    {
        auto interval = sys::forever;
        if constexpr (has_wait_interval<identity_type>)
            if (identity_) interval = identity().wait_interval();
        if constexpr (has_manager)
            if (manager_ && manager_->watchdog_interval() < interval) return manager_->watchdog_interval();
        return interval;
    }

    bool store_descriptor(int fd, std::string_view name)
    {
        check_descriptor_name(name);
        bool sent = false;
        tell_manager([&](auto& manager) { sent = manager.store(fd, name); });
        return sent;
    }

    void remove_descriptor(std::string_view name)
    {
        check_descriptor_name(name);
        tell_manager([&](auto& manager) { manager.remove(name); });
    }

protected:
    using own_guards::identity_;
    using own_guards::link_;
    using own_guards::manager_;

    // These functions of guards are no places to be cancelled: most are noexcept.
    template <class SayFunction>
    void tell_launcher([[maybe_unused]] SayFunction say)
    {
        if constexpr (has_launcher_link)
            if (link_) uncancelled(say, *link_);
    }

    template <class SayFunction>
    void tell_manager([[maybe_unused]] SayFunction say)
    {
        if constexpr (has_manager)
            if (manager_) uncancelled(say, *manager_);
    }

    template <class SayFunction, class AnyGuard>
    static void uncancelled(const SayFunction& say, AnyGuard& guard)
    {
        const sys::cancellation off(PTHREAD_CANCEL_DISABLE);
        say(guard);
    }

    /// Before privileges are dropped: afterwards no place for the lines can be made. Only in a program that has them.
    void prepare_status() noexcept
    {
        if (prepare != nullptr && !has_said_) prepare(*this);
    }

    void tell_reloading(bool begins) noexcept
    {
        if constexpr (has_reloading<identity_type>)
            if (ready_ && identity_) identity().reloading(begins);
    }

    void tell_stopping() noexcept
    {
        if constexpr (has_stopping<identity_type>)
            if (identity_) identity().stopping();
    }

    // The order of a life puts it there.
    [[nodiscard]] identity_type& identity() noexcept { return *identity_; }
    [[nodiscard]] const identity_type& identity() const noexcept { return *identity_; }

    bool ready_ = false;

private:
    /// The compiler makes the object, whose constructor runs before main(), only if the program calls notify_status().
    struct caller
    {
        caller() noexcept
        {
            if constexpr (keeps_status<identity_type>)
                prepare = [](announcements& self) { self.identity().status({}); };
        }
    };
    static inline void (*prepare)(announcements&) = nullptr;
    static inline const caller made_before_main{};
    bool has_said_ = false;
};

} // namespace daemonkit::detail
