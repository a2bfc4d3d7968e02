// SPDX-License-Identifier: BSL-1.0
// Processes as other processes see them: /proc, pidfds, exit statuses. Every wait ends with its event, or fails after a
// generous bound.
#pragma once

#include <dirent.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace daemonkit::testing::detail {

inline constexpr std::chrono::seconds generous{20};

/// Checks `condition` every millisecond until it holds; false after `bound`.
inline bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds bound = generous)
{
    for (const auto end = std::chrono::steady_clock::now() + bound; !condition();) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

/// A field of /proc/PID/status such as "PPid", "Uid", "Groups", "SigBlk", "SigIgn", "SigCgt", "Umask", "Threads",
/// "NoNewPrivs"; empty if there is no such process.
inline std::string proc_status(pid_t pid, const std::string& field)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(field + ":")) {
            const auto value = line.find_first_not_of(" \t", field.size() + 1);
            return value == std::string::npos ? std::string() : line.substr(value);
        }
    return {};
}

/// The signals in such a mask field.
inline std::set<int> proc_signals(pid_t pid, const std::string& field)
{
    std::set<int> signals;
    const auto mask = std::strtoull(proc_status(pid, field).c_str(), nullptr, 16);
    for (int signal = 1; signal <= 64; ++signal)
        if ((mask >> static_cast<unsigned>(signal - 1) & 1U) != 0) signals.insert(signal);
    return signals;
}

/// A field of /proc/PID/stat by its number in proc(5): 4 parent, 5 process group, 6 session, 7 terminal.
inline long proc_stat(pid_t pid, int field)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) return -1;
    std::istringstream rest(text.substr(name_end + 1));
    std::string value;
    for (int i = 3; i <= field; ++i) rest >> value;
    return std::strtol(value.c_str(), nullptr, 10);
}

/// The target of /proc/PID/NAME ("cwd", "root", "fd/0"); empty if it cannot be read.
inline std::string proc_link(pid_t pid, const std::string& name)
{
    std::array<char, 4096> target{};
    const auto size = ::readlink(("/proc/" + std::to_string(pid) + "/" + name).c_str(), target.data(), target.size());
    return size < 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(size));
}

/// The open descriptors of a process.
inline std::set<int> open_descriptors(pid_t pid)
{
    std::set<int> numbers;
    DIR* const directory = ::opendir(("/proc/" + std::to_string(pid) + "/fd").c_str());
    if (directory == nullptr) return numbers;
    while (const dirent* entry = ::readdir(directory))
        if (entry->d_name[0] != '.') numbers.insert(std::atoi(entry->d_name));
    if (pid == ::getpid()) numbers.erase(::dirfd(directory));
    ::closedir(directory);
    return numbers;
}

/// The children of a process.
inline std::vector<pid_t> children_of(pid_t pid)
{
    const auto process = std::to_string(pid);
    std::ifstream list("/proc/" + process + "/task/" + process + "/children");
    std::vector<pid_t> children;
    for (pid_t child = 0; list >> child;) children.push_back(child);
    return children;
}

/// Waits for the end of a process, which need not be a child; false after `bound`.
inline bool ends(pid_t pid, std::chrono::milliseconds bound = generous)
{
    const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (process == -1) return errno == ESRCH;
    pollfd p{process, POLLIN, 0};
    const bool ended = ::poll(&p, 1, static_cast<int>(bound.count())) == 1;
    ::close(process);
    return ended;
}

/// Whether the process has not exited: a zombie has.
inline bool alive(pid_t pid) { return pid > 0 && !ends(pid, std::chrono::milliseconds(0)); }

/// A status of waitpid(2) as a shell shows it: the exit status; 128 + N if signal N killed the process.
inline int shell_status(int wait_status)
{
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

/// waitpid(2) without interruption, then shell_status().
inline int exit_status_of(pid_t child)
{
    int status = 0;
    while (::waitpid(child, &status, 0) == -1 && errno == EINTR) {}
    return shell_status(status);
}

/// Kills and collects all children of this process.
inline void end_children()
{
    while (::waitpid(-1, nullptr, WNOHANG) != -1) {
        for (const pid_t child : children_of(::getpid())) ::kill(child, SIGKILL);
        ::usleep(500);
    }
}

} // namespace daemonkit::testing::detail
