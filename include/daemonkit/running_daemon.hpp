// SPDX-License-Identifier: BSL-1.0
// What run() and the hooks can ask of the daemon they are in. Everything here is for the thread that called start(),
// between on_start() and on_stop(), unless it says otherwise. It points at the guards that the lifecycle holds.
#pragma once

#include "combination.hpp"
#include "sys/deadline.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"
#include "sys/signal_mask.hpp"

#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace daemonkit {

template <class Derived, class ForkPolicy, class PidPolicy, class SignalPolicy, class StdioPolicy>
class running_daemon
{
    static_assert(combination<ForkPolicy, PidPolicy, SignalPolicy, StdioPolicy>::holds);

public:
    running_daemon(const running_daemon&) = delete;
    running_daemon& operator=(const running_daemon&) = delete;

    /// Sleeps for `time`, calling the hooks for what arrives meanwhile. false, at once, as soon as a stop was heard.
    /// Zero handles what has arrived: for loops of other libraries, when signal_fd() is readable.
    template <class Rep, class Period>
    bool wait_for(std::chrono::duration<Rep, Period> time)
    {
        const sys::deadline until(sys::saturate(time));
        for (int heard = 0; !stopping_; ++heard) // signals that come faster than the hooks run end it too
            if ((!hear(until.remaining()) || heard >= _NSIG) && until.passed()) return !stopping_;
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

    /// While the daemon initialises: the origin waits `more` from now on, whatever its deadline was.
    template <class Rep, class Period>
    void extend(std::chrono::duration<Rep, Period> more)
    {
        if (link_ != nullptr && !ready_) link_->extend(sys::saturate(more));
    }

    /// The daemon is up: ends the origin's wait, once. Called by the lifecycle before run(), or by run() itself in a
    /// class that declares `static constexpr bool announces_ready = true`.
    void ready() noexcept
    {
        if (!std::exchange(ready_, true) && link_ != nullptr) link_->ready();
    }

protected:
    using link_type = std::remove_cvref_t<decltype(std::declval<const ForkPolicy&>().detach())>;
    using identity_type = std::remove_cvref_t<decltype(std::declval<const PidPolicy&>().claim())>;
    using signals_type = std::remove_cvref_t<decltype(std::declval<const SignalPolicy&>().install(
        std::span<const int>(), std::declval<const sigset_t&>()))>;
    using streams_type = std::remove_cvref_t<decltype(std::declval<const StdioPolicy&>().redirect())>;

    running_daemon() noexcept = default;
    ~running_daemon() = default;

    /// To standard error, where nobody else can be told any more.
    static void complain(std::string_view who, std::string_view what)
    {
        sys::write_all(2, sys::joined({who, ": ", what, "\n"}));
    }

private:
    /// Waits for one thing and does what it asks for; false if nothing came.
    bool hear(std::chrono::nanoseconds timeout)
    {
        const event e = installed().wait(timeout, identity_->lost_fd());
        if (e.is_stop())
            stopping_ = true;
        else if (e.is_reload())
            reload_here();
        else if (e)
            self().on_signal(e.signal);
        if (!identity_->keep()) {
            complain(name_, "another daemon has taken the identity of this one: stopping");
            stopping_ = true;
        }
        return static_cast<bool>(e);
    }

    void reload_here()
    {
        try {
            if (streams_ != nullptr) streams_->reopen();
            self().on_reload();
        } catch (const std::exception& e) {
            refuse_reload(e.what());
        } catch (...) {
            refuse_reload("an exception that is no std::exception");
        }
    }

    void refuse_reload(const char* reason) const
    {
        complain(name_, sys::joined({"reload refused, the old state stays: ", reason}));
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
    bool ready_ = false;
    bool stopping_ = false;
    sigset_t child_mask_{};
    link_type* link_ = nullptr; // null in the foreground, where nobody waits
    signals_type* signals_ = nullptr;
    identity_type* identity_ = nullptr;
    streams_type* streams_ = nullptr; // null in the foreground, where nothing is reopened
};

} // namespace daemonkit
