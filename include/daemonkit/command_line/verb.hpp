// SPDX-License-Identifier: BSL-1.0
// The verbs of a program, and the options of the library that go with them.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../sys/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace daemonkit {

/// A verb and its line in the text of --help.
struct verb_help
{
    const char* name;    ///< the word on the command line
    const char* operand; ///< what follows the word, as --help shows it; empty: nothing
    const char* does;    ///< what it does, in a few words
    bool exists;         ///< in this daemon; otherwise the verb is known, but not in --help
};

/// A verb as it was given, in memory of main()'s arguments.
struct verb
{
    std::string_view name{};    ///< "start", "stop" and so on; empty: none was given
    std::string_view operand{}; ///< the word that follows, for a verb that has one

    verb() = default;
    /// From the words.
    verb(std::string_view verb_name, std::string_view word = {}) noexcept // NOLINT(*-explicit-*): written as its value
        : name(verb_name), operand(word)
    {
    }
    verb(const char* verb_name) noexcept : name(verb_name) {} ///< from the word, NOLINT(*-explicit-*)

    /// Whether there is one.
    [[nodiscard]] explicit operator bool() const noexcept { return !name.empty(); }
    /// Whether it is this one.
    [[nodiscard]] friend bool operator==(const verb& a, std::string_view b) noexcept { return a.name == b; }
};

/// The options of the library. command_line() reads them; a program with a parser of its own gives them to carry_out().
struct verb_options
{
    /// --timeout: how long start waits until the daemon is ready, reload until it has reloaded, and stop before the
    /// second step of its schedule. Unset: as the settings say.
    std::optional<std::chrono::nanoseconds> timeout{};
    std::optional<int> ready_fd{}; ///< --ready-fd, for run: receives a newline when the daemon is ready
    std::string instance{};        ///< --instance: which instance; empty: that of the settings
    bool json = false;             ///< --json: print JSON
    bool quiet = false;            ///< --quiet: print errors only
    bool verbose = false;          ///< --verbose: print each step
};

} // namespace daemonkit
