// SPDX-License-Identifier: BSL-1.0
// A program whose standard streams are a terminal, and what it writes there while it runs.
#pragma once

#include "support/process.hpp"

#include <daemonkit/sys/deadline.hpp>

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

class terminal_child
{
public:
    explicit terminal_child(const std::vector<std::string>& command, unsigned short columns = 80)
    {
        const winsize size{24, columns, 0, 0};
        pid_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
        if (pid_ == 0) ::_exit(execute(command));
    }
    terminal_child(const terminal_child&) = delete;
    terminal_child& operator=(const terminal_child&) = delete;
    ~terminal_child()
    {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
        if (terminal_ != -1) ::close(terminal_);
    }

    [[nodiscard]] bool exists() const noexcept { return pid_ > 0; } ///< false: there are no pseudo terminals here
    /// Waits until the program has written `text`, which may be a part of what came before.
    [[nodiscard]] bool shows(const std::string& text)
    {
        while (written.find(text) == std::string::npos)
            if (!read()) return false;
        return true;
    }
    /// Waits for the end of the program and of all that it writes.
    [[nodiscard]] int status()
    {
        while (read()) {}
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return shell_status(status);
    }

    std::string written{}; ///< so far

private:
    bool read()
    {
        if (!daemonkit::sys::readable_within(terminal_, generous)) return false;
        char bytes[4096];
        const auto n = ::read(terminal_, bytes, sizeof bytes);
        if (n > 0) written.append(bytes, static_cast<std::size_t>(n));
        return n > 0;
    }

    int terminal_ = -1;
    pid_t pid_ = -1;
};
