// SPDX-License-Identifier: BSL-1.0
// Output to a terminal or to another stream.
#pragma once

#include "../compiled.hpp"
#include "../text/joined.hpp"
#include "../text/utf8.hpp"
#include "deadline.hpp"
#include "file.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <initializer_list>
#include <string>
#include <string_view>

namespace daemonkit::sys {

inline bool is_terminal(std::FILE* stream) noexcept { return ::isatty(::fileno(stream)) == 1; } ///< isatty(3)

/// How many characters fit on a line of the terminal, TIOCGWINSZ of ioctl_tty(2); 0: it is no terminal.
inline std::size_t columns(std::FILE* stream) noexcept
{
    winsize size{};
    if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col > 0 ? size.ws_col : 80;
}

/// Flushes `stream`, then writes `text` to its descriptor. Not by stdio, which would allocate a buffer for it.
inline void print(std::FILE* stream, std::string_view text)
{
    std::fflush(stream);
    write_all(::fileno(stream), text);
}
/// The same with several pieces.
inline void print(std::FILE* stream, std::initializer_list<piece> pieces) { print(stream, joined(pieces)); }

/// Prints "NAME: TEXT" as a line in place of that of a ticker, without the control characters in TEXT. `line` are the
/// pieces of all that, with the newline.
[[gnu::cold]] DAEMONKIT_INLINE void print_line(std::FILE* stream, std::string_view name,
                                               std::initializer_list<piece> line);

/// A Progress that shows on standard error how long a wait has lasted, and what the daemon says meanwhile, if standard
/// error is a terminal. It shows one line of the terminal: of a longer one, a part would stay there.
struct ticker
{
    const char* doing;       ///< what is waited for
    const std::string& name; ///< of the daemon
    bool quiet;              ///< shows nothing

    static inline bool has_shown = false; ///< whether any has shown something

    /// Called as a Progress.
    [[gnu::cold]] void operator()(std::chrono::nanoseconds elapsed, std::string_view line = {}) const;
};

/// Clears the line of a ticker, so that the next message starts on an empty line. Not in a daemon, which has inherited
/// that one was shown, but writes to a file.
inline void wipe_line() noexcept
{
    if (ticker::has_shown && is_terminal(stderr)) std::fputs("\r\033[K", stderr);
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void print_line(std::FILE* stream, std::string_view name, std::initializer_list<piece> line)
{
    wipe_line();
    auto all = joined(line);
    blank_controls(all.data() + name.size(), all.data() + all.size() - 1);
    print(stream, all);
}

DAEMONKIT_INLINE void ticker::operator()(std::chrono::nanoseconds elapsed, std::string_view line) const
{
    const std::size_t width = quiet ? 0 : columns(stderr);
    if (width == 0) return;
    has_shown = true;
    const auto text = joined({name, ": ", doing, ", ", std::chrono::floor<std::chrono::seconds>(elapsed).count(), " s",
                              line.empty() ? "" : ": ", line});
    print(stderr, {"\r", first_characters(text, width - 1), "\033[K"});
}

#endif

} // namespace daemonkit::sys
