// SPDX-License-Identifier: BSL-1.0
// The contenders of bench/contender as command lines: how each is started, stopped and asked, and whether its start
// waits until the daemon is ready. All keep their pid in the file that the environment names in PID_FILE. A daemon
// whose start does not wait tells itself when it is ready: it writes its pid and a newline into the named pipe
// READY_PIPE (see ready.h). That is done by the daemon's own code, since a pid file is often there long before, and
// the pid in it is sometimes that of a supervisor.
#pragma once

#include <unistd.h>

#include <string>
#include <vector>

namespace bench {

using command_line = std::vector<std::string>;

struct contender
{
    std::string name;
    command_line start{};           ///< empty: it cannot, see `remark`
    command_line stop{};            ///< empty: it cannot, or returns before the daemon has ended
    command_line status{};          ///< empty: it cannot
    bool waits = false;             ///< start returns when the daemon is ready; else READY_PIPE tells
    std::string remark{};           ///< for the table: what is missing, or what it does otherwise
    command_line environment{};     ///< NAME=value, beside PID_FILE and READY_PIPE
    command_line keeper{};          ///< must run as long as the contender is used
    std::string keeper_directory{}; ///< to be made before: its `run` leads to foreground, its `down` is an empty file
};

/// A program of bench/contender as it lies below the build directory.
inline std::string program(const std::string& name) { return std::string(BENCH_CONTENDER_DIR "/") + name; }

/// A contender with the verbs start, stop and status in its first argument.
inline contender with_verbs(const std::string& name, command_line command, bool waits, const std::string& remark = {})
{
    const auto verb = [&command](const char* word) {
        auto line = command;
        line.emplace_back(word);
        return line;
    };
    return {.name = name,
            .start = verb("start"),
            .stop = verb("stop"),
            .status = verb("status"),
            .waits = waits,
            .remark = remark};
}

/// The hand-written limit and ours.
inline std::vector<contender> ourselves()
{
    return {with_verbs("by_hand", {program("by_hand")}, true), with_verbs("ours", {program("ours")}, true)};
}

/// Takes out what this machine has no program for, saying so.
inline contender if_there(contender one)
{
    if (!one.start.empty() && ::access(one.start.front().c_str(), X_OK) != 0)
        one = {.name = one.name, .remark = "no " + one.start.front() + " here"};
    return one;
}

/// Everybody else. `pid_file` must be what PID_FILE says: the programs that start another one take it as an option.
inline std::vector<contender> peers(const std::string& pid_file)
{
    const std::string foreground = program("foreground");
    const std::string python = "/usr/bin/python3";
    const std::string ssd = "/sbin/start-stop-daemon";
    const command_line ssd_start{ssd,         "--start", "--quiet", "--background", "--make-pidfile",
                                 "--pidfile", pid_file,  "--exec",  foreground};
    const command_line ssd_stop{ssd,       "--stop",    "--quiet", "--retry",
                                "TERM/30", "--pidfile", pid_file,  "--remove-pidfile"};
    const command_line ssd_status{ssd, "--status", "--pidfile", pid_file};
    auto ssd_await = ssd_start;
    ssd_await.emplace_back("--notify-await");
    const std::string slack = "/usr/bin/daemon";
    const std::string slack_name = "--name=daemonkit_bench";
    const std::string slack_file = "--pidfile=" + pid_file;
    const std::string supervise = program("unpacked/sbin/supervise-daemon");
    const std::string openrc_name = "daemonkit_bench";
    const std::string service = pid_file + ".service";
    const std::string sv = program("unpacked/usr/bin/sv");

    auto python_daemon = with_verbs("python-daemon", {python, program("python_daemon.py")}, false,
                                    "its stop sends TERM and does not wait");
    python_daemon.stop.clear();

    std::vector<contender> all{
        with_verbs("libdaemon", {program("libdaemon")}, true),
        with_verbs("Poco", {program("poco")}, false, "no verbs but start"),
        std::move(python_daemon),
        with_verbs("class in Python", {python, program("seed.py")}, false),
        {.name = "start-stop-daemon --notify-await",
         .start = ssd_await,
         .stop = ssd_stop,
         .status = ssd_status,
         .waits = true},
        {.name = "start-stop-daemon -b", .start = ssd_start, .stop = ssd_stop, .status = ssd_status},
        {.name = "daemonize",
         .start = {"/usr/bin/daemonize", "-p", pid_file, "-l", pid_file, foreground},
         .remark = "only starts"},
        {.name = "libslack daemon",
         .start = {slack, slack_name, slack_file, "--inherit", "--unsafe", "--", foreground},
         .stop = {slack, slack_name, slack_file, "--stop"},
         .status = {slack, slack_name, slack_file, "--running"}},
        {.name = "OpenRC supervise-daemon",
         .start = {supervise, openrc_name, "--start", "--pidfile", pid_file, foreground},
         .stop = {supervise, openrc_name, "--stop", "--pidfile", pid_file},
         .environment = {"RC_SVCNAME=" + openrc_name}},
        {.name = "OpenRC start-stop-daemon", .remark = "Debian's package leaves it out"},
        {.name = "runit sv",
         .start = {sv, "start", service},
         .stop = {sv, "stop", service},
         .status = {sv, "status", service},
         .keeper = {program("unpacked/usr/bin/runsv"), service},
         .keeper_directory = service},
    };
    all[1].stop.clear();
    all[1].status.clear();
    for (auto& one : all) one = if_there(std::move(one));
    return all;
}

} // namespace bench
