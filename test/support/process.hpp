// SPDX-License-Identifier: BSL-1.0
// Processes as other processes see them: /proc, pidfds, exit statuses. Every wait ends with its event, or fails after a
// generous bound.
#pragma once

#include <daemonkit/testing/detail/processes.hpp>

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <sys/types.h>

namespace testing_detail = daemonkit::testing::detail;
using testing_detail::alive;
using testing_detail::children_of;
using testing_detail::end_children;
using testing_detail::ends;
using testing_detail::eventually;
using testing_detail::exit_status_of;
using testing_detail::generous;
using testing_detail::open_descriptors;
using testing_detail::proc_link;
using testing_detail::proc_signals;
using testing_detail::proc_stat;
using testing_detail::proc_status;
using testing_detail::shell_status;

/// Sends KILL and waits, for daemons that a test leaves.
void put_down(pid_t pid);
/// The pid in a pid file; 0 if there is none.
pid_t pid_in(const std::string& file);
/// The record of a process in a pid file.
std::string line_of(pid_t pid);
/// The pid of a process that has exited and was collected.
pid_t dead_pid();
/// execvp(3). Returns 127 if it fails, with the reason on standard error.
int execute(const std::vector<std::string>& command);

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
outcome run(const std::vector<std::string>& command, const std::string& directory = "/",
            std::chrono::seconds bound = generous);
/// The same for a function in a child made by fork(); its result is the exit status. Every process that returns from
/// `body` (the launcher and, later, its daemon) ends with _exit.
outcome in_child(const std::function<int()>& body);
/// In such a child, where Boost's checks have no effect: `return holds(…, …) && holds(…, …) ? 0 : 1;` prints to
/// standard error what does not hold.
bool holds(bool condition, const std::string& what);
