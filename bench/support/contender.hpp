// SPDX-License-Identifier: BSL-1.0
// A daemon program that several questions drive, as command lines, and how it is driven. Its pid file is what the
// environment variable PID_FILE says. A daemon whose start returns earlier than it is ready says when it is: its own
// code writes its pid and a newline into the named pipe that READY_PIPE names (contender/ready.h).
#pragma once

#include "support/process.hpp"

#include <string>

namespace bench {

struct contender
{
    std::string name{};
    words start{};        ///< empty: it cannot, see `remark`
    words stop{};         ///< empty: it cannot
    words status{};       ///< empty: it cannot
    words reload{};       ///< empty: it cannot, or does not say how that ended
    bool waits = true;    ///< start returns when the daemon is ready; else READY_PIPE tells
    std::string remark{}; ///< for the tables: what is missing, or what it does otherwise
    words environment{};  ///< NAME=value, beside PID_FILE and READY_PIPE
    words keeper{};       ///< a program that must run as long as the contender is used
    std::string
        service{};       ///< of runit: a directory to be made, with a link `run` to foreground and an empty file `down`
    std::string needs{}; ///< another directory that must be there meanwhile
};

/// A program that CMake builds for bench/contender, installed anew as by install_programs().
[[nodiscard]] std::string program(const std::string& name);

/// Copies each program() that this process has named, and puts the copy in its place. A file that the linker has written
/// piece by piece, or that was read again when memory had been short, lies in scattered pages: after 30 ms of idleness
/// a start of it took 1.6 times as long as one of its copy. Each copy lies elsewhere, so some are better than others.
void install_programs();

/// A contender with the verbs start, stop and status as its last argument.
[[nodiscard]] contender with_verbs(const std::string& name, const words& command, bool waits = true);

/// by_hand and ours in all their variants: by_hand_linked_alike (with the shared libraries of ours), by_hand_static,
/// by_hand_guarded (with the guarantees of ours, too), by_hand_guarded_static, ours, ours_static, ours_single_fork,
/// ours_handoff_fork, the last two followed by _static too. Without a start where it was not built.
[[nodiscard]] contender built(const std::string& name);

struct started
{
    nanoseconds returned{}; ///< from before the spawn of start to its exit
    nanoseconds ready{};    ///< the same to its exit and the daemon's readiness, whichever is later
    usage used{};           ///< what its processes have cost, the daemon up to now
    pid_t daemon = 0;
};
/// Starts the daemon; throws unless the exit status is 0 and the daemon is there.
started start(const contender& who, const std::string& pid_file);

/// TERM and its end, outside of any timing; KILL after ten seconds for those that do not care.
void end(pid_t daemon);

/// The pid in a pid file; throws if there is none.
[[nodiscard]] pid_t pid_in(const std::string& pid_file);

} // namespace bench
