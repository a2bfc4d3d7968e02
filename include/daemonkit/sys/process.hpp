// SPDX-License-Identifier: BSL-1.0
// This process, its children, and other processes by pidfd and /proc.
#pragma once

#include "../compiled.hpp"
#include "../text/joined.hpp"
#include "environment.hpp"
#include "file.hpp"
#include "pidfd.hpp"
#include "process_stat.hpp"
#include "read_file.hpp"
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

inline pid_t this_process() noexcept { return ::getpid(); }    ///< getpid(2)
inline uid_t effective_user() noexcept { return ::geteuid(); } ///< geteuid(2)

/// Writes out the buffers of stdio before a fork; otherwise both processes would print them.
inline void flush_streams() noexcept { std::fflush(nullptr); }

/// setsid(2). In a new child it fails only if a sandbox refuses it. Returns -1 and errno then.
inline int new_session() noexcept { return ::setsid() == -1 ? -1 : 0; }

inline pid_t fork_once() noexcept { return ::fork(); } ///< fork(2)

/// Ends this process at once: no destructors, no atexit handlers, no stdio.
[[noreturn]] inline void exit_now(int status) noexcept { ::_exit(status); }

/// The real, effective and saved user of a process, /proc/PID/status. false if it cannot be read.
[[gnu::cold, gnu::noinline]] inline bool users_of(pid_t pid, uid_t (&ids)[3])
{
    std::string text;
    if (read_file(joined({"/proc/", pid, "/status"}).c_str(), text, 4096) == -1) return false;
    const auto at = text.find("\nUid:");
    return at != std::string::npos && std::sscanf(text.c_str() + at, "\nUid: %u %u %u", &ids[0], &ids[1], &ids[2]) == 3;
}

/// Whether these three users of a process all are `user`. false if they cannot be read.
[[gnu::cold]] inline bool runs_as(pid_t pid, uid_t user)
{
    uid_t ids[3] = {};
    return users_of(pid, ids) && ids[0] == user && ids[1] == user && ids[2] == user;
}

/// Collects a child that has exited. Returns its wait status; -1 if it still runs, or was already collected elsewhere.
inline int reap(pid_t child) noexcept
{
    int status = -1;
    return retry([&] { return ::waitpid(child, &status, WNOHANG); }) == child ? status : -1;
}

/// kill(2), only for a child that was not collected yet: until then no other process can have its pid.
inline void send_signal(pid_t child, int signal) noexcept { ::kill(child, signal); }

/// Waits for the end of a child and collects it.
inline void collect(pid_t child) noexcept
{
    int status = 0;
    retry([&] { return ::waitpid(child, &status, 0); });
}

/// Whether orphans become children of this process: it is pid 1 of a namespace, or a subreaper, prctl(2),
/// PR_SET_CHILD_SUBREAPER.
inline bool receives_orphans() noexcept
{
    int subreaper = 0;
    return this_process() == 1 || (::prctl(PR_GET_CHILD_SUBREAPER, &subreaper) == 0 && subreaper != 0);
}

/// Collects any child that has exited. Returns its pid, or 0 if there is none.
inline pid_t reap_any(int& status) noexcept
{
    const pid_t child = retry([&] { return ::waitpid(-1, &status, WNOHANG); });
    return child > 0 ? child : 0;
}

/// The exit status for a shell after a child died with this wait status. Never 0, because the child was expected to
/// live.
inline int exit_status_of(int wait_status) noexcept
{
    return wait_status != -1 && WIFEXITED(wait_status) && WEXITSTATUS(wait_status) != 0 ? WEXITSTATUS(wait_status) : 1;
}

/// "SIGTERM", or "signal 35" for a signal without a name.
inline std::string signal_name(int signal)
{
    const char* const name = ::sigabbrev_np(signal);
    return name != nullptr ? joined({"SIG", name}) : joined({"signal ", signal});
}

/// The signal that a text names: "USR1", "SIGUSR1", "RTMIN+1" or "10"; 0: none.
DAEMONKIT_INLINE int signal_number(std::string_view text);

/// Whether a process catches a signal, or blocks it, as a reader of a signalfd does: proc(5). false if /proc hides it.
DAEMONKIT_INLINE bool hears(pid_t pid, int signal);

/// "exited with status 7" or "was killed by signal 11 (Segmentation fault)"; "died" if the status is -1, not known.
[[gnu::cold]] DAEMONKIT_INLINE short_text<80> description_of_death(int wait_status) noexcept;

/// The number of threads of this process; 0 if /proc does not show it. /proc/PID/task has one directory for each
/// thread, proc(5), and each directory is one link.
inline unsigned long thread_count() noexcept
{
    file_status tasks;
    return status_of("/proc/self/task", tasks) == 0 && tasks.st_nlink > 2 ? tasks.st_nlink - 2 : 0;
}

/// The number of the pid namespace of this process, pid_namespaces(7); 0 if /proc does not show it.
inline unsigned long long pid_namespace() noexcept
{
    file_status status = {};
    return status_of("/proc/self/ns/pid", status) == 0 ? status.st_ino : 0;
}

/// The time since a start time in ticks since boot.
DAEMONKIT_INLINE std::chrono::milliseconds age(unsigned long long start_ticks);

/// The wall-clock time of a start time in ticks since boot, by the present setting of the clock.
inline std::chrono::system_clock::time_point wall_time(unsigned long long start_ticks)
{
    using clock = std::chrono::system_clock;
    timespec now;
    ::clock_gettime(CLOCK_REALTIME, &now);
    const auto since_epoch = std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
    return clock::time_point(std::chrono::duration_cast<clock::duration>(since_epoch)) - age(start_ticks);
}

/// Reads the random id of this boot as text, random(4). -1 and errno if /proc does not show it.
inline int read_boot_id(small_text& into) noexcept
{
    const unique_fd file(sys::open("/proc/sys/kernel/random/boot_id", O_RDONLY));
    return file ? read_small(file.get(), into) : -1;
}

/// A number that tells this process from every other process of this boot with the same pid. Since Linux 6.9 it is the
/// inode number of the pidfd (pidfs), which is unique. Before that it is the start time: two processes can have the
/// same one only if the pid is used again within one tick (10 ms). A start time differs between time namespaces, and
/// some mounts of /proc hide it; an inode number has neither problem. Empty if /proc is needed and does not show it.
DAEMONKIT_INLINE std::optional<unsigned long long> generation_of(int pidfd, pid_t pid);

/// The name by which the program was called, without directories; "daemon" if it was called by none.
inline const char* program_name() noexcept
{
    return *program_invocation_short_name != '\0' ? program_invocation_short_name : "daemon";
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int signal_number(std::string_view text)
{
    if (const auto number = number_in(text); number > 0 && number < _NSIG) return static_cast<int>(number);
    if (text.starts_with("SIG")) text.remove_prefix(3);
    if (text.starts_with("RTMIN+")) {
        const auto more = number_in(text.substr(6));
        return more > 0 && more <= SIGRTMAX - SIGRTMIN ? SIGRTMIN + static_cast<int>(more) : 0;
    }
    for (int signal = 1; signal < _NSIG; ++signal)
        if (const char* const name = ::sigabbrev_np(signal); name != nullptr && text == name) return signal;
    return 0;
}

DAEMONKIT_INLINE bool hears(pid_t pid, int signal)
{
    std::string text;
    if (read_file(joined({"/proc/", pid, "/status"}).c_str(), text, 8192) == -1) return false;
    for (const char* const field : {"\nSigBlk:", "\nSigCgt:"}) {
        const auto at = text.find(field);
        if (at == std::string::npos) continue;
        const auto set = std::strtoull(text.c_str() + at + std::strlen(field), nullptr, 16);
        if ((set >> static_cast<unsigned>(signal - 1) & 1U) != 0) return true;
    }
    return false;
}

DAEMONKIT_INLINE short_text<80> description_of_death(int wait_status) noexcept
{
    if (wait_status == -1) return short_text<80>("died");
    short_text<80> text(WIFEXITED(wait_status) ? "exited with status " : "was killed by signal ");
    text += decimal(WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : WTERMSIG(wait_status));
    if (WIFEXITED(wait_status)) return text;
    const char* const name = ::sigdescr_np(WTERMSIG(wait_status));
    ((text += " (") += name != nullptr ? name : "a real-time signal") += ")";
    return text;
}

DAEMONKIT_INLINE std::chrono::milliseconds age(unsigned long long start_ticks)
{
    using namespace std::chrono;
    timespec up{};
    ::clock_gettime(CLOCK_BOOTTIME, &up);
    const auto ticks = static_cast<unsigned long long>(::sysconf(_SC_CLK_TCK));
    const auto since_boot = milliseconds(start_ticks * 1000 / ticks);
    return duration_cast<milliseconds>(seconds(up.tv_sec) + nanoseconds(up.tv_nsec)) - since_boot;
}

DAEMONKIT_INLINE std::optional<unsigned long long> generation_of(int pidfd, pid_t pid)
{
    constexpr long pidfs = 0x50494446; // PID_FS_MAGIC, linux/magic.h
    struct statfs system;
    file_status status;
    if (::fstatfs(pidfd, &system) == -1) {
        if (errno != ENOSYS && errno != EPERM)
            return {}; // a sandbox without fstatfs(2) lacks it in every process, so all use start times
    } else if (system.f_type == pidfs) {
        return status_of(pidfd, status) == 0 ? std::optional<unsigned long long>(status.st_ino) : std::nullopt;
    }
    if (const auto stat = read_process_stat(pid)) return stat->start;
    return {};
}

#endif

} // namespace daemonkit::sys
