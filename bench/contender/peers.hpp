// SPDX-License-Identifier: BSL-1.0
// The contenders of this folder as command lines: how each is started, stopped and asked, and whether its start waits
// until the daemon is ready. All keep their pid in the file that the environment names in PID_FILE. A daemon whose start
// does not wait tells itself when it is ready: it writes its pid and a newline into the named pipe READY_PIPE (ready.h).
// That is done by the daemon's own code, since a pid file is often there long before, and the pid in it is sometimes
// that of a supervisor.
#pragma once

#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

namespace bench {

using words = std::vector<std::string>;

struct contender
{
    std::string name{};
    words start{};        ///< empty: it cannot, see `remark`
    words stop{};         ///< empty: it cannot
    words status{};       ///< empty: it cannot
    bool waits = false;   ///< start returns when the daemon is ready; else READY_PIPE tells
    std::string remark{}; ///< for the tables: what is missing, or what it does otherwise
    words environment{};  ///< NAME=value, beside PID_FILE and READY_PIPE
    words keeper{};       ///< a program that must run as long as the contender is used
    std::string
        service{};       ///< of runit: a directory to be made, with a link `run` to foreground and an empty file `down`
    std::string needs{}; ///< another directory that must be there meanwhile
};

/// A program of this folder as it lies below the build directory.
inline std::string program(const std::string& name) { return BENCH_CONTENDER_DIR "/" + name; }

/// A program of a package that is not installed (see prepare).
inline std::string unpacked(const std::string& path) { return BENCH_UNPACKED_DIR "/" + path; }

/// A contender with the verbs start, stop and status as its last argument.
inline contender with_verbs(const std::string& name, const words& command, bool waits)
{
    const auto verb = [&command](const char* word) {
        auto line = command;
        line.emplace_back(word);
        return line;
    };
    return {.name = name, .start = verb("start"), .stop = verb("stop"), .status = verb("status"), .waits = waits};
}

/// The hand-written limit and ours.
inline std::vector<contender> ourselves()
{
    return {with_verbs("by_hand", {program("by_hand")}, true), with_verbs("ours", {program("ours")}, true)};
}

/// One with nothing to measure but a remark, where this machine does not have its program.
inline contender if_there(contender one)
{
    if (!one.start.empty() && ::access(one.start.front().c_str(), X_OK) != 0)
        return {.name = one.name, .remark = "no " + one.start.front() + " here"};
    return one;
}

inline contender poco() { return {.name = "Poco", .start = {program("poco"), "start"}, .remark = "no verb but start"}; }

inline contender python_daemon()
{
    auto one = with_verbs("python-daemon", {"/usr/bin/python3", program("python_daemon.py")}, false);
    one.remark = "its stop sends TERM and does not wait";
    return one;
}

inline contender start_stop_daemon(const std::string& pid_file, bool await)
{
    const std::string tool = "/sbin/start-stop-daemon";
    contender one{.name = await ? "start-stop-daemon --notify-await" : "start-stop-daemon -b",
                  .start = {tool, "--start", "--quiet", "--background", "--make-pidfile", "--pidfile", pid_file,
                            "--exec", program("foreground")},
                  .stop = {tool, "--stop", "--quiet", "--retry", "TERM/30", "--pidfile", pid_file, "--remove-pidfile"},
                  .status = {tool, "--status", "--pidfile", pid_file},
                  .waits = await};
    if (await) one.start.emplace_back("--notify-await");
    return one;
}

inline contender daemonize(const std::string& pid_file)
{
    return {.name = "daemonize",
            .start = {"/usr/bin/daemonize", "-p", pid_file, "-l", pid_file, program("foreground")},
            .remark = "only starts"};
}

inline contender libslack(const std::string& pid_file)
{
    const std::string tool = "/usr/bin/daemon";
    const std::string name = "--name=daemonkit_bench";
    const std::string file = "--pidfile=" + pid_file;
    return {.name = "libslack daemon",
            .start = {tool, name, file, "--inherit", "--unsafe", "--", program("foreground")},
            .stop = {tool, name, file, "--stop"},
            .status = {tool, name, file, "--running"},
            .remark = "its stop sends TERM and does not wait"};
}

inline contender supervise_daemon(const std::string& pid_file)
{
    const std::string tool = unpacked("sbin/supervise-daemon");
    const std::string name = "daemonkit_bench";
    return {.name = "OpenRC supervise-daemon",
            .start = {tool, name, "--start", "--pidfile", pid_file, program("foreground")},
            .stop = {tool, name, "--stop", "--pidfile", pid_file},
            .environment = {"RC_SVCNAME=" + name},
            .needs = "/run/openrc"};
}

inline contender runit(const std::string& pid_file)
{
    const std::string tool = unpacked("usr/bin/sv");
    const std::string service = pid_file + ".service";
    return {.name = "runit sv",
            .start = {tool, "start", service},
            .stop = {tool, "stop", service},
            .status = {tool, "status", service},
            .keeper = {unpacked("usr/bin/runsv"), service},
            .service = service};
}

/// Everybody else. `pid_file` must be what PID_FILE says: programs that start another one take it as an option.
inline std::vector<contender> peers(const std::string& pid_file)
{
    std::vector<contender> all{
        with_verbs("libdaemon", {program("libdaemon")}, true),
        poco(),
        python_daemon(),
        with_verbs("class in Python", {"/usr/bin/python3", program("seed.py")}, false),
        start_stop_daemon(pid_file, true),
        start_stop_daemon(pid_file, false),
        daemonize(pid_file),
        libslack(pid_file),
        supervise_daemon(pid_file),
        {.name = "OpenRC start-stop-daemon", .remark = "Debian's package leaves it out"},
        runit(pid_file),
    };
    for (auto& one : all) one = if_there(std::move(one));
    return all;
}

} // namespace bench
