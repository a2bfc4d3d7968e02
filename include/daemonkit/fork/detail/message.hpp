// SPDX-License-Identifier: BSL-1.0
// Messages between the daemon, the intermediate process and the launcher while the daemon starts. Sent by raw calls,
// because the processes may share their memory.
#pragma once

#include "../../compiled.hpp"
#include "../../sys/private_fd.hpp"
#include "../../sys/process.hpp"
#include "../../sys/raw/call.hpp"
#include "../../sys/time.hpp"

#include <sys/types.h>

#include <cstddef>
#include <string_view>

namespace daemonkit::detail {

struct message
{
    enum kind : int {
        ready,      ///< from the daemon: it is ready
        failed,     ///< from the daemon: `text` is the reason, `status` the exit status for the shell
        extend,     ///< from the daemon: wait for `nanoseconds` from now on
        died,       ///< from the intermediate process: `status` is the daemon's wait status, -1 if it is not known
        end_daemon, ///< from the launcher to the intermediate process: end the daemon
        says,       ///< from the daemon: `text` is one line about what it does
    };
    static constexpr std::size_t longest = 1024;

    kind what = ready;
    int status = 0;
    pid_t pid = 0;
    long long nanoseconds = 0;
    char text[longest] = {};

    /// The size without text.
    static const std::size_t head;

    /// Sends the message with `sentence` as its text. Returns false if that failed: the receiver may have exited.
    [[gnu::noinline]] bool send(int channel, std::string_view sentence = {}) noexcept
    {
        const auto size = sentence.copy(text, longest);
        return sys::raw::send(channel, this, head + size) > 0;
    }

    /// Sends a message that may be lost, without waiting.
    void send_if_read(int channel, std::string_view sentence) noexcept
    {
        const auto size = sentence.copy(text, longest);
        sys::raw::send_if_read(channel, this, head + size);
    }

    /// A message was received, none was there, the other end is closed, or receiving failed.
    enum class receipt { whole, nothing, end, failed };

    /// Receives one message without waiting. `sentence` is then its text.
    [[nodiscard]] receipt receive(int channel, std::string_view& sentence) noexcept;
};

inline constexpr std::size_t message::head = offsetof(message, text);

// Messages from the daemon; the first two are sent at most once. noinline, because otherwise the stack below run()
// would hold a message all the time.

[[gnu::noinline]] inline void tell_ready(const sys::private_fd& channel) noexcept
{
    message{.what = message::ready, .pid = sys::this_process()}.send(channel.get());
}

void tell_failure(sys::private_fd& channel, std::string_view sentence, int status) noexcept;

[[gnu::noinline]] inline void tell_status(const sys::private_fd& channel, std::string_view line) noexcept
{
    message{.what = message::says}.send_if_read(channel.get(), line);
}

inline void tell_extension(const sys::private_fd& channel, std::chrono::nanoseconds more) noexcept
{
    message{.what = message::extend, .nanoseconds = more.count()}.send(channel.get());
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE message::receipt message::receive(int channel, std::string_view& sentence) noexcept
{
    const long size = sys::raw::receive(channel, this, sizeof *this);
    if (size == 0) return receipt::end;
    if (size == -EAGAIN || (size > 0 && size < static_cast<long>(head))) return receipt::nothing;
    if (size < 0) return receipt::failed;
    sentence = {text, static_cast<std::size_t>(size) - head};
    return receipt::whole;
}

[[gnu::noinline]] DAEMONKIT_INLINE void tell_failure(sys::private_fd& channel, std::string_view sentence,
                                                     int status) noexcept
{
    message{.what = message::failed, .status = status, .pid = sys::this_process()}.send(channel.get(), sentence);
    channel.reset();
}

#endif

} // namespace daemonkit::detail
