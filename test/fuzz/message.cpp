// SPDX-License-Identifier: BSL-1.0
// What the launcher receives from the daemon while it starts: any bytes, over a channel as the real one.
#include <daemonkit/fork/detail/message.hpp>
#include <daemonkit/sys/channel.hpp>

#include "fuzz/require.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using daemonkit::detail::message;
    static daemonkit::sys::unique_fd one;
    static daemonkit::sys::unique_fd other;
    if (!one) require(daemonkit::sys::open_channel(one, other) == 0);

    message heard;
    std::string_view sentence;
    using receipt = message::receipt;
    require(heard.receive(other.get(), sentence) == receipt::nothing); // the channel is empty, and no process waits
    require(daemonkit::sys::raw::send(one.get(), data, size) == static_cast<long>(size));

    constexpr std::size_t head = offsetof(message, text);
    const auto received = heard.receive(other.get(), sentence);
    require(received == (size >= head ? receipt::whole : size == 0 ? receipt::end : receipt::nothing));
    if (size < head) return 0;
    require(sentence.size() == std::min(size - head, message::longest));
    require(std::memcmp(sentence.data(), data + head, sentence.size()) == 0);
    require(std::memcmp(&heard, data, head) == 0);

    // A message that was received is the same when it is sent again.
    message again;
    std::string_view echo;
    message copy = heard;
    copy.send(one.get(), sentence);
    require(again.receive(other.get(), echo) == receipt::whole);
    require(echo == sentence && std::memcmp(&again, &heard, head) == 0);
    return 0;
}
