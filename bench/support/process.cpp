// SPDX-License-Identifier: BSL-1.0
#include "support/process.hpp"

#include <boost/filesystem/operations.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace bench {

nanoseconds now()
{
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return std::chrono::seconds(t.tv_sec) + nanoseconds(t.tv_nsec);
}

int check(int result, const std::string& what)
{
    if (result == -1) throw std::system_error(errno, std::generic_category(), what);
    return result;
}

void descriptor::close() noexcept
{
    if (fd_ != -1) ::close(fd_);
    fd_ = -1;
}

pipe_ends make_pipe()
{
    int fds[2];
    check(::pipe2(fds, O_CLOEXEC), "make a pipe");
    return {descriptor(fds[0]), descriptor(fds[1])};
}

pid_t spawn(const words& command, const words& environment, int output)
{
    words variables = environment;
    for (char** v = ::environ; *v != nullptr; ++v) {
        const std::string_view variable = *v;
        const auto name = variable.substr(0, variable.find('=') + 1);
        if (std::none_of(environment.begin(), environment.end(), [&](const auto& e) { return e.starts_with(name); }))
            variables.emplace_back(variable);
    }
    auto pointers_to = [](auto strings) {
        std::vector<char*> pointers;
        for (const auto& s : *strings) pointers.push_back(const_cast<char*>(s.c_str()));
        pointers.push_back(nullptr);
        return pointers;
    };
    const auto argv = pointers_to(&command);
    const auto envp = pointers_to(&variables);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (output == -1)
        ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    else
        ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, argv.front(), &actions, nullptr, argv.data(), envp.data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::system_error(error, std::generic_category(), "run " + command.front());
    return pid;
}

int wait_for(pid_t child, usage* used)
{
    int status = 0;
    rusage of_child = {};
    while (::wait4(child, &status, 0, &of_child) == -1)
        if (errno != EINTR) check(-1, "wait for a child");
    if (used != nullptr) {
        for (const auto& part : {of_child.ru_utime, of_child.ru_stime})
            used->cpu += std::chrono::seconds(part.tv_sec) + std::chrono::microseconds(part.tv_usec);
        used->faults += of_child.ru_minflt + of_child.ru_majflt;
        used->switches += of_child.ru_nvcsw + of_child.ru_nivcsw;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

ended run(const words& command, const words& environment)
{
    ended result;
    const auto began = now();
    result.status = wait_for(spawn(command, environment), &result.used);
    result.wall = now() - began;
    return result;
}

std::string output_of(const words& command, const words& environment)
{
    auto pipe = make_pipe();
    const pid_t child = spawn(command, environment, pipe.write.get());
    pipe.write.close();
    std::string text;
    char part[4096];
    for (ssize_t n = 0; (n = ::read(pipe.read.get(), part, sizeof part)) > 0;)
        text.append(part, static_cast<std::size_t>(n));
    if (const int status = wait_for(child); status != 0)
        throw std::runtime_error(command.front() + " ended with status " + std::to_string(status));
    return text;
}

pidfd::pidfd(pid_t pid)
    : fd_(check(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)), "open process " + std::to_string(pid)))
{
}

void pidfd::signal(int number) const
{
    check(static_cast<int>(::syscall(SYS_pidfd_send_signal, get(), number, nullptr, 0)), "signal a process");
}

void pidfd::wait() const { wait_readable(get(), "the end of a process"); }

bool pidfd::ended() const
{
    pollfd p{get(), POLLIN, 0};
    return ::poll(&p, 1, 0) == 1;
}

void wait_readable(int fd, const std::string& what)
{
    pollfd p{fd, POLLIN, 0};
    if (check(::poll(&p, 1, 30'000), "wait for " + what) == 0)
        throw std::runtime_error("waited 30 s for " + what + " in vain");
}

temporary_directory::temporary_directory()
{
    path_ = (boost::filesystem::temp_directory_path() / "bench.XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) check(-1, "make a temporary directory");
}

temporary_directory::~temporary_directory()
{
    boost::system::error_code ignored;
    boost::filesystem::remove_all(path_, ignored);
}

std::string text_of(const std::string& path)
{
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace bench
