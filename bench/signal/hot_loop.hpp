// SPDX-License-Identifier: BSL-1.0
// Loops that do nothing but ask whether to stop, by hand and with each policy that claims to know without a system
// call. They are read as the compiler left them: objdump finds them by these names.
#pragma once

#include <daemonkit/daemonkit.hpp>

#include <atomic>

namespace bench {

template <class SignalPolicy>
struct counter;

template <class SignalPolicy>
using guard_of = decltype(SignalPolicy{}.install(std::span<const int>(), sigset_t{}));

/// What a handler written by hand would set.
inline std::atomic<bool> stop_by_hand{false};

} // namespace bench

extern "C" {
unsigned long hot_loop_by_hand();
unsigned long hot_loop_self_pipe_signals(const bench::counter<daemonkit::self_pipe_signals>& daemon);
unsigned long hot_loop_flag_signals(const bench::counter<daemonkit::flag_signals>& daemon);
}

namespace bench {

template <class SignalPolicy>
struct counter : daemonkit::sysv_daemon<counter<SignalPolicy>, daemonkit::flock_pid_file, SignalPolicy>
{
    void on_reload() {}

    /// `work` is what is measured inside the daemon's own run().
    template <class Work>
    int run(Work& work)
    {
        work(*this);
        return 0;
    }
};

} // namespace bench
