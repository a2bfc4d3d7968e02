// SPDX-License-Identifier: BSL-1.0
// What the daemon, the middle child and the origin say to each other while the daemon starts. By raw calls, because they
// may share their memory.
#pragma once

#include "../../sys/process.hpp"
#include "../../sys/raw/call.hpp"
#include "../../sys/time.hpp"
#include "../../sys/unique_fd.hpp"

#include <sys/types.h>

#include <cstddef>
#include <string_view>

namespace daemonkit::detail {

struct message
{
    enum kind : int {
        ready,   ///< daemon: it is up
        failed,  ///< daemon: `text` says why, `status` is for the shell
        extend,  ///< daemon: `nanoseconds` more from now on
        died,    ///< middle child: `status` is the daemon's wait status, -1 if it is not known
        give_up, ///< origin to middle child: end the daemon
    };
    static constexpr std::size_t longest = 1024;

    kind what = ready;
    int status = 0;
    pid_t pid = 0;
    long long nanoseconds = 0;
    char text[longest] = {};

    /// The size without any text.
    static const std::size_t head;

    /// Sends it up to the end of `sentence`. A partner that has gone is not an error: nobody is left to be told.
    [[gnu::noinline]] void send(int channel, std::string_view sentence = {}) noexcept
    {
        const auto size = sentence.copy(text, longest);
        sys::raw::send(channel, this, head + size);
    }

    enum class receipt { whole, nothing, end };

    /// Takes one message, if there is any; the end: nobody is left to send one.
    [[nodiscard]] receipt receive(int channel, std::string_view& sentence) noexcept
    {
        const long size = sys::raw::receive(channel, this, sizeof *this);
        if (size < static_cast<long>(head)) return size == 0 ? receipt::end : receipt::nothing;
        sentence = {text, static_cast<std::size_t>(size) - head};
        return receipt::whole;
    }
};

inline constexpr std::size_t message::head = offsetof(message, text);

// What the daemon says, the first two once. Not inline: run() would have the room of a message below it on the stack.

[[gnu::noinline]] inline void tell_ready(const sys::unique_fd& channel) noexcept
{
    message{.what = message::ready, .pid = sys::this_process()}.send(channel.get());
}

[[gnu::noinline]] inline void tell_failure(sys::unique_fd& channel, std::string_view sentence, int status) noexcept
{
    message{.what = message::failed, .status = status, .pid = sys::this_process()}.send(channel.get(), sentence);
    channel.reset();
}

inline void tell_extension(const sys::unique_fd& channel, std::chrono::nanoseconds more) noexcept
{
    message{.what = message::extend, .nanoseconds = more.count()}.send(channel.get());
}

} // namespace daemonkit::detail
