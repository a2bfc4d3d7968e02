// SPDX-License-Identifier: BSL-1.0
// The state of a daemon, a member of basic_daemon: its name, its guards and what has happened. Implements the functions
// that run() and the hooks can call. Class life (life.hpp) acquires and releases the guards.
#pragma once

#include "../../control/detail/reload_protocol.hpp"
#include "../../core/report.hpp"
#include "../../sys/cancellation.hpp"
#include "../../sys/credentials.hpp"
#include "../../sys/deadline.hpp"
#include "../../sys/give.hpp"
#include "../../sys/process.hpp"
#include "../../sys/signal_mask.hpp"
#include "../../text/function_ref.hpp"
#include "../../text/joined.hpp"
#include "child_collector.hpp"
#include "hooks.hpp"
#include "ownership.hpp"
#include "policies.hpp"
#include "wake_descriptor.hpp"

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace daemonkit::detail {

template <class Derived, class DaemonPolicies>
class runtime : ownership<DaemonPolicies>
{
    using base = ownership<DaemonPolicies>;
    using signals_type = typename DaemonPolicies::signals;
    using identity_type = typename DaemonPolicies::identity;
    using signal_policy_type = typename DaemonPolicies::signal;

public:
    using base::extend;
    using base::held_identity;
    using base::notify_status;
    using base::ready;
    using base::remove_descriptor;
    using base::store_descriptor;
    using base::watchdog_interval;

    /// Whether the daemon receives SIGHUP. If not, the disposition of SIGHUP is not changed.
    static constexpr bool hears_reload()
    {
        return signal_policy_type::claims_signals && (DaemonPolicies::stdio::reopens || declares_on_reload<Derived>());
    }

    bool wait_for(Derived& daemon, std::chrono::nanoseconds time)
    {
        if (stopping_) return false;
        const auto begin = time > time.zero() ? sys::deadline::now() : std::chrono::steady_clock::time_point();
        const signal_event first = handle_event(daemon, time);
        return first.timed_out ? !stopping_ : wait_on(daemon, sys::deadline(time, begin), first);
    }

    bool wait(Derived& daemon)
    {
        while (!stopping_ && !handle_event(daemon, sys::forever) && !news()) {}
        return !stopping_;
    }

    [[nodiscard]] bool stop_requested() const noexcept
        requires has_stop_requested<signals_type>
    {
        if constexpr (requires { signals_type::stop_requested(); })
            return or_lost(signals_type::stop_requested()); // also outside of a life
        else
            return or_lost(signals_->stop_requested());
    }

    [[nodiscard]] bool signal_arrived() const noexcept
        requires has_signal_arrived<signals_type>
    {
        if constexpr (requires { signals_type::signal_arrived(); })
            return or_lost(signals_type::signal_arrived());
        else
            return or_lost(signals_->signal_arrived());
    }

    [[nodiscard]] int signal_fd() const
        requires has_signal_fd<signals_type>
    {
        return wakes_.of(installed().fd(), identity().lost_fd(), base::watchdog_interval());
    }

    [[nodiscard]] sigset_t child_mask() const noexcept
    {
        return signal_policy_type::claims_signals ? child_mask_ : sys::current_mask();
    }

    void give_to_user(const std::string& path) const
    {
        if (target_ == nullptr) return;
        if (sys::give_file(path, target_->uid, target_->gid) == -1)
            throw startup_error(last_error(), "give to the user of the daemon", path,
                                errno == EMLINK
                                    ? "it is a symbolic link, has other names (hard links), or is neither a "
                                      "file nor a directory"
                                : errno == ELOOP ? "a symbolic link is on the way, and another user can change it"
                                                 : "");
    }

private:
    template <class, class, class>
    friend class launching;
    template <class, class, class>
    friend class life;

    using base::forget_in_children;
    using base::identity;
    using base::identity_;
    using base::keep_identity;
    using base::link_;
    using base::loss_;
    using base::manager_;
    using base::name_;
    using base::news;
    using base::or_lost;
    using base::prepare_status;
    using base::ready_;
    using base::signals_;
    using base::stopping_;
    using base::streams_;
    using base::tell_launcher;
    using base::tell_manager;
    using base::tell_reloading;
    using base::tell_stopping;

    void collect_children(Derived& daemon)
    {
        if (!declares_on_child<Derived>() && !sys::receives_orphans()) return;
        children_([&](pid_t child, int status) { daemon.on_child(child, status); });
    }

    /// Before run(): serves what arrives until this process owns the identity. Returns false if the daemon stops instead.
    bool campaign(Derived& daemon)
    {
        base::campaign([&] { static_cast<void>(handle_event(daemon, sys::forever)); });
        return !stopping_;
    }

    /// The rest of wait_for(). Bounded: signals can arrive faster than the hooks run.
    [[gnu::noinline]] bool wait_on(Derived& daemon, const sys::deadline& until, signal_event e)
    {
        for (int events = 0; !stopping_ && !e.timed_out && !news(); ++events) {
            const auto left = until.remaining();
            if ((!e || events >= _NSIG) && left == left.zero()) break;
            e = handle_event(daemon, left);
        }
        return !stopping_;
    }

    /// Waits for one event and handles it. The thread can be cancelled in the wait only.
    [[gnu::always_inline]] signal_event handle_event(Derived& daemon, std::chrono::nanoseconds timeout)
    {
        auto until_ping = sys::forever;
        tell_manager([&](auto& manager) { until_ping = manager.alive(); });
        if constexpr (has_waiting<identity_type>) identity().waiting(true);
        signal_event e = installed().wait(until_ping < timeout ? until_ping : timeout, identity().lost_fd());
        if (until_ping < timeout) e.timed_out = false;
        if (e || !keeps_itself<identity_type> || wakes_otherwise) serve(daemon, e);
        return e;
    }

    [[gnu::noinline]] void serve(Derived& daemon, signal_event e)
    {
        const sys::cancellation off(PTHREAD_CANCEL_DISABLE);
        if constexpr (has_waiting<identity_type>)
            if (signals_) identity().waiting(false);
        wakes_.served();
        if (signals_ && means_stop(*signals_, e)) {
            stopping_ = true;
            tell_stopping();
        } else if (e)
            call_hook(daemon, e);
        if (signals_) keep_identity(); // not in a child that a hook made
    }

    void call_hook(Derived& daemon, signal_event e)
    {
        if constexpr (hears_reload())
            if (e.is_reload()) return reload(daemon, e.unasked);
        if constexpr (collects_children<signal_policy_type>)
            if (e.signal == SIGCHLD) return collect_children(daemon);
        daemon.on_signal(e.signal);
    }

    void reload(Derived& daemon, bool unasked)
    {
        if (unasked) reload(daemon, reload_callers(-1));
        if (!unasked || reload_callers::any(control_fd())) reload(daemon, reload_callers(control_fd()));
    }

    void reload(Derived& daemon, const reload_callers& callers)
    {
        if (ready_) tell_manager([](auto& manager) { manager.reloading(); });
        tell_reloading(true);
        std::string refusal;
        try {
            if (streams_) streams_->reopen();
            if constexpr (!reload_takes_arguments<Derived>)
                daemon.on_reload();
            else if (reload_with_)
                (*reload_with_)();
        } catch (const std::exception& e) {
            refusal = refuse_reload(e.what());
        } catch (...) {
            sys::pass_on_unwinding();
            refusal = refuse_reload("an exception that is no std::exception");
        }
        tell_reloading(false);
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
        report(log_level::warning, name_, sys::joined({"reload refused, the old state stays: ", reason}));
        return *reason != '\0' ? reason : "no reason given";
    }

    [[nodiscard]] signals_type& installed() { return signals_ ? *signals_ : not_installed(); }
    [[nodiscard]] const signals_type& installed() const { return signals_ ? *signals_ : not_installed(); }
    [[noreturn, gnu::cold]] static signals_type& not_installed()
    {
        throw std::logic_error("daemonkit: wait(), wait_for() and signal_fd() work inside run() and the hooks");
    }

    struct no_collector
    {};
    using collector = std::conditional_t<collects_children<signal_policy_type>, child_collector, no_collector>;

    [[no_unique_address]] collector children_{};
    [[no_unique_address]] std::conditional_t<reload_takes_arguments<Derived>, std::optional<sys::function_ref<void()>>,
                                             no_collector>
        reload_with_{};                        // calls on_reload() with the arguments of start()
    const sys::credentials* target_ = nullptr; // the user and groups of the daemon; null: those of the starter
    /// Whether a descriptor for an event loop stands for more than signals.
    static constexpr bool wakes_otherwise =
        has_signal_fd<signals_type> && (!never_wakes<identity_type> || notifies<typename DaemonPolicies::notify>);
    [[no_unique_address]] mutable std::conditional_t<wakes_otherwise, wake_descriptor, signals_alone> wakes_{};
    bool redirected_ = false; // standard error is no longer that of the launcher
    sigset_t child_mask_{};
};

} // namespace daemonkit::detail
