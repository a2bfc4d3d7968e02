// SPDX-License-Identifier: BSL-1.0
// The text of a pid file. The first line is the pid, and belongs to the library. Further lines belong to the program,
// which tells other programs a port or the path of a socket there. The text is hostile until it is parsed.
#pragma once

#include "../../compiled.hpp"
#include "../../sys/file.hpp"
#include "../../sys/read_file.hpp"
#include "../../text/joined.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace daemonkit::detail {

/// The most bytes that a pid file may have. One with more is the file of another program.
inline constexpr std::size_t longest_pid_file = 4096;

/// The lines after the first one; empty if there are none.
[[nodiscard]] inline std::string_view further_lines(std::string_view text) noexcept
{
    const auto end = text.find('\n');
    return end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
}

/// Whether it can be the text of a pid file, if its first line is a pid.
[[nodiscard]] inline bool fits_pid_file(std::string_view text) noexcept
{
    return text.size() <= longest_pid_file && further_lines(text).find('\0') == std::string_view::npos;
}

/// The further lines of a text that fits; `otherwise` if there are none.
[[nodiscard]] DAEMONKIT_INLINE std::string_view kept_lines(std::string_view text, std::string_view otherwise) noexcept;

/// The pid in the text of a pid file; 0 if it is empty. Nothing unless the first line is one decimal number from 1 to
/// the largest pid of Linux, without sign or leading zeros, and the text fits.
[[nodiscard]] DAEMONKIT_INLINE std::optional<pid_t> parse_pid(std::string_view text) noexcept;

/// Whether a file holds nothing but what a crash, a full disk or another program leaves of a pid: digits, signs, white
/// space and zero bytes. No other data looks like that.
[[nodiscard, gnu::cold]] inline bool is_debris(int fd)
{
    return sys::holds_only(fd, std::string_view("0123456789+- \t\r\n\v\f\0", 19));
}

/// The text of an open pid file.
class pid_text
{
public:
    /// Returns 0, or -1 and errno. Of a file that is too long, reads a part that is too long, too.
    int read(int fd)
    {
        if (sys::read_small(fd, start_) == -1) return -1;
        return start_.length < start_.bytes.size() ? 0 : read_rest(fd);
    }

    [[nodiscard]] std::string_view view() const noexcept { return all_.empty() ? start_.view() : all_; } ///< the text

private:
    [[gnu::cold, gnu::noinline]] int read_rest(int fd)
    {
        return ::lseek(fd, 0, SEEK_SET) == -1 ? -1 : sys::read_file(fd, all_, longest_pid_file + 1);
    }

    sys::small_text start_;
    std::string all_{}; // if it is longer
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string_view kept_lines(std::string_view text, std::string_view otherwise) noexcept
{
    const auto lines = fits_pid_file(text) ? further_lines(text) : std::string_view();
    return lines.empty() ? otherwise : lines;
}

DAEMONKIT_INLINE std::optional<pid_t> parse_pid(std::string_view text) noexcept
{
    constexpr pid_t largest = 1 << 22; // PID_MAX_LIMIT, proc(5)
    if (text.empty()) return 0;
    const auto line = text.substr(0, text.find('\n'));
    if (line.empty() || line.front() == '0' || !fits_pid_file(text)) return {};
    pid_t pid = 0;
    for (const char c : line) {
        if (c < '0' || c > '9') return {};
        pid = pid * 10 + (c - '0');
        if (pid > largest) return {};
    }
    return pid;
}

#endif

} // namespace daemonkit::detail
