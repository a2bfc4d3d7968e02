// SPDX-License-Identifier: BSL-1.0
// Lines on standard error, in the form that whoever reads them wants. No logging library: for more bring your own.
//
//   the journal    <4>text                                    a priority, sd-daemon(3); it has the time itself
//   a terminal     text
//   a file         2026-11-23T03:30:45+0100 warning: text
//   anything else  warning: text                              the log of a container, s6-log, svlogd: they add the time
//
// Standard error is looked at for each line, by one fstat(2), because it changes: a daemon redirects it after this was
// first used, and a log that is opened again may be another kind of file.
#pragma once

#include "require_cxx20.hpp"

#include "../sys/standard_error.hpp"

#include <array>
#include <cerrno>
#include <string_view>

namespace daemonkit {

/// Those of syslog(3), in its order.
enum class log_level { emerg, alert, crit, err, warning, notice, info, debug };

/// Writes `text`, and if it has several lines each of them so, by one system call and without allocating. A failure
/// stops nothing, raises no signal and leaves errno as it was. For every thread.
inline void stderr_log(log_level level, std::string_view text) noexcept
{
    static constexpr std::array<const char*, 8> words{
        "emergency: ", "alert: ", "critical: ", "error: ", "warning: ", "notice: ", "info: ", "debug: "};
    const int error = errno;
    const auto number = static_cast<std::size_t>(level) & 7U;
    const auto reader = sys::reader_of(2);
    sys::short_text<64> prefix;
    if (reader == sys::log_reader::journal) {
        const char priority[] = {'<', static_cast<char>('0' + number), '>'};
        prefix.append(priority, sizeof priority);
    } else if (reader != sys::log_reader::person) {
        if (reader == sys::log_reader::file) sys::append_local_time(prefix);
        prefix += words[number];
    }
    {
        const sys::harmless_write harmless;
        sys::write_lines(2, prefix, text);
    }
    errno = error;
}

} // namespace daemonkit
