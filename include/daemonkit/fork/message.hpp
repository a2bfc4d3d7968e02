// SPDX-License-Identifier: BSL-1.0
// What the daemon, the middle child and the origin say to each other while the daemon starts.
#pragma once

#include "../sys/channel.hpp"

#include <sys/types.h>

#include <cstddef>
#include <string_view>

namespace daemonkit {

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
    void send(int channel, std::string_view sentence = {}) noexcept
    {
        const auto size = sentence.copy(text, longest);
        sys::send_message(channel, this, head + size);
    }

    /// Takes one message that is there, or false: nobody is left to send any.
    [[nodiscard]] bool receive(int channel, std::string_view& sentence) noexcept
    {
        const int size = sys::receive_message(channel, this, sizeof *this);
        if (size < static_cast<int>(head)) return false;
        sentence = {text, static_cast<std::size_t>(size) - head};
        return true;
    }
};

inline constexpr std::size_t message::head = offsetof(message, text);

} // namespace daemonkit
