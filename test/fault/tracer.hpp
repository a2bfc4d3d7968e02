// SPDX-License-Identifier: BSL-1.0
// One run of a verb under ptrace(2): every process that comes of it is followed and has a role, the system calls of
// each role are counted, and at one of them a fault is injected. What the program tells by signals (subject.cpp) says
// where main() begins and when the daemon listens; the dynamic loader is not counted.
//
// Whoever is not counted runs at full speed, and so does everybody once the fault has happened. At the end the daemon
// is let go while it listens, so that what comes next is not traced.
#pragma once

#include "plausible.hpp"
#include "support/process.hpp"

#include <sys/types.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fault {

enum class role { origin, middle, daemon };
inline constexpr std::array roles{role::origin, role::middle, role::daemon};

inline const char* name_of(role who)
{
    return who == role::origin ? "origin" : who == role::middle ? "middle child" : "daemon";
}

/// At which call of whom what happens; nothing at all if there is neither an answer nor a signal.
struct injection
{
    role who = role::origin;
    std::size_t call = 0;
    std::optional<answer> answered{};
    int signal = 0;     ///< to the process that makes the call, …
    bool after = false; ///< … after it has been made, not before
};

/// What is counted.
struct plan
{
    std::string verb;
    /// 0: from main() on, until the daemon listens. A signal: nothing until the daemon listens; from there, with this
    /// signal sent to it, until it listens again or is gone.
    int heard = 0;
    injection fault{};
};

struct process
{
    role who = role::origin;
    std::vector<system_call> calls{};
    bool gone = false;
    int wait_status = 0;
    bool reloaded = false;   ///< the hook ran
    bool said_ready = false; ///< the origin has been told

    [[nodiscard]] bool killed() const noexcept { return gone && WIFSIGNALED(wait_status); }
};

struct course
{
    std::map<pid_t, process> processes;
    pid_t origin = 0;
    pid_t daemon = 0; ///< 0: none was made
    std::string out;
    std::string err;
    bool hit = false;          ///< the fault happened, …
    system_call at{};          ///< … at this call
    bool signalled = false;    ///< the origin sent somebody a signal by pidfd
    bool hung = false;         ///< somebody was still busy after the bound, and was killed
    bool outlived = false;     ///< the origin said that it failed while its daemon, or the process between, was there
    bool streams_held = false; ///< somebody had the origin's standard output or error open at the end

    /// The origin's exit status; 128 + N if signal N killed it.
    [[nodiscard]] int status() const
    {
        const int s = processes.at(origin).wait_status;
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

/// Whether this process may trace its children at all.
bool can_trace();

/// Runs `program verb` with exactly this environment.
course trace(const std::string& program, const std::vector<std::string>& environment, const plan& what);

} // namespace fault
