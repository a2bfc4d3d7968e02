// SPDX-License-Identifier: BSL-1.0
// What the library itself has to say of a running daemon. No reason is lost: a line goes to standard error, and to
// syslog(3) where standard error leads nowhere.
#pragma once

#include "require_cxx20.hpp"

#include "../compiled.hpp"
#include "../sys/system_log.hpp"
#include "../text/utf8.hpp"
#include "log_line.hpp"

namespace daemonkit::detail {

/// Whether a line is the reason why the daemon ends.
enum class report_kind {
    event,     ///< the daemon goes on
    last_words ///< the daemon ends: a log on standard error and syslog(3) both get the line
};

/// Writes "NAME: TEXT" as one line, in any thread. Uses syslog(3) if standard error is closed or /dev/null, or cannot
/// be written.
[[gnu::cold]] void report(log_level level, std::string_view name, std::string_view text,
                          report_kind kind = report_kind::event) noexcept;

#if DAEMONKIT_DEFINES

[[gnu::noinline]] DAEMONKIT_INLINE void report(log_level level, std::string_view name, std::string_view text,
                                               report_kind kind) noexcept
{
    const sys::cancellation off(PTHREAD_CANCEL_DISABLE);
    const auto reader = sys::reader_of(2);
    const auto reason = sys::one_line(text);
    sys::short_text<1536> line(name.substr(0, 256));
    (line += ": ") += reason;
    const bool written = write_log_line(level, line, reader);
    const bool in_a_file = reader != sys::log_reader::journal && reader != sys::log_reader::person;
    if (!written || (kind == report_kind::last_words && in_a_file))
        sys::write_to_system_log(static_cast<int>(level), name, reason);
}

#endif

} // namespace daemonkit::detail
