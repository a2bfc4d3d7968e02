// SPDX-License-Identifier: BSL-1.0
// The kind of standard error, and lines to it. A failed write does not stop the program.
#pragma once

#include "../compiled.hpp"
#include "../text/joined.hpp"
#include "../text/short_text.hpp"
#include "environment.hpp"
#include "file.hpp"
#include "signal_mask.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <string_view>

namespace daemonkit::sys {

/// What reads a descriptor: the journal of systemd, a person at a terminal, a file, anything else, or nothing, because
/// it is closed or /dev/null.
enum class log_reader { journal, person, file, other, none };

/// Whether the journal reads this stream: JOURNAL_STREAM is its device and inode, systemd.exec(5).
DAEMONKIT_INLINE bool is_journal(const file_status& stream) noexcept;

/// Asks fstat(2) and isatty(3).
DAEMONKIT_INLINE log_reader reader_of(int fd) noexcept;

/// Appends the local time as in "2026-11-23T03:30:45+0100 ", ISO 8601.
DAEMONKIT_INLINE void append_local_time(short_text<64>& to) noexcept;

/// While the object lives, SIGPIPE and SIGXFSZ of a failed write(2) do not end the process: they are blocked, and the
/// destructor removes the pending signal that the write raised.
class harmless_write
{
public:
    harmless_write() noexcept : blocked_(deadly()) {}
    harmless_write(const harmless_write&) = delete;
    harmless_write& operator=(const harmless_write&) = delete;
    ~harmless_write()
    {
        if (errno == EPIPE) take_back(SIGPIPE);
        if (errno == EFBIG) take_back(SIGXFSZ);
    }

private:
    [[nodiscard]] static sigset_t deadly() noexcept
    {
        sigset_t set = no_signals();
        sigaddset(&set, SIGPIPE);
        sigaddset(&set, SIGXFSZ);
        return set;
    }

    /// Not if the program itself blocks the signal: the pending one may be older, and it cannot end the process.
    void take_back(int signal) const noexcept;

    blocked_signals blocked_;
};

/// Writes `parts` by writev(2), and repeats it for the rest. Stops at the first error, and returns false.
DAEMONKIT_INLINE bool write_parts(int fd, iovec* parts, int count) noexcept;

/// Writes each line of `text` with `prefix` before it, by one writev(2) for each 64 lines. Copies and truncates
/// nothing. Returns false if a line could not be written; it is lost.
DAEMONKIT_INLINE bool write_lines(int fd, std::string_view prefix, std::string_view text) noexcept;

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE bool is_journal(const file_status& stream) noexcept
{
    const char* const journal = trusted_variable("JOURNAL_STREAM");
    if (journal == nullptr) return false;
    short_text<41> name;
    piece(stream.st_dev).append_to(name);
    name += ":";
    piece(stream.st_ino).append_to(name);
    return std::string_view(name) == journal;
}

DAEMONKIT_INLINE log_reader reader_of(int fd) noexcept
{
    file_status stream = {};
    if (status_of(fd, stream) == -1) return log_reader::none;
    if (S_ISREG(stream.st_mode)) return log_reader::file;
    if (S_ISCHR(stream.st_mode) && stream.st_rdev == makedev(1, 3)) return log_reader::none; // null(4)
    if (S_ISCHR(stream.st_mode) && ::isatty(fd) == 1) return log_reader::person;
    return S_ISSOCK(stream.st_mode) && is_journal(stream) ? log_reader::journal : log_reader::other;
}

DAEMONKIT_INLINE void append_local_time(short_text<64>& to) noexcept
{
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    std::array<char, 40> text; // NOLINT(*-member-init)
    if (::localtime_r(&now, &parts) != nullptr)
        to.append(text.data(), std::strftime(text.data(), text.size(), "%FT%T%z ", &parts));
}

DAEMONKIT_INLINE void harmless_write::take_back(int signal) const noexcept
{
    if (sigismember(&blocked_.before(), signal) != 0) return;
    sigset_t one = no_signals();
    sigaddset(&one, signal);
    take_signal(one);
}

DAEMONKIT_INLINE bool write_parts(int fd, iovec* parts, int count) noexcept
{
    while (count > 0) {
        const auto n = retry([=] { return ::writev(fd, parts, count); });
        if (n == -1) return false;
        for (auto left = static_cast<std::size_t>(n); count > 0; ++parts, --count) {
            if (left < parts->iov_len) {
                *parts = {static_cast<char*>(parts->iov_base) + left, parts->iov_len - left};
                break;
            }
            left -= parts->iov_len;
        }
    }
    return true;
}

DAEMONKIT_INLINE bool write_lines(int fd, std::string_view prefix, std::string_view text) noexcept
{
    constexpr std::size_t lines = 64;
    std::array<iovec, 3 * lines> parts; // NOLINT(*-member-init)
    const auto part = [](std::string_view bytes) {
        return iovec{const_cast<char*>(bytes.data()), bytes.size()}; // NOLINT(*-const-cast): writev(2) only reads
    };
    bool written = true;
    do {
        std::size_t count = 0;
        do {
            const auto line = text.substr(0, text.find('\n'));
            for (const auto bytes : {prefix, line, std::string_view("\n")}) parts[count++] = part(bytes);
            text.remove_prefix(line.size() < text.size() ? line.size() + 1 : text.size());
        } while (!text.empty() && count < parts.size());
        written = write_parts(fd, parts.data(), static_cast<int>(count)) && written;
    } while (!text.empty());
    return written;
}

#endif

} // namespace daemonkit::sys
