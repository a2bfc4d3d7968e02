// SPDX-License-Identifier: BSL-1.0
// Lines on standard error, in the form that suits the reader. This is not a logging library.
//
//   the journal    <4>text                                    a priority, sd-daemon(3); the journal adds the time
//   a terminal     text
//   a file         2026-11-23T03:30:45+0100 warning: text
//   /dev/null      nothing is written
//   anything else  warning: text                              the log of a container, s6-log, svlogd: they add the time
//
// Each call checks standard error by one fstat(2), because it can change. A daemon may redirect it after the first
// call, and a reopened log may be another kind of file.
#pragma once

#include "require_cxx20.hpp"

#include "../sys/cancellation.hpp"
#include "../sys/standard_error.hpp"

#include <array>
#include <cerrno>
#include <string_view>

namespace daemonkit {

/// The levels of syslog(3), in its order.
enum class log_level { emerg, alert, crit, err, warning, notice, info, debug };

namespace detail {

/// stderr_log(). Returns false if it could not be written.
inline bool write_log_line(log_level level, std::string_view text, sys::log_reader reader) noexcept
{
    static constexpr std::array<const char*, 8> words{
        "emergency: ", "alert: ", "critical: ", "error: ", "warning: ", "notice: ", "info: ", "debug: "};
    if (reader == sys::log_reader::none) return false;
    const int error = errno;
    const auto number = static_cast<std::size_t>(level) & 7U;
    sys::short_text<64> prefix;
    if (reader == sys::log_reader::journal) {
        const char priority[] = {'<', static_cast<char>('0' + number), '>'};
        prefix.append(priority, sizeof priority);
    } else if (reader != sys::log_reader::person) {
        if (reader == sys::log_reader::file) sys::append_local_time(prefix);
        prefix += words[number];
    }
    bool written = false;
    {
        const sys::harmless_write harmless;
        written = sys::write_lines(2, prefix, text);
    }
    errno = error;
    return written;
}

} // namespace detail

/// Writes each line of `text` to standard error, with the prefix that the reader needs. Makes one writev(2) for up to
/// 64 lines, and allocates no memory. Failures are ignored: no signal is raised. Preserves errno. For every thread;
/// no cancellation point.
inline void stderr_log(log_level level, std::string_view text) noexcept
{
    const sys::cancellation off(PTHREAD_CANCEL_DISABLE);
    const int error = errno;
    const auto reader = sys::reader_of(2);
    errno = error;
    detail::write_log_line(level, text, reader);
}

} // namespace daemonkit
