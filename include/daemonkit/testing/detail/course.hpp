// SPDX-License-Identifier: BSL-1.0
// What a traced run is told to do, and what happened in it.
#pragma once

#include "plausible.hpp"
#include "processes.hpp"

#ifdef __x86_64__

#include <sys/types.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace daemonkit::testing::detail {

enum class role { launcher, middle, daemon };
inline constexpr std::array roles{role::launcher, role::middle, role::daemon};

inline const char* name_of(role who)
{
    return who == role::launcher ? "launcher" : who == role::middle ? "intermediate process" : "daemon";
}

/// The call of which role gets which fault; nothing is injected if there is neither an answer nor a signal.
struct injection
{
    role who = role::launcher;
    std::size_t call = 0; ///< its place among the calls of that process
    std::optional<answer> answered{};
    int signal = 0;     ///< to the process that makes the call, …
    bool after = false; ///< … after it has been made, not before
    long number = -1;   ///< not -1: the call with this number, wherever it is: the order of two processes varies …
    int turn = 0;       ///< … and this many of that number before it
};

/// What is counted.
struct plan
{
    /// 0: from here() until here() again, or until the daemon says here(). A signal: it is sent to the daemon when it
    /// listens, and calls count from there until it listens again or has ended.
    int heard = 0;
    injection fault{};
    int forks = 2; ///< how many make the daemon; what an earlier one makes is an intermediate process
};

struct process
{
    role who = role::launcher;
    std::vector<system_call> calls{};
    bool gone = false;
    int wait_status = 0;
    bool reloaded = false;   ///< the hook ran
    bool said_ready = false; ///< the launcher heard that the daemon is ready

    [[nodiscard]] bool killed() const noexcept { return gone && WIFSIGNALED(wait_status); }
};

struct course
{
    std::map<pid_t, process> processes;
    pid_t launcher = 0;
    pid_t daemon = 0; ///< 0: none was made
    std::string out;
    std::string err;
    bool hit = false;       ///< the fault happened, …
    system_call at{};       ///< … at this call
    bool signalled = false; ///< the launcher sent a signal by pidfd
    bool hung = false;      ///< a process was still busy after the bound, and was killed
    std::string busy{};     ///< which, and in which system call
    bool waited = false; ///< the launcher waited for a second, in vain: for a daemon that has failed it waits no longer
    bool outlived = false; ///< the launcher reported a failure while its daemon or the intermediate process still ran
    bool streams_held = false; ///< a process had the launcher's standard output or error open at the end

    /// The launcher's exit status; 128 + N if signal N killed it.
    [[nodiscard]] int status() const
    {
        const int s = processes.at(launcher).wait_status;
        return shell_status(s);
    }
    [[nodiscard]] bool daemon_lives() const { return daemon != 0 && !processes.at(daemon).gone; }
    [[nodiscard]] const process* of(role who) const
    {
        for (const auto& [pid, p] : processes)
            if (p.who == who) return &p;
        return nullptr;
    }
};

} // namespace daemonkit::testing::detail

#endif
