// SPDX-License-Identifier: BSL-1.0
// A person at a terminal, and what is printed there or elsewhere.
#pragma once

#include "../text/joined.hpp"
#include "deadline.hpp"
#include "file.hpp"

#include <unistd.h>

#include <cstdio>
#include <initializer_list>

namespace daemonkit::sys {

inline bool is_terminal(std::FILE* stream) noexcept { return ::isatty(::fileno(stream)) == 1; }

/// After what the program has printed there, and at once: stdio would make itself a buffer for it first.
inline void print(std::FILE* stream, std::initializer_list<piece> pieces)
{
    std::fflush(stream);
    write_all(::fileno(stream), joined(pieces));
}

/// Shows on standard error how long a wait has been, if there is somebody to see it.
struct ticker
{
    const char* doing;
    const std::string& name;
    bool quiet;

    static inline bool has_shown = false;

    void operator()(std::chrono::nanoseconds elapsed) const
    {
        if (quiet || !is_terminal(stderr)) return;
        has_shown = true;
        std::fprintf(stderr, "\r%s: %s, %s s\033[K", name.c_str(), doing, in_seconds(elapsed).c_str());
    }
};

/// Wipes what a ticker left, for whatever is said next.
inline void wipe_line() noexcept
{
    if (ticker::has_shown) std::fputs("\r\033[K", stderr);
}

} // namespace daemonkit::sys
