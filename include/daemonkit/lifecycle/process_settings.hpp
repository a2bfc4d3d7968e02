// SPDX-License-Identifier: BSL-1.0
// The attributes of the daemon's process that do not depend on policies: daemon(7), steps 10, 11 and 13. Paths are
// strings, so that a daemon without files needs no file system library; a boost::filesystem::path converts to them.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../core/detail/account.hpp"
#include "../core/detail/resource_limits.hpp"
#include "../core/detail/scheduling.hpp"

#include <optional>
#include <string>
#include <vector>

namespace daemonkit {

/// The settings of the daemon's process, applied in the daemon before run(). Where a default is "the caller's in the
/// foreground", a daemon that runs in the foreground (the verb run, no_fork, pid 1) keeps what it inherits.
struct process_settings
{
    /// The daemon's name in messages and in status; empty: the name by which the program was called.
    std::string name{};
    /// Which of several daemons of one program this is: see for_instance(). Empty: there is one only.
    std::string instance{};
    /// The directory that the daemon changes to before on_start(), chdir(2); with `chroot`, when privileges are
    /// dropped. Empty: `/`, or the caller's in the foreground without `chroot`.
    std::string working_directory{};
    /// umask(2), set before on_start(). Empty: 022, or the caller's in the foreground.
    std::optional<mode_t> umask{};
    /// The user that the daemon changes to after on_start(), with the user's groups; empty: no change. Needs root.
    detail::account user{};
    /// The group that the daemon changes to, instead of the user's primary group; empty: the user's primary group.
    detail::account group{};
    /// The root directory that the daemon changes to when privileges are dropped, chroot(2); empty: no change. The
    /// working directory is then a path inside it.
    std::string chroot{};
    /// Resource limits, setrlimit(2), set in this order before on_start(): `{RLIMIT_NOFILE, soft, hard}`. Without
    /// `hard` the hard limit stays.
    detail::resource_limits limits{};
    /// false sets RLIMIT_CORE to 0, so that the daemon's memory is never written to a core file. Empty: false, or the
    /// caller's limit in the foreground.
    std::optional<bool> core_dumps{};
    /// The nice value, setpriority(2), from -20 to 19. This and the next four settings are applied before on_start(), and
    /// what is not given stays as it was inherited.
    detail::nice_value nice{};
    /// How likely the kernel ends the daemon when memory runs out, from -1000 (never) to 1000: oom_score_adj, proc(5).
    detail::oom_score oom_score_adjust{};
    /// `{SCHED_FIFO, 10}`: a policy of sched(7), and its priority, which is 0 if it is not given.
    detail::cpu_scheduling_policy cpu_scheduling{};
    /// `{0, 1}`: the processors that the daemon may use, sched_setaffinity(2).
    detail::processors cpu_affinity{};
    /// `io_class::idle`, `{io_class::best_effort, 7}`: the class and level of input and output, ioprio_set(2).
    detail::io_scheduling_class io_scheduling{};
    /// Whether to set PR_SET_NO_NEW_PRIVS, prctl(2): set-user-ID programs then give the daemon and its children no
    /// privileges.
    bool no_new_privileges = false;
    /// false: only the daemon returns from start() and command_line(). Every other process ends by _exit(2) as soon as
    /// the result is printed: no code after the call, no exit handler and no destructor of static objects runs there.
    /// start() itself prints why it failed, or that the daemon already runs.
    bool launcher_returns = true;
    /// Inherited descriptors above 2 that stay open in a daemon that detaches. All others that the process got over
    /// execve(2) are closed. What the program opened itself stays open.
    std::vector<int> keep_descriptors{};
};

} // namespace daemonkit
