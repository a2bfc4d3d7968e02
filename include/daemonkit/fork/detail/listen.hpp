// SPDX-License-Identifier: BSL-1.0
// How the launcher waits for the daemon: for messages on a channel, for the exit of its child, and for a signal that
// cancels the start. Makes raw calls and uses only its stack, because with handoff_fork its memory belongs to the daemon.
#pragma once

#include "../../compiled.hpp"
#include "../../core/progress.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/deadline.hpp"
#include "../../sys/raw/call.hpp"
#include "../../sys/raw/ending_signals.hpp"
#include "message.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <type_traits>

namespace daemonkit::detail {

DAEMONKIT_INLINE void require_positive(std::chrono::nanoseconds deadline);

// Arrays, which have one address in the whole program: they are told apart by it.
inline constexpr char was_ended[] = "was ended";
inline constexpr char was_not_ended[] =
    "could not be ended, because its parent process was killed (check by the verb status whether it runs)";

/// The message for a late daemon. The lifecycle appends the advice, which depends on the daemon. `end`: was_ended or
/// was_not_ended.
inline std::string late_sentence(std::chrono::nanoseconds deadline, const char* end)
{
    return sys::joined({"the daemon was not ready within ", sys::in_seconds(deadline), " s and ", end});
}

/// The beginning of the message for a start that a signal cancelled: the name of the signal and the end follow.
inline constexpr const char* start_cancelled_by = "the start was cancelled by SIG";

enum class start_verdict {
    reported,  ///< a message arrived: ready, failed or died
    ended,     ///< the daemon has exited without a message
    late,      ///< the deadline has passed
    cancelled, ///< a signal cancels the start; `status` of the message is its number
};

/// What the launcher listens to. `exit` is the pidfd of the daemon. If it is -1, the intermediate process reports the
/// daemon's death. If that process was killed, the channel closes when the daemon exits. `signals`:
/// the descriptor of held_signals; negative: no signal cancels the start.
struct start_sources
{
    int channel;
    int exit;
    int signals;
};

/// In the launcher: waits until one of the four has happened.
template <class Progress>
[[nodiscard]] start_verdict listen(const start_sources& from, std::chrono::nanoseconds deadline, Progress& progress,
                                   message& received, std::string_view& sentence)
{
    constexpr bool silent = std::is_same_v<Progress, no_progress>;
    constexpr auto tick = silent ? sys::forever : std::chrono::nanoseconds(std::chrono::seconds(1));
    const auto began = sys::deadline::now();
    sys::deadline until(deadline, began);
    // NOLINTNEXTLINE(misc-const-correctness): written where a status is shown
    std::conditional_t<shows_status<Progress> && !silent, sys::short_text<message::longest>, std::string_view> line;
    const auto show = [&] {
        const std::chrono::nanoseconds elapsed = sys::deadline::now() - began;
        if constexpr (shows_status<Progress>)
            progress(elapsed, std::string_view(line));
        else
            progress(elapsed);
    };
    for (bool open = true;;) {
        // A daemon that is a child may close the channel and run on: then only its exit counts.
        if (!open && from.exit == -1) return start_verdict::ended;
        // In this order, because poll(2) checks them so: a daemon that has exited has sent all its messages before.
        std::array<pollfd, 3> fds{
            {{from.exit, POLLIN, 0}, {open ? from.channel : -1, POLLIN, 0}, {from.signals, POLLIN, 0}}};
        const auto patience = std::min(until.remaining(), tick);
        __kernel_timespec wait{patience.count() / 1'000'000'000, patience.count() % 1'000'000'000};
        const long n = sys::raw::poll(fds.data(), fds.size(), patience == sys::forever ? nullptr : &wait);
        const bool blind = n < 0 && n != -EINTR; // then it looks for a message every now and then
        if (blind) sys::raw::nap();
        if (n <= 0 && until.passed()) return start_verdict::late;
        if constexpr (!silent)
            if (n == 0) show();
        if (n <= 0 && !blind) continue;
        if (fds[0].revents != 0 && fds[1].revents == 0 && !blind) return start_verdict::ended;
        if (fds[1].revents == 0 && !blind) { // a message comes first: the start may have ended
            received.status = sys::raw::held_signals::take(from.signals);
            if (received.status != 0) return start_verdict::cancelled;
            continue;
        }
        const auto receipt = received.receive(from.channel, sentence);
        if (receipt == message::receipt::failed) {
            sys::raw::nap();
            if (until.passed()) return start_verdict::late;
        }
        open = receipt != message::receipt::end;
        if (receipt != message::receipt::whole) continue;
        switch (received.what) {
        case message::ready:
        case message::failed:
        case message::died: return start_verdict::reported;
        case message::extend: until = sys::deadline(std::chrono::nanoseconds(received.nanoseconds)); break;
        case message::says:
            if constexpr (shows_status<Progress> && !silent) {
                line = sys::short_text<message::longest>(sentence);
                show();
            }
            if (until.passed()) return start_verdict::late; // more lines may wait: they are no end of the start
            break;
        case message::end_daemon: break;
        }
    }
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void require_positive(std::chrono::nanoseconds deadline)
{
    if (deadline <= deadline.zero())
        throw_bad_setting("wait for the daemon", {}, "the deadline in the settings must be positive");
}

#endif

} // namespace daemonkit::detail
