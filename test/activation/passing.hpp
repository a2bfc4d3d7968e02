// SPDX-License-Identifier: BSL-1.0
// Passes descriptors as a service manager does: from 3 on, with LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES.
#pragma once

#include "support/process.hpp"

#include <daemonkit/sys/unique_fd.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

/// A file in memory with this content.
inline daemonkit::sys::unique_fd memory_of(const std::string& content)
{
    daemonkit::sys::unique_fd file(::memfd_create("passed", MFD_CLOEXEC));
    if (::write(file.get(), content.data(), content.size()) == -1) std::abort();
    return file;
}

struct passing
{
    std::vector<int> descriptors{};
    std::optional<std::string> names{};
    std::optional<std::string> count = std::to_string(descriptors.size());
    std::optional<std::string> pid{}; // the default is the pid of the process

    /// Call it in a child process. Afterwards only the passed descriptors and close-on-exec descriptors are open above
    /// 2.
    void here() const
    {
        const int out_of_the_way = 200 + static_cast<int>(descriptors.size());
        std::vector<int> copies;
        for (const int fd : descriptors) copies.push_back(::fcntl(fd, F_DUPFD_CLOEXEC, out_of_the_way));
        ::close_range(3, static_cast<unsigned>(out_of_the_way) - 1, 0);
        for (std::size_t i = 0; i < copies.size(); ++i) ::dup2(copies[i], static_cast<int>(3 + i));
        set("LISTEN_PID", pid ? pid : std::to_string(::getpid()));
        set("LISTEN_FDS", count);
        set("LISTEN_FDNAMES", names);
    }

    static void set(const char* name, const std::optional<std::string>& value)
    {
        if (value)
            ::setenv(name, value->c_str(), 1);
        else
            ::unsetenv(name);
    }
};

/// In a child process: becomes a program.