// SPDX-License-Identifier: BSL-1.0
// Opening and reading files: regular ones, and those in /proc and in cgroup file systems. On failure these functions
// return -1 and errno.
#pragma once

#include "../compiled.hpp"
#include "retry.hpp"
#include "unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>
#include <string>
#include <string_view>

namespace daemonkit::sys {

/// open(2), close-on-exec; a terminal never becomes the controlling one.
inline int open(const char* path, int flags, mode_t mode = 0) noexcept
{
    return retry([=] { return ::open(path, flags | O_CLOEXEC | O_NOCTTY | O_LARGEFILE, mode); });
}

/// Reads at most `limit` bytes from the present position of an open file: files in /proc report no size, and others may
/// be huge. On failure returns -1 and errno, and `into` is not changed.
DAEMONKIT_INLINE int read_file(int fd, std::string& into, std::size_t limit);

/// The text of a file in /proc or in a cgroup file system, in `room`: one call of read(2) returns it whole. Empty if it
/// cannot be read.
[[nodiscard]] DAEMONKIT_INLINE std::string_view read_at_once(const char* path, std::span<char> room) noexcept;

/// The same from the beginning of the file at a path.
inline int read_file(const char* path, std::string& into, std::size_t limit)
{
    const unique_fd file(sys::open(path, O_RDONLY));
    return file ? read_file(file.get(), into, limit) : -1;
}

/// Whether a file has no other bytes than these. False if it has more than 64 MiB, beside holes, or cannot be read.
[[gnu::cold]] DAEMONKIT_INLINE bool holds_only(int fd, std::string_view bytes);

/// The content of a small file.
struct small_text
{
    std::array<char, 64> bytes; ///< the text
    std::size_t length = 0;     ///< of the text

    [[nodiscard]] std::string_view view() const noexcept { return {bytes.data(), length}; } ///< the text
};

/// Reads the beginning of a file in one call: for regular files, and for files in /proc that one call returns whole.
DAEMONKIT_INLINE int read_small(int fd, small_text& into) noexcept;

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int read_file(int fd, std::string& into, std::size_t limit)
{
    std::string text(limit, '\0');
    std::size_t have = 0;
    while (have < limit) {
        const auto n = retry([&] { return ::read(fd, text.data() + have, limit - have); });
        if (n == -1) return -1;
        if (n == 0) break;
        have += static_cast<std::size_t>(n);
    }
    text.resize(have);
    into.swap(text);
    return 0;
}

DAEMONKIT_INLINE std::string_view read_at_once(const char* path, std::span<char> room) noexcept
{
    const unique_fd file(sys::open(path, O_RDONLY));
    if (!file) return {};
    const auto n = retry([&] { return ::read(file.get(), room.data(), room.size()); });
    return {room.data(), n == -1 ? 0 : static_cast<std::size_t>(n)};
}

DAEMONKIT_INLINE bool holds_only(int fd, std::string_view bytes)
{
    constexpr off_t most = 64 << 20;
    std::string part(65536, '\0');
    for (off_t at = 0, seen = 0; seen < most;) {
        const off_t data = ::lseek(fd, at, SEEK_DATA);
        if (data == -1 && errno == ENXIO) return true; // the rest is a hole
        if (data > at) at = data;
        const auto n = retry([&] { return ::pread(fd, part.data(), part.size(), at); });
        if (n <= 0) return n == 0;
        const std::string_view text(part.data(), static_cast<std::size_t>(n));
        if (text.find_first_not_of(bytes) != std::string_view::npos) return false;
        at += n;
        seen += n;
    }
    return false;
}

DAEMONKIT_INLINE int read_small(int fd, small_text& into) noexcept
{
    const auto n = retry([&] { return ::pread(fd, into.bytes.data(), into.bytes.size(), 0); });
    into.length = n == -1 ? 0 : static_cast<std::size_t>(n);
    return n == -1 ? -1 : 0;
}

#endif

} // namespace daemonkit::sys
