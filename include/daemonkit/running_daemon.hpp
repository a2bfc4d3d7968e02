// SPDX-License-Identifier: BSL-1.0
// What run() and the hooks can ask of the daemon they are in. Everything here is for the thread that called start(),
// between on_start() and on_stop(), unless it says otherwise. It points at the guards that the lifecycle holds.
#pragma once

#include "combination.hpp"
#include "derived_class.hpp"
#include "listeners.hpp"
#include "reload_answer.hpp"
#include "sys/deadline.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"
#include "sys/signal_mask.hpp"

#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace daemonkit {

template <class Derived, class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy>
class running_daemon : public listeners<checked_fork<ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>>
{
public:
    running_daemon(const running_daemon&) = delete;
    running_daemon& operator=(const running_daemon&) = delete;

    /// Sleeps for `time`, calling the hooks for what arrives meanwhile. false, at once, as soon as a stop was heard.
    /// Zero handles what has arrived: for loops of other libraries, when signal_fd() is readable.
    template <class Rep, class Period>
    bool wait_for(std::chrono::duration<Rep, Period> time)
    {
        auto left = sys::saturate(time);
        const sys::deadline until(left);
        for (int heard = 0; !stopping_; ++heard) { // signals that come faster than the hooks run end it too
            const bool idle = !hear(left);
            left = until.remaining();
            if ((idle || heard >= _NSIG) && left == left.zero()) return !stopping_;
        }
        return false;
    }

    /// Sleeps until one signal was handled; false if it was a stop.
    bool wait()
    {
        while (!stopping_ && !hear(sys::forever)) {}
        return !stopping_;
    }

    /// For loops that never wait: one relaxed load, true from the moment a stop arrives.
    [[nodiscard]] bool stop_requested() const noexcept
    {
        static_assert(SignalPolicy::claims_signals || has_stop_requested<signals_type>,
                      "daemonkit: this SignalPolicy never hears of a stop: take self_pipe_signals or flag_signals");
        static_assert(has_stop_requested<signals_type>,
                      "daemonkit: this SignalPolicy knows of a stop only inside wait() and wait_for(): use those, or "
                      "take self_pipe_signals or flag_signals");
        if constexpr (has_stop_requested<signals_type>) return signals_->stop_requested();
    }

    /// Readable when wait_for(0s) has something to do.
    [[nodiscard]] int signal_fd() const
    {
        static_assert(has_signal_fd<signals_type>, "daemonkit: this SignalPolicy has no descriptor: take "
                                                   "signalfd_signals or self_pipe_signals");
        if constexpr (has_signal_fd<signals_type>) return installed().fd();
    }

    /// The signal mask for children that are not made by fork(): for posix_spawnattr_setsigmask(3).
    [[nodiscard]] sigset_t child_mask() const noexcept
    {
        return SignalPolicy::claims_signals ? child_mask_ : sys::current_mask();
    }

protected:
    using identity_type = std::remove_cvref_t<decltype(std::declval<const PidPolicy&>().claim())>;
    using signals_type = std::remove_cvref_t<decltype(std::declval<const SignalPolicy&>().install(
        std::span<const int>(), std::declval<const sigset_t&>()))>;
    using streams_type = std::remove_cvref_t<decltype(std::declval<const StdioPolicy&>().redirect())>;

    using listeners<ForkPolicy>::complain;
    using listeners<ForkPolicy>::has_manager;
    using listeners<ForkPolicy>::ready_;
    using listeners<ForkPolicy>::tell_manager;

    running_daemon() noexcept = default;
    ~running_daemon() = default;

    /// Whether a HUP means anything to it; else its disposition is left alone.
    static constexpr bool hears_reload()
    {
        return SignalPolicy::claims_signals && (StdioPolicy::reopens || derived::hears_reload<Derived>());
    }

    void collect_children()
    {
        if (!sys::adopts_orphans()) return;
        int status = 0;
        while (const pid_t child = sys::reap_any(status)) self().on_child(child, status);
    }

private:
    /// Waits for one thing and does what it asks for; false if nothing came.
    bool hear(std::chrono::nanoseconds timeout)
    {
        if constexpr (has_manager)
            tell_manager([&](auto& manager) {
                const auto next = manager.alive();
                if (next < timeout) timeout = next;
            });
        const event e = installed().wait(timeout, identity_->lost_fd());
        if (e.is_stop())
            stopping_ = true;
        else if (e)
            carry_out(e);
        if (!identity_->keep()) {
            complain(name_, "another daemon has taken the identity of this one: stopping");
            stopping_ = true;
        }
        return static_cast<bool>(e);
    }

    void carry_out(event e)
    {
        if constexpr (hears_reload())
            if (e.is_reload()) return reload_here();
        if constexpr (collects_children<SignalPolicy>)
            if (e.signal == SIGCHLD) return collect_children();
        self().on_signal(e.signal);
    }

    void reload_here()
    {
        const reload_callers callers(control_fd());
        if (ready_) tell_manager([](auto& manager) { manager.reloading(); });
        std::string refusal;
        try {
            if (streams_ != nullptr) streams_->reopen();
            self().on_reload();
        } catch (const std::exception& e) {
            refusal = refuse_reload(e.what());
        } catch (...) {
            refusal = refuse_reload("an exception that is no std::exception");
        }
        if (ready_) tell_manager([&](auto& manager) { manager.reloaded(refusal); });
        callers.answer(refusal);
    }

    [[nodiscard]] int control_fd() const noexcept
    {
        if constexpr (can_be_asked<identity_type>)
            return identity_->control_fd();
        else
            return -1;
    }

    [[nodiscard, gnu::cold]] std::string refuse_reload(const char* reason) const
    {
        complain(name_, sys::joined({"reload refused, the old state stays: ", reason}));
        return *reason != '\0' ? reason : "it does not say why";
    }

    [[nodiscard]] signals_type& installed() const
    {
        if (signals_ == nullptr)
            throw std::logic_error("daemonkit: wait(), wait_for() and signal_fd() work inside run()");
        return *signals_;
    }

    Derived& self() noexcept { return static_cast<Derived&>(*this); }

protected:
    std::string name_{};
    bool stopping_ = false;
    sigset_t child_mask_{};
    signals_type* signals_ = nullptr;
    identity_type* identity_ = nullptr;
    streams_type* streams_ = nullptr; // null in the foreground, where nothing is reopened
};

} // namespace daemonkit
