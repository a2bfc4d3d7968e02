// SPDX-License-Identifier: BSL-1.0
// Processes as other processes see them: /proc, pidfds, exit statuses. Every wait ends with its event, or fails after a
// generous bound.
#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <sys/types.h>

inline constexpr std::chrono::seconds generous{20};

/// Checks `condition` every millisecond until it holds; false after `bound`.
bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds bound = generous);

/// A field of /proc/PID/status such as "PPid", "Uid", "Groups", "SigBlk", "SigIgn", "SigCgt", "Umask", "Threads",
/// "NoNewPrivs"; empty if there is no such process.
std::string proc_status(pid_t pid, const std::string& field);
/// The signals in such a mask field.
std::set<int> proc_signals(pid_t pid, const std::string& field);
/// A field of /proc/PID/stat by its number in proc(5): 4 parent, 5 process group, 6 session, 7 terminal.
long proc_stat(pid_t pid, int field);
/// The target of /proc/PID/NAME ("cwd", "root", "fd/0"); empty if it cannot be read.
std::string proc_link(pid_t pid, const std::string& name);
/// The open descriptors of a process.
std::set<int> open_descriptors(pid_t pid);

/// The children of a process.
std::vector<pid_t> children_of(pid_t pid);

/// Whether the process has not exited: a zombie has.
bool alive(pid_t pid);
/// Waits for the end of a process, which need not be a child; false after `bound`.
bool ends(pid_t pid, std::chrono::milliseconds bound = generous);
/// Sends KILL and waits, for daemons that a test leaves.
void put_down(pid_t pid);
/// The pid in a pid file; 0 if there is none.
pid_t pid_in(const std::string& file);
/// The record of a process in a pid file.
std::string line_of(pid_t pid);
/// The pid of a process that has exited and was collected.
pid_t dead_pid();
/// A status of waitpid(2) as a shell shows it: the exit status; 128 + N if signal N killed the process.
int shell_status(int wait_status);
/// waitpid(2) without interruption, then shell_status().
int exit_status_of(pid_t child);
/// execvp(3). Returns 127 if it fails, with the reason on standard error.
int execute(const std::vector<std::string>& command);

/// Kills and collects all children of this process.
void end_children();

/// Makes this process the parent of those that its children leave, and ends them, whatever the result of the test.
class nothing_left
{
public:
    nothing_left();
    nothing_left(const nothing_left&) = delete;
    nothing_left& operator=(const nothing_left&) = delete;
    ~nothing_left() { end_children(); }
};

/// Ends the process in a pid file, whatever the result of the test.
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
    int status = -1; ///< exit status; 128 + N if signal N killed it; -1 if it was killed after the bound
    std::string out;
    std::string err;
    bool streams_ended = true; ///< false: a process still had its standard output or error open after the bound
};

/// Runs a program with standard input from /dev/null; waits for its end and for the end of its streams.
outcome run(const std::vector<std::string>& command, const std::string& directory = "/");
/// The same for a function in a child made by fork(); its result is the exit status. Every process that returns from
/// `body` (the launcher and, later, its daemon) ends with _exit.
outcome in_child(const std::function<int()>& body);
/// In such a child, where Boost's checks have no effect: `return holds(…, …) && holds(…, …) ? 0 : 1;` prints to
/// standard error what does not hold.
bool holds(bool condition, const std::string& what);
