// SPDX-License-Identifier: BSL-1.0
// Pids that a test chooses: a pid namespace of its own, where no other process takes any, and clone3(2), which creates
// a process with a given pid. Boost's checks do not reach the processes in there: they print what does not hold on
// standard error, and their exit status tells.
#pragma once

#include <daemonkit/testing/detail/chosen_pid.hpp>

#include "support/file.hpp"
#include "support/mounts.hpp"
#include "support/process.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

/// The exit status for: not possible on this machine, even for root. The reason is on standard error.
inline constexpr int impossible_here = 77;

inline int impossible(const std::string& step)
{
    std::fprintf(stderr, "cannot %s here: %s\n", step.c_str(), std::strerror(errno));
    return impossible_here;
}

/// unshare(2) with private mounts; an unprivileged user does it as root of a user namespace.
inline bool unshare_privately(int namespaces)
{
    const auto uid = ::geteuid();
    const auto gid = ::getegid();
    if (unshare_mounts(namespaces)) return true;
    if (errno != EPERM || !unshare_mounts(CLONE_NEWUSER | namespaces)) return false;
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1");
    write_file("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1");
    return true;
}

/// Mounts the /proc of the current pid namespace.
inline bool mount_proc() { return ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0; }

/// Runs `body` as process 1 of a pid namespace, with private mounts and /proc; returns its exit status. All processes
/// inside end with it. Calls may be nested.
template <class Body>
int in_pid_namespace(Body body, int more_namespaces = 0)
{
    // In a child, because a process that has unshared pids can have one child only, which is the first process.
    const pid_t outside = ::fork();
    if (outside == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!unshare_privately(CLONE_NEWPID | more_namespaces)) ::_exit(impossible("make a pid namespace"));
        const pid_t first = ::fork();
        if (first == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const int status = mount_proc() ? body() : impossible("mount /proc");
            std::fflush(nullptr);
            ::_exit(status);
        }
        ::_exit(first == -1 ? impossible("fork into a pid namespace") : exit_status_of(first));
    }
    return exit_status_of(outside);
}

using testing_detail::fork_as;
using testing_detail::let_start_times_differ;
using testing_detail::pidfds_tell_processes_apart;

/// For the tests themselves: the child succeeded, or the test is not possible here.
#define EXPECT_GOOD_OR_SKIP(child)                                                     \
    do {                                                                               \
        const auto& ended = (child);                                                   \
        if (ended.status == impossible_here) DAEMONKIT_SKIP(ended.err);                \
        BOOST_TEST(ended.status == 0, "status " << ended.status << ": " << ended.err); \
    } while (false)
