// SPDX-License-Identifier: BSL-1.0
// Processes as somebody else sees them: /proc, pidfds, exit statuses. Every wait ends with its event or with a bound
// so generous that passing it is a failure.
#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <sys/types.h>

inline constexpr std::chrono::seconds generous{20};

/// Looks again and again until `condition` holds; false after `bound`.
bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds bound = generous);

/// A field of /proc/PID/status such as "PPid", "Uid", "Groups", "SigBlk", "SigIgn", "SigCgt", "Umask", "Threads",
/// "NoNewPrivs"; empty if there is no such process.
std::string proc_status(pid_t pid, const std::string& field);
/// Signals as a set out of such a mask field.
std::set<int> proc_signals(pid_t pid, const std::string& field);
/// A field of /proc/PID/stat by its number in proc(5): 4 parent, 5 process group, 6 session, 7 terminal.
long proc_stat(pid_t pid, int field);
/// Where /proc/PID/NAME ("cwd", "root", "fd/0") leads to; empty if it cannot be read.
std::string proc_link(pid_t pid, const std::string& name);
/// The numbers in /proc/PID/fd.
std::set<int> open_descriptors(pid_t pid);

/// The children of a process that is one of ours or this one.
std::vector<pid_t> children_of(pid_t pid);

/// Whether the process has not exited yet: a zombie has.
bool alive(pid_t pid);
/// Waits for the end of a process that need not be a child; false after `bound`.
bool ends(pid_t pid, std::chrono::milliseconds bound = generous);
/// KILL and wait, for daemons that a test leaves behind.
void put_down(pid_t pid);
/// The pid in a pid file; 0 if there is none.
pid_t pid_in(const std::string& file);
/// The record of a process in a pid file.
std::string line_of(pid_t pid);
/// The pid of a process that has exited and was waited for.
pid_t dead_pid();
/// A status of waitpid(2) as a shell shows it: the exit status; 128 + N if signal N killed the process.
int shell_status(int wait_status);
/// waitpid(2) without interruption, then shell_status().
int exit_status_of(pid_t child);
/// execvp(3). Returns 127 if it fails, with the reason on standard error.
int execute(const std::vector<std::string>& command);

/// Ends the process in a pid file, whatever becomes of the test.
class daemon_in
{
public:
    explicit daemon_in(std::string pid_file) : file_(std::move(pid_file)) {}
    daemon_in(const daemon_in&) = delete;
    daemon_in& operator=(const daemon_in&) = delete;
    ~daemon_in() { put_down(pid_in(file_)); }

private:
    std::string file_;
};

struct outcome
{
    int status = -1; ///< exit status; 128 + N if signal N killed it; -1 if it was still there after the bound (killed)
    std::string out;
    std::string err;
    bool streams_ended = true; ///< false: somebody still held its standard output or error open after the bound
};

/// Runs a program with standard input from /dev/null and waits for its end and that of its streams.
outcome run(const std::vector<std::string>& command, const std::string& directory = "/");
/// The same for a function in a child made by fork(); what it returns is the exit status. Whatever process comes back
/// from `body` (the origin and, later, its daemon) leaves by _exit.
outcome in_child(const std::function<int()>& body);
/// In such a child, where Boost's checks reach nobody: `return holds(…, …) && holds(…, …) ? 0 : 1;` prints on standard
/// error what does not hold.
bool holds(bool condition, const std::string& what);
