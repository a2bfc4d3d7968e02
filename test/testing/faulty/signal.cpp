// SPDX-License-Identifier: BSL-1.0
// A SignalPolicy as a user may write it, on signalfd(2), and the same with one mistake each.
#include <daemonkit/sys/deadline.hpp>
#include <daemonkit/sys/private_fd.hpp>
#include <daemonkit/sys/raw/call.hpp>
#include <daemonkit/sys/signal_fd.hpp>
#include <daemonkit/sys/signal_mask.hpp>
#include <daemonkit/testing/signal_policy.hpp>

namespace {

namespace sys = daemonkit::sys;

enum class signal_mistake {
    none,
    a_child_keeps_the_mask,
    loses_the_stop_behind_a_reload,
    sleeps_through_the_descriptor,
    no_close_on_exec,
    leaves_the_mask,
    dies_by_a_late_stop,
    blocks_everything,
    leaks_when_install_fails
};

template <signal_mistake Mistake>
struct by_signalfd
{
    static constexpr bool claims_signals = true;
    static constexpr std::array<int, 1> chosen{SIGUSR1};

    static constexpr bool has(signal_mistake mistake) { return Mistake == mistake; }

    class guard
    {
    public:
        guard(std::span<const int> heard, const sigset_t& mask) : mask_(mask)
        {
            ::sigemptyset(&heard_);
            for (const int signal : heard) ::sigaddset(&heard_, signal);
            if (has(signal_mistake::no_close_on_exec))
                fd_.reset(::signalfd(-1, &heard_, SFD_NONBLOCK));
            else
                fd_.reset(sys::open_signal_fd(heard_));
            if (!fd_) {
                if (has(signal_mistake::leaks_when_install_fails)) static_cast<void>(::dup(0) == -1);
                daemonkit::throw_errno("open a descriptor for signals");
            }
            if (!has(signal_mistake::a_child_keeps_the_mask)) {
                restored_in_child_ = sys::fork_handler(restore, sys::raw::address(&mask_));
                if (!restored_in_child_) daemonkit::throw_errno("register a fork handler");
            }
            sigset_t blocked = mask;
            for (const int signal : heard) ::sigaddset(&blocked, signal);
            if (has(signal_mistake::blocks_everything)) ::sigfillset(&blocked);
            sys::set_mask(blocked);
        }
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;
        ~guard()
        {
            if (!has(signal_mistake::dies_by_a_late_stop))
                while (sys::take_signal(heard_) != 0) {}
            if (!has(signal_mistake::leaves_the_mask)) sys::set_mask(mask_);
        }

        daemonkit::signal_event wait(std::chrono::nanoseconds timeout, int also)
        {
            if (const int signal = next(); signal != 0) return {signal};
            if (has(signal_mistake::sleeps_through_the_descriptor)) also = -1;
            pollfd fds[2] = {{fd_.get(), POLLIN, 0}, {also, POLLIN, 0}};
            sys::poll_once(fds, 2, timeout);
            return {next()};
        }

    private:
        int next()
        {
            const int signal = sys::read_signal(fd_.get()).number;
            if (signal == SIGHUP && has(signal_mistake::loses_the_stop_behind_a_reload))
                (void)sys::read_signal(fd_.get()).number;
            return signal;
        }
        static void restore(long mask) noexcept
        {
            sys::fork_handler::leave_with(sys::fork_handler::object_at<const sigset_t>(mask));
        }

        sigset_t mask_;
        sigset_t heard_{};
        sys::private_fd fd_{};
        sys::fork_handler restored_in_child_{};
    };

    [[nodiscard]] guard install(std::span<const int> heard, const sigset_t& mask) const { return {heard, mask}; }
};

#define DAEMONKIT_MISTAKE(name) /* NOLINT(*-macro-usage) */      \
    const daemonkit::testing::signal_policy_tests signal_##name( \
        "signal_" #name, [](const boost::filesystem::path&) { return by_signalfd<signal_mistake::name>{}; })

DAEMONKIT_MISTAKE(none);
DAEMONKIT_MISTAKE(a_child_keeps_the_mask);
DAEMONKIT_MISTAKE(loses_the_stop_behind_a_reload);
DAEMONKIT_MISTAKE(sleeps_through_the_descriptor);
DAEMONKIT_MISTAKE(no_close_on_exec);
DAEMONKIT_MISTAKE(leaves_the_mask);
DAEMONKIT_MISTAKE(dies_by_a_late_stop);
DAEMONKIT_MISTAKE(blocks_everything);
DAEMONKIT_MISTAKE(leaks_when_install_fails);
#undef DAEMONKIT_MISTAKE

} // namespace
