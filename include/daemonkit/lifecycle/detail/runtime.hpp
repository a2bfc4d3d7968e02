// SPDX-License-Identifier: BSL-1.0
// The state of a daemon, a member of basic_daemon: its name, its guards and what has happened. Implements the functions
// that run() and the hooks can call. Class life (life.hpp) acquires and releases the guards.
#pragma once

#include "../../control/detail/failure.hpp"
#include "../../control/detail/reload_protocol.hpp"
#include "../../sys/cancellation.hpp"
#include "../../sys/deadline.hpp"
#include "../../sys/file.hpp"
#include "../../sys/process.hpp"
#include "../../sys/signal_mask.hpp"
#include "../../text/joined.hpp"
#include "descriptor_name.hpp"
#include "guards.hpp"
#include "hooks.hpp"
#include "policies.hpp"

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace daemonkit::detail {

template <class Derived, class DaemonPolicies>
class runtime : guards<DaemonPolicies>
{
    using own_guards = guards<DaemonPolicies>;
    using signals_type = typename DaemonPolicies::signals;
    using identity_type = typename DaemonPolicies::identity;
    using signal_policy_type = typename DaemonPolicies::signal;

    static constexpr bool has_launcher_link = detail::detaches<typename DaemonPolicies::fork>;
    static constexpr bool has_manager = detail::notifies<typename DaemonPolicies::notify>;

public:
    /// Whether the daemon receives SIGHUP. If not, the disposition of SIGHUP is not changed.
    static constexpr bool hears_reload()
    {
        return signal_policy_type::claims_signals && (DaemonPolicies::stdio::reopens || declares_on_reload<Derived>());
    }

    bool wait_for(Derived& daemon, std::chrono::nanoseconds time)
    {
        auto left = time;
        const sys::deadline until(left);
        for (int events = 0; !stopping_; ++events) { // bounded: signals can arrive faster than the hooks run
            const bool idle = !handle_event(daemon, left);
            left = until.remaining();
            if ((idle || events >= _NSIG) && left == left.zero()) return !stopping_;
        }
        return false;
    }

    bool wait(Derived& daemon)
    {
        while (!stopping_ && !handle_event(daemon, sys::forever)) {}
        return !stopping_;
    }

    [[nodiscard]] bool stop_requested() const noexcept
        requires has_stop_requested<signals_type>
    {
        if constexpr (requires { signals_type::stop_requested(); })
            return signals_type::stop_requested(); // also outside of a life
        else
            return signals_->stop_requested();
    }

    [[nodiscard]] int signal_fd() const
        requires has_signal_fd<signals_type>
    {
        return installed().fd();
    }

    [[nodiscard]] sigset_t child_mask() const noexcept
    {
        return signal_policy_type::claims_signals ? child_mask_ : sys::current_mask();
    }

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
        tell_manager([&](auto& manager) { manager.status(text); });
    }

    [[nodiscard]] std::chrono::nanoseconds watchdog_interval() const noexcept
    {
        if constexpr (has_manager)
            if (manager_) return manager_->watchdog_interval();
        return sys::forever;
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

private:
    template <class, class, class>
    friend class life;

    using own_guards::forget_in_children;
    using own_guards::identity_;
    using own_guards::link_;
    using own_guards::manager_;
    using own_guards::signals_;
    using own_guards::streams_;

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
    static void uncancelled(SayFunction& say, AnyGuard& guard)
    {
        const sys::cancellation off(PTHREAD_CANCEL_DISABLE);
        say(guard);
    }

    /// Writes one line to standard error, in the manager's form if there is a manager.
    [[gnu::cold]] void complain(std::string_view what)
    {
        const auto sentence = sys::joined({name_, ": ", what});
        bool told = false;
        tell_manager([&](auto& manager) {
            manager.complain(sentence);
            told = true;
        });
        if (!told) sys::write_all(2, sys::joined({sentence, "\n"}));
    }

    void collect_children(Derived& daemon)
    {
        if (!sys::receives_orphans()) return;
        int status = 0;
        while (const pid_t child = sys::reap_any(status)) daemon.on_child(child, status);
    }

    /// Waits for one event and handles it. Returns false if none came.
    bool handle_event(Derived& daemon, std::chrono::nanoseconds timeout)
    {
        const sys::cancellation off(PTHREAD_CANCEL_DISABLE);
        tell_manager([&](auto& manager) {
            const auto next = manager.alive();
            if (next < timeout) timeout = next;
        });
        const signal_event e = [&] {
            const sys::cancellation asleep(off.before());
            return installed().wait(timeout, identity().lost_fd());
        }();
        if (e.is_stop())
            stopping_ = true;
        else if (e)
            call_hook(daemon, e);
        if (signals_ && !identity().keep()) { // not in a child that a hook made
            complain("another daemon has taken over this instance: stopping");
            stopping_ = true;
        }
        return static_cast<bool>(e);
    }

    void call_hook(Derived& daemon, signal_event e)
    {
        if constexpr (hears_reload())
            if (e.is_reload()) return reload(daemon);
        if constexpr (collects_children<signal_policy_type>)
            if (e.signal == SIGCHLD) return collect_children(daemon);
        daemon.on_signal(e.signal);
    }

    void reload(Derived& daemon)
    {
        const reload_callers callers(control_fd());
        if (ready_) tell_manager([](auto& manager) { manager.reloading(); });
        std::string refusal;
        try {
            if (streams_) streams_->reopen();
            daemon.on_reload();
        } catch (const std::exception& e) {
            refusal = refuse_reload(e.what());
        } catch (...) {
            pass_on_unwinding();
            refusal = refuse_reload("an exception that is no std::exception");
        }
        if (ready_) tell_manager([&](auto& manager) { manager.reloaded(refusal); });
        callers.answer(refusal);
    }

    [[nodiscard]] int control_fd() const noexcept
    {
        if constexpr (has_control_fd<identity_type>)
            return identity().control_fd();
        else
            return -1;
    }

    [[nodiscard, gnu::cold]] std::string refuse_reload(const char* reason)
    {
        complain(sys::joined({"reload refused, the old state stays: ", reason}));
        return *reason != '\0' ? reason : "no reason given";
    }

    // The order of a life puts these there.
    [[nodiscard]] identity_type& identity() noexcept { return *identity_; }
    [[nodiscard]] const identity_type& identity() const noexcept { return *identity_; }
    [[nodiscard]] signals_type& installed() { return require_installed(), *signals_; }
    [[nodiscard]] const signals_type& installed() const { return require_installed(), *signals_; }

    void require_installed() const
    {
        if (!signals_)
            throw std::logic_error("daemonkit: wait(), wait_for() and signal_fd() work inside run() and the hooks");
    }

    std::string name_{};
    bool ready_ = false;
    bool stopping_ = false;
    sigset_t child_mask_{};
};

} // namespace daemonkit::detail
