// SPDX-License-Identifier: BSL-1.0
#include "support/process.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

using clock_type = std::chrono::steady_clock;

void put_down(pid_t pid)
{
    if (pid <= 1) return;
    ::kill(pid, SIGKILL);
    ends(pid);
}

nothing_left::nothing_left() { ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL); }

pid_t pid_in(const std::string& file)
{
    std::ifstream in(file);
    pid_t pid = 0;
    in >> pid;
    return pid;
}

std::string line_of(pid_t pid) { return std::to_string(pid) + "\n"; }

pid_t dead_pid()
{
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    exit_status_of(child);
    return child;
}

int execute(const std::vector<std::string>& command)
{
    std::vector<char*> arguments;
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    std::fprintf(stderr, "cannot execute %s: %s\n", arguments[0], std::strerror(errno));
    return 127;
}

bool holds(bool condition, const std::string& what)
{
    if (!condition) std::fprintf(stderr, "does not hold: %s\n", what.c_str());
    return condition;
}

namespace {

void read_to_end(int (&fds)[2], outcome& result, clock_type::time_point end)
{
    std::string* const texts[2] = {&result.out, &result.err};
    for (int open = 2; open > 0;) {
        pollfd p[2] = {{fds[0], POLLIN, 0}, {fds[1], POLLIN, 0}};
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - clock_type::now()).count();
        if (left <= 0 || ::poll(p, 2, static_cast<int>(left)) == 0) {
            result.streams_ended = false;
            break;
        }
        for (int i = 0; i < 2; ++i) {
            if (p[i].revents == 0) continue;
            std::array<char, 4096> bytes{};
            const auto n = ::read(fds[i], bytes.data(), bytes.size());
            if (n > 0) {
                texts[i]->append(bytes.data(), static_cast<std::size_t>(n));
            } else {
                ::close(std::exchange(fds[i], -1));
                --open;
            }
        }
    }
    for (const int fd : fds)
        if (fd != -1) ::close(fd);
}

template <class Body>
outcome fork_and_listen(Body body, std::chrono::seconds bound)
{
    int out[2];
    int err[2];
    if (::pipe2(out, O_CLOEXEC) == -1 || ::pipe2(err, O_CLOEXEC) == -1) std::abort();
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == -1) std::abort(); // a signal to -1 would reach every process of the machine
    if (child == 0) {
        ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
        ::dup2(out[1], 1);
        ::dup2(err[1], 2);
        for (const int fd : {out[0], out[1], err[0], err[1]}) ::close(fd);
        int status = 125;
        try {
            status = body();
        } catch (const std::exception& e) {
            std::fprintf(stderr, "exception out of the child: %s\n", e.what());
        }
        std::fflush(nullptr);
        ::_exit(status);
    }
    ::close(out[1]);
    ::close(err[1]);
    outcome result;
    const auto end = clock_type::now() + bound;
    int fds[2] = {out[0], err[0]};
    read_to_end(fds, result, end);
    if (!ends(child, std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::max(end - clock_type::now(), clock_type::duration::zero())))) {
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        return result;
    }
    result.status = exit_status_of(child);
    return result;
}

} // namespace

outcome run(const std::vector<std::string>& command, const std::string& directory, std::chrono::seconds bound)
{
    return fork_and_listen(
        [&] {
            if (::chdir(directory.c_str()) == -1) return 126;
            return execute(command);
        },
        bound);
}

outcome in_child(const std::function<int()>& body) { return fork_and_listen(body, generous); }
