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

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds bound)
{
    for (const auto end = clock_type::now() + bound; !condition();) {
        if (clock_type::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

std::string proc_status(pid_t pid, const std::string& field)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(field + ":")) {
            const auto value = line.find_first_not_of(" \t", field.size() + 1);
            return value == std::string::npos ? std::string() : line.substr(value);
        }
    return {};
}

std::set<int> proc_signals(pid_t pid, const std::string& field)
{
    std::set<int> signals;
    const auto mask = std::strtoull(proc_status(pid, field).c_str(), nullptr, 16);
    for (int signal = 1; signal <= 64; ++signal)
        if ((mask >> static_cast<unsigned>(signal - 1) & 1U) != 0) signals.insert(signal);
    return signals;
}

long proc_stat(pid_t pid, int field)
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

std::string proc_link(pid_t pid, const std::string& name)
{
    std::array<char, 4096> target{};
    const auto size = ::readlink(("/proc/" + std::to_string(pid) + "/" + name).c_str(), target.data(), target.size());
    return size < 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(size));
}

std::set<int> open_descriptors(pid_t pid)
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

std::vector<pid_t> children_of(pid_t pid)
{
    const auto process = std::to_string(pid);
    std::ifstream list("/proc/" + process + "/task/" + process + "/children");
    std::vector<pid_t> children;
    for (pid_t child = 0; list >> child;) children.push_back(child);
    return children;
}

bool ends(pid_t pid, std::chrono::milliseconds bound)
{
    const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (process == -1) return errno == ESRCH;
    pollfd p{process, POLLIN, 0};
    const bool ended = ::poll(&p, 1, static_cast<int>(bound.count())) == 1;
    ::close(process);
    return ended;
}

bool alive(pid_t pid) { return pid > 0 && !ends(pid, std::chrono::milliseconds(0)); }

void put_down(pid_t pid)
{
    if (pid <= 1) return;
    ::kill(pid, SIGKILL);
    ends(pid);
}

void end_children()
{
    while (::waitpid(-1, nullptr, WNOHANG) != -1) {
        for (const pid_t child : children_of(::getpid())) ::kill(child, SIGKILL);
        ::usleep(500);
    }
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

int shell_status(int wait_status)
{
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

int exit_status_of(pid_t child)
{
    int status = 0;
    while (::waitpid(child, &status, 0) == -1 && errno == EINTR) {}
    return shell_status(status);
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
outcome fork_and_listen(Body body)
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
    const auto end = clock_type::now() + generous;
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

outcome run(const std::vector<std::string>& command, const std::string& directory)
{
    return fork_and_listen([&] {
        if (::chdir(directory.c_str()) == -1) return 126;
        return execute(command);
    });
}

outcome in_child(const std::function<int()>& body) { return fork_and_listen(body); }
