// SPDX-License-Identifier: BSL-1.0
#include "keeper.hpp"

#include "support/contender.hpp"

#include <boost/filesystem/operations.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace bench::logs {
namespace {

using namespace std::chrono_literals;

keeper behind_a_pipe(const std::string& name, const words& behind, rotation how)
{
    const bool there = ::access(behind.front().c_str(), X_OK) == 0;
    return {name, {program("log_bare")}, behind, how, there ? "" : "no " + behind.front() + " here"};
}

/// False at once when the process has ended.
bool sleep_until(nanoseconds time, const pidfd& process)
{
    pollfd end{process.get(), POLLIN, 0};
    const auto rest = std::max(time - now(), nanoseconds(0));
    const timespec timeout{rest / 1s, (rest % 1s).count()};
    return check(::ppoll(&end, 1, &timeout, nullptr), "wait for a writer") == 0;
}

/// Tells when the log is made in its directory.
class watch
{
public:
    explicit watch(std::string log) : log_(std::move(log))
    {
        const auto directory = boost::filesystem::path(log_).parent_path().string();
        check(::inotify_add_watch(notes_.get(), directory.c_str(), IN_CREATE), "watch " + directory);
    }

    /// Waits until it is there; false if the process ends before that.
    bool log_is_there(const pidfd& process)
    {
        std::array<pollfd, 2> fds{{{notes_.get(), POLLIN, 0}, {process.get(), POLLIN, 0}}};
        while (!boost::filesystem::exists(log_)) {
            if (check(::poll(fds.data(), fds.size(), 30'000), "wait for a new log") == 0)
                throw std::runtime_error("the log is not opened again");
            char notes[4096];
            if (fds[0].revents == 0 || ::read(notes_.get(), notes, sizeof notes) <= 0) return false;
        }
        return true;
    }

private:
    std::string log_;
    descriptor notes_{check(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK), "watch files")};
};

/// Whether it could be sent; a process may end meanwhile.
bool tell(const pidfd& process, int signal)
{
    try {
        process.signal(signal);
        return true;
    } catch (const std::system_error&) {
        if (!process.ended()) throw;
        return false;
    }
}

/// Until the writer has ended.
void rotate(const keeper& who, const pidfd& writer, const pidfd& told, const std::string& log)
{
    const bool renames = who.rotated == rotation::reopen;
    watch made(log);
    auto next = now();
    for (int number = 1; (!renames || made.log_is_there(writer)) && sleep_until(next += 100ms, writer); ++number) {
        if (who.rotated == rotation::alarm) tell(told, SIGALRM);
        if (!renames) continue;
        boost::filesystem::rename(log, log + "." + std::to_string(number));
        if (!tell(told, SIGHUP)) break;
    }
    writer.wait();
}

nanoseconds cpu_of_children()
{
    rusage use{};
    ::getrusage(RUSAGE_CHILDREN, &use);
    const auto of = [](const timeval& t) {
        return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
    };
    return of(use.ru_utime) + of(use.ru_stime);
}

void read_report(const std::string& path, written& into)
{
    std::ifstream file(path);
    file.read(reinterpret_cast<char*>(&into.report), sizeof into.report);
    into.latencies.resize(into.report.lines);
    file.read(reinterpret_cast<char*>(into.latencies.data()),
              static_cast<std::streamsize>(into.latencies.size() * sizeof into.latencies[0]));
    if (!file) throw std::runtime_error("a writer left no report");
}

void must_succeed(int status, const std::string& who)
{
    if (status != 0) throw std::runtime_error(who + " ended with status " + std::to_string(status));
}

} // namespace

std::vector<keeper> files()
{
    const words bare{program("log_bare")};
    return {{"bare file, reopened by hand", bare, {}, rotation::reopen},
            {"bare file, never reopened", bare, {}, rotation::none},
            {"log_file_stdio", {program("log_ours"), "start"}, {}, rotation::reopen}};
}

std::vector<keeper> programs_behind_a_pipe()
{
    // The largest files they can be told to make, and all of them kept: nothing but ALRM begins a new one.
    return {
        behind_a_pipe("multilog", {"/usr/bin/multilog", "s16777215", "n1000", "{directory}"}, rotation::alarm),
        behind_a_pipe("svlogd", {BENCH_SVLOGD, "{directory}"}, rotation::alarm),
        behind_a_pipe("s6-log", {"/usr/bin/s6-log", "n1000", "s268435455", "{directory}"}, rotation::alarm),
        behind_a_pipe("rotatelogs", {"/usr/bin/rotatelogs", "-n", "1000", "{directory}/log", "16M"}, rotation::size)};
}

written write_lines(const keeper& who, const std::string& mode, long lines)
{
    const temporary_directory place;
    const auto logs = place / "logs";
    const auto report = place / "report";
    const auto pid_file = place / "pid";
    const auto pipe = place / "pipe";
    boost::filesystem::create_directory(logs);
    std::ofstream(logs + "/config") << "s0\nn0\n"; // of svlogd: no limit of size or number
    words variables{"MODE=" + mode, "LINES=" + std::to_string(lines), "REPORT=" + report, "PID_FILE=" + pid_file};
    if (who.program.empty()) variables.push_back("LOG=" + logs + "/log");

    written all;
    if (who.writer.back() == "start") {
        must_succeed(run(who.writer, variables).status, who.name);
        const pidfd daemon(pid_in(pid_file));
        rotate(who, daemon, daemon, logs + "/log");
    } else if (who.program.empty()) {
        const pid_t writer = spawn(who.writer, variables);
        const pidfd process(writer);
        rotate(who, process, process, logs + "/log");
        must_succeed(wait_for(writer), who.name);
    } else {
        words command{"/bin/sh", "-c", "exec \"$@\" <\"$0\"", pipe};
        for (auto word : who.program) {
            if (const auto at = word.find("{directory}"); at != word.npos) word.replace(at, 11, logs);
            command.push_back(word);
        }
        check(::mkfifo(pipe.c_str(), 0600), "make a named pipe");
        const pid_t reader = spawn(command);
        descriptor end(check(::open(pipe.c_str(), O_WRONLY | O_CLOEXEC), "open the named pipe"));
        const pid_t writer = spawn(who.writer, variables, end.get());
        end.close();
        rotate(who, pidfd(writer), pidfd(reader), logs + "/log");
        must_succeed(wait_for(writer), who.name);
        const auto cpu = cpu_of_children();
        must_succeed(wait_for(reader), who.name);
        all.wall = now();
        all.cpu = cpu_of_children() - cpu;
    }
    read_report(report, all);
    if (who.program.empty()) all.wall = nanoseconds(all.report.end);
    all.wall -= nanoseconds(all.report.begin);
    all.cpu += nanoseconds(all.report.cpu);
    all.found = look_through(logs, lines);
    return all;
}

} // namespace bench::logs
