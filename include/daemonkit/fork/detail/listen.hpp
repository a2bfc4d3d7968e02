// SPDX-License-Identifier: BSL-1.0
// What the origin hears of the daemon that it starts, on a channel and of the exit of its child. By raw calls and on
// the stack alone, because under handoff_fork its memory is the daemon's by then.
#pragma once

#include "../../core/progress.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/deadline.hpp"
#include "../../sys/raw/call.hpp"
#include "message.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <type_traits>

namespace daemonkit::detail {

inline void require_positive(std::chrono::nanoseconds deadline)
{
    if (deadline <= deadline.zero())
        throw_bad_setting("wait for the daemon", {}, "the deadline in the settings is not positive");
}

/// Without advice: that depends on the daemon, and the lifecycle knows it. `lost`: nobody could end the daemon.
inline std::string late_sentence(std::chrono::nanoseconds deadline, bool lost)
{
    return sys::joined(
        {"the daemon was not ready within ", sys::in_seconds(deadline), " s and ",
         lost ? "could not be ended, because the intermediate process was killed (find it by the verb status)"
              : "was ended"});
}

enum class start_verdict {
    spoke, ///< a message of the kinds ready, failed and died
    ended, ///< the daemon has exited and nobody has said how
    late   ///< the deadline has passed
};

/// In the origin, until one of the three is known. `exit` is the pidfd of a daemon that is its child. Else, -1, the
/// child in the middle tells how the daemon died, and if that was killed both have closed the channel.
template <class Progress>
[[nodiscard]] start_verdict listen(int channel, int exit, std::chrono::nanoseconds deadline, Progress& progress,
                                   message& heard, std::string_view& sentence)
{
    constexpr bool silent = std::is_same_v<Progress, no_progress>;
    constexpr auto tick = silent ? sys::forever : std::chrono::nanoseconds(std::chrono::seconds(1));
    const auto began = std::chrono::steady_clock::now();
    sys::deadline until(deadline);
    for (bool open = true;;) {
        // The end of the channel alone says nothing of a daemon that is a child, and may have closed it.
        if (!open && exit == -1) return start_verdict::ended;
        // In this order: whoever has exited when the first is looked at has said all when the second is.
        std::array<pollfd, 2> fds{{{exit, POLLIN, 0}, {open ? channel : -1, POLLIN, 0}}};
        const auto patience = std::min(until.remaining(), tick);
        __kernel_timespec wait{patience.count() / 1'000'000'000, patience.count() % 1'000'000'000};
        const long n = sys::raw::poll(fds.data(), fds.size(), patience == sys::forever ? nullptr : &wait);
        if (n == 0 && until.passed()) return start_verdict::late;
        if constexpr (!silent)
            if (n == 0) progress(std::chrono::steady_clock::now() - began);
        if (n <= 0) continue;
        if (fds[1].revents == 0) return start_verdict::ended;
        const auto receipt = heard.receive(channel, sentence);
        open = receipt != message::receipt::end;
        if (receipt != message::receipt::whole) continue;
        switch (heard.what) {
        case message::ready:
        case message::failed:
        case message::died: return start_verdict::spoke;
        case message::extend: until = sys::deadline(std::chrono::nanoseconds(heard.nanoseconds)); break;
        case message::give_up: break;
        }
    }
}

} // namespace daemonkit::detail
