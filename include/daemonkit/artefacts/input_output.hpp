// SPDX-License-Identifier: BSL-1.0
// What doctor reads from the host, and how print and doctor write their text.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "../core/startup_error.hpp"
#include "../sys/descriptors.hpp"
#include "../sys/file.hpp"
#include "../sys/read_file.hpp"
#include "../sys/standard_error.hpp"

#include <cerrno>
#include <string>
#include <string_view>

namespace daemonkit::detail {

/// Reads a file of the host, at most 1 MiB. A device, such as null(4), is empty. false: it cannot be read, or it is a
/// FIFO or socket, which has no end.
[[gnu::cold]] DAEMONKIT_INLINE bool read_regular(const std::string& path, std::string& into);

/// Writes to standard output. Throws startup_error if it fails, or if standard output was closed: the library has put
/// null(4) in its place then, close-on-exec, which an inherited descriptor never is.
[[gnu::cold]] DAEMONKIT_INLINE void write_output(std::string_view text);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE bool read_regular(const std::string& path, std::string& into)
{
    const sys::unique_fd file(sys::open(path.c_str(), O_RDONLY | O_NONBLOCK));
    sys::file_status status = {};
    if (!file || sys::status_of(file.get(), status) == -1) return false;
    into.clear();
    if (S_ISCHR(status.st_mode)) return true;
    return S_ISREG(status.st_mode) && sys::read_file(file.get(), into, 1 << 20) == 0;
}

DAEMONKIT_INLINE void write_output(std::string_view text)
{
    const bool was_closed = sys::reader_of(1) == sys::log_reader::none && sys::is_closed_on_exec(1);
    if (was_closed) errno = EBADF;
    check_call(was_closed ? -1 : sys::write_all(1, text), "write to standard output");
}

#endif

} // namespace daemonkit::detail
