// SPDX-License-Identifier: BSL-1.0
// What standard error is, and lines to it whose failure stops nobody.
#pragma once

#include "../text/joined.hpp"
#include "../text/short_text.hpp"
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

enum class log_reader { journal, person, file, other };

/// The stream that the journal reads is the one that JOURNAL_STREAM names by its device and inode, systemd.exec(5).
inline bool is_journal(const file_status& stream) noexcept
{
    const char* const journal = std::getenv("JOURNAL_STREAM"); // NOLINT(concurrency-mt-unsafe)
    if (journal == nullptr) return false;
    short_text<41> name;
    piece(stream.st_dev).append_to(name);
    name += ":";
    piece(stream.st_ino).append_to(name);
    return std::string_view(name) == journal;
}

inline log_reader reader_of(int fd) noexcept
{
    file_status stream = {};
    if (status_of(fd, stream) == -1) return log_reader::other;
    if (S_ISREG(stream.st_mode)) return log_reader::file;
    if (S_ISCHR(stream.st_mode) && ::isatty(fd) == 1) return log_reader::person;
    return S_ISSOCK(stream.st_mode) && is_journal(stream) ? log_reader::journal : log_reader::other;
}

/// "2026-11-23T03:30:45+0100 ", ISO 8601, in local time.
inline void append_local_time(short_text<64>& to) noexcept
{
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    std::array<char, 40> text; // NOLINT(*-member-init)
    if (::localtime_r(&now, &parts) != nullptr)
        to.append(text.data(), std::strftime(text.data(), text.size(), "%FT%T%z ", &parts));
}

/// SIGPIPE and SIGXFSZ of a write(2) that fails do not end the process: they wait, and are taken back if they are its.
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

    /// Where the program has blocked it, one may have waited before, and none ends the process now.
    void take_back(int signal) const noexcept
    {
        if (sigismember(&blocked_.before(), signal) != 0) return;
        sigset_t one = no_signals();
        sigaddset(&one, signal);
        take_signal(one);
    }

    blocked_signals blocked_;
};

/// All of `parts`, or as much as can be.
inline void write_parts(int fd, iovec* parts, int count) noexcept
{
    while (count > 0) {
        const auto n = retry([=] { return ::writev(fd, parts, count); });
        if (n == -1) return;
        for (auto left = static_cast<std::size_t>(n); count > 0; ++parts, --count) {
            if (left < parts->iov_len) {
                *parts = {static_cast<char*>(parts->iov_base) + left, parts->iov_len - left};
                break;
            }
            left -= parts->iov_len;
        }
    }
}

/// Writes each line of `text` with `prefix` before it: by one writev(2), if it has no more than 64 lines. Nothing is
/// copied or cut; what cannot be written is lost.
inline void write_lines(int fd, std::string_view prefix, std::string_view text) noexcept
{
    constexpr std::size_t lines = 64;
    std::array<iovec, 3 * lines> parts; // NOLINT(*-member-init)
    const auto part = [](std::string_view bytes) {
        return iovec{const_cast<char*>(bytes.data()), bytes.size()}; // NOLINT(*-const-cast): writev(2) only reads
    };
    do {
        std::size_t count = 0;
        do {
            const auto line = text.substr(0, text.find('\n'));
            for (const auto bytes : {prefix, line, std::string_view("\n")}) parts[count++] = part(bytes);
            text.remove_prefix(line.size() < text.size() ? line.size() + 1 : text.size());
        } while (!text.empty() && count < parts.size());
        write_parts(fd, parts.data(), static_cast<int>(count));
    } while (!text.empty());
}

} // namespace daemonkit::sys
