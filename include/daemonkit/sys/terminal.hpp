// SPDX-License-Identifier: BSL-1.0
// Output to a terminal or to another stream.
#pragma once

#include "../text/joined.hpp"
#include "deadline.hpp"
#include "file.hpp"

#include <unistd.h>

#include <cstdio>
#include <initializer_list>

namespace daemonkit::sys {

inline bool is_terminal(std::FILE* stream) noexcept { return ::isatty(::fileno(stream)) == 1; } ///< isatty(3)

/// Flushes `stream`, then writes `pieces` to its descriptor. Not by stdio, which would allocate a buffer for it.
inline void print(std::FILE* stream, std::initializer_list<piece> pieces)
{
    std::fflush(stream);
    write_all(::fileno(stream), joined(pieces));
}

/// A Progress that shows on standard error how long a wait has lasted, if standard error is a terminal.
struct ticker
{
    const char* doing;       ///< what is waited for
    const std::string& name; ///< of the daemon
    bool quiet;              ///< shows nothing

    static inline bool has_shown = false; ///< whether any has shown something

    /// Called as a Progress.
    void operator()(std::chrono::nanoseconds elapsed) const
    {
        if (quiet || !is_terminal(stderr)) return;
        has_shown = true;
        std::fprintf(stderr, "\r%s: %s, %s s\033[K", name.c_str(), doing, in_seconds(elapsed).c_str());
    }
};

/// Clears the line of a ticker, so that the next message starts on an empty line. Not in a daemon, which has inherited
/// that one was shown, but writes to a file.
inline void wipe_line() noexcept
{
    if (ticker::has_shown && is_terminal(stderr)) std::fputs("\r\033[K", stderr);
}

} // namespace daemonkit::sys
