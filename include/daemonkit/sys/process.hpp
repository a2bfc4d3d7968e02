// SPDX-License-Identifier: BSL-1.0
// Other processes, as the kernel tells of them: pidfds and /proc/PID/stat.
#pragma once

#include "../text/joined.hpp"
#include "file.hpp"
#include "time.hpp"

#include <sys/prctl.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <string>

namespace daemonkit::sys {

inline pid_t this_process() noexcept { return ::getpid(); }
inline uid_t effective_user() noexcept { return ::geteuid(); }

/// pidfd_open(2), Linux 5.3; the descriptor is close-on-exec.
inline int pidfd_open(pid_t pid) noexcept { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

/// pidfd_send_signal(2), Linux 5.1: reaches the process that the pidfd was opened for, or nobody.
inline int pidfd_send_signal(int pidfd, int signal) noexcept
{
    return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0));
}

/// Writes out the buffers of stdio, so that no line is printed by two processes.
inline void flush_streams() noexcept { std::fflush(nullptr); }

/// setsid(2); cannot fail in a child just forked.
inline void new_session() noexcept { ::setsid(); }

/// fork(2), and a new session in the child.
inline pid_t fork_once() noexcept
{
    const pid_t child = ::fork();
    if (child == 0) new_session();
    return child;
}

/// Ends this process at once: no destructors, no atexit handlers, no stdio.
[[noreturn]] inline void exit_now(int status) noexcept { ::_exit(status); }

/// Whether a process is a user's in every respect, so that this user may signal it: real, effective and saved ids.
[[gnu::cold]] inline bool runs_as(pid_t pid, uid_t user)
{
    std::string text;
    unsigned ids[3] = {};
    if (read_file(joined({"/proc/", pid, "/status"}).c_str(), text, 4096) == -1) return false;
    const auto at = text.find("\nUid:");
    return at != std::string::npos &&
           std::sscanf(text.c_str() + at, "\nUid: %u %u %u", &ids[0], &ids[1], &ids[2]) == 3 && ids[0] == user &&
           ids[1] == user && ids[2] == user;
}

/// Collects a child that has exited: its wait status, or -1 if somebody else did or it still runs.
inline int reap(pid_t child) noexcept
{
    int status = -1;
    return retry([&] { return ::waitpid(child, &status, WNOHANG); }) == child ? status : -1;
}

/// For a child of this process that has not been collected: its number is not another's.
inline void send_signal(pid_t child, int signal) noexcept { ::kill(child, signal); }

/// Waits for the end of a child and collects it.
inline void collect(pid_t child) noexcept
{
    int status = 0;
    retry([&] { return ::waitpid(child, &status, 0); });
}

/// Whether orphans become children of this process: as pid 1 of a namespace, or by PR_SET_CHILD_SUBREAPER, prctl(2).
inline bool adopts_orphans() noexcept
{
    int subreaper = 0;
    return this_process() == 1 || (::prctl(PR_GET_CHILD_SUBREAPER, &subreaper) == 0 && subreaper != 0);
}

/// Collects any child that has exited: its pid, or 0 if there is none.
inline pid_t reap_any(int& status) noexcept
{
    const pid_t child = retry([&] { return ::waitpid(-1, &status, WNOHANG); });
    return child > 0 ? child : 0;
}

/// The exit status for a shell that follows from a wait status: never 0, since whoever asks expected no end.
inline int exit_status_of(int wait_status) noexcept
{
    return wait_status != -1 && WIFEXITED(wait_status) && WEXITSTATUS(wait_status) != 0 ? WEXITSTATUS(wait_status) : 1;
}

/// "SIGTERM", or the number of a signal without a name.
inline std::string signal_name(int signal)
{
    const char* const name = ::sigabbrev_np(signal);
    return name != nullptr ? joined({"SIG", name}) : joined({"signal ", signal});
}

/// "exited with status 7" or "was killed by signal 11 (Segmentation fault)".
[[gnu::cold]] inline short_text<80> description_of_death(int wait_status) noexcept
{
    if (wait_status == -1) return short_text<80>("died");
    short_text<80> text(WIFEXITED(wait_status) ? "exited with status " : "was killed by signal ");
    text += decimal(WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : WTERMSIG(wait_status));
    if (WIFEXITED(wait_status)) return text;
    const char* const name = ::sigdescr_np(WTERMSIG(wait_status));
    ((text += " (") += name != nullptr ? name : "a real-time signal") += ")";
    return text;
}

/// How many threads this process has; 0 if /proc does not tell. /proc/PID/task has a directory for each, proc(5), which
/// counts as a link.
inline unsigned long thread_count() noexcept
{
    file_status tasks = {};
    return status_of("/proc/self/task", tasks) == 0 && tasks.st_nlink > 2 ? tasks.st_nlink - 2 : 0;
}

struct process_stat
{
    unsigned long long start = 0; ///< clock ticks since boot
};

/// The text of /proc/PID/stat, proc(5); nothing unless all fields up to the last one wanted are there.
inline std::optional<process_stat> parse_process_stat(const std::string& text) noexcept
{
    // The second field is the command's name in parentheses and may hold anything, parentheses included.
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) return {};
    const char* at = text.c_str() + name_end + 1;
    process_stat stat;
    for (int field = 3; field <= 22; ++field) {
        while (*at == ' ') ++at;
        if (*at == '\0') return {};
        if (field == 22) stat.start = std::strtoull(at, nullptr, 10);
        while (*at != ' ' && *at != '\0') ++at;
    }
    return stat;
}

/// What /proc/PID/stat says; nothing if there is no such process or /proc does not show it.
[[gnu::cold]] inline std::optional<process_stat> read_process_stat(pid_t pid)
{
    std::string text;
    if (read_file(joined({"/proc/", pid, "/stat"}).c_str(), text, 1024) == -1) return {};
    return parse_process_stat(text);
}

/// A start time in ticks since boot, as wall-clock time of today's clock.
inline std::chrono::system_clock::time_point wall_time(unsigned long long start_ticks)
{
    using namespace std::chrono;
    timespec up{};
    ::clock_gettime(CLOCK_BOOTTIME, &up);
    const auto ticks = static_cast<unsigned long long>(::sysconf(_SC_CLK_TCK));
    const auto since_boot = milliseconds(start_ticks * 1000 / ticks);
    return system_clock::now() - duration_cast<milliseconds>(seconds(up.tv_sec) + nanoseconds(up.tv_nsec)) + since_boot;
}

/// A random number of this boot of the kernel, as text; -1 and errno if /proc does not tell.
inline int read_boot_id(small_text& into) noexcept
{
    const unique_fd file(sys::open("/proc/sys/kernel/random/boot_id", O_RDONLY));
    return file ? read_small(file.get(), into) : -1;
}

/// What no other process of this boot has that has, had or will have the same number: the inode number of its pidfd
/// where the kernel gives each process its own (pidfs, Linux 6.9), else its start time, which can only be another's if
/// the number is used again within one tick (10 ms). A start time is told otherwise in each time namespace, and hidden
/// by some mounts of /proc; an inode number is neither. Nothing if /proc would have to tell and does not.
inline std::optional<unsigned long long> generation_of(int pidfd, pid_t pid)
{
    constexpr long pidfs = 0x50494446; // PID_FS_MAGIC, linux/magic.h
    struct statfs system = {};
    file_status status = {};
    if (::fstatfs(pidfd, &system) == -1) {
        if (errno != ENOSYS && errno != EPERM) return {}; // a sandbox that has none has none for whoever asks, too
    } else if (system.f_type == pidfs) {
        return status_of(pidfd, status) == 0 ? std::optional<unsigned long long>(status.st_ino) : std::nullopt;
    }
    if (const auto stat = read_process_stat(pid)) return stat->start;
    return {};
}

/// The name the program was called by, without its directories.
inline const char* program_name() noexcept { return program_invocation_short_name; }

} // namespace daemonkit::sys
