// SPDX-License-Identifier: BSL-1.0
// stderr_log() in a child process; the test has the other end of its standard error.
#pragma once

#include <daemonkit/stderr_log.hpp>
#include <daemonkit/sys/unique_fd.hpp>

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

using daemonkit::log_level;
using daemonkit::stderr_log;
using daemonkit::sys::unique_fd;

/// In a child process with this standard error.
template <class Body>
inline outcome with_stderr(int fd, Body body)
{
    return in_child([&] {
        ::dup2(fd, 2);
        return body() ? 0 : 1;
    });
}

inline outcome log_to(int fd, log_level level, const std::string& text)
{
    return with_stderr(fd, [&] {
        stderr_log(level, text);
        return true;
    });
}

struct two_ends
{
    unique_fd ours;
    unique_fd theirs;
};

inline two_ends make_pipe()
{
    int ends[2];
    BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    return {unique_fd(ends[0]), unique_fd(ends[1])};
}

inline two_ends make_sockets(int type)
{
    int ends[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) == 0);
    return {unique_fd(ends[0]), unique_fd(ends[1])};
}

inline two_ends make_terminal()
{
    unique_fd ours(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    BOOST_REQUIRE((::grantpt(ours.get()) == 0 && ::unlockpt(ours.get()) == 0));
    unique_fd theirs(::open(::ptsname(ours.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    BOOST_REQUIRE(theirs);
    termios modes{};
    ::tcgetattr(theirs.get(), &modes);
    ::cfmakeraw(&modes);
    ::tcsetattr(theirs.get(), TCSANOW, &modes);
    return {std::move(ours), std::move(theirs)};
}

/// The result of one read(2); from a datagram socket, that is one write(2).
inline std::string next(const unique_fd& from)
{
    pollfd p{from.get(), POLLIN, 0};
    if (::poll(&p, 1, 0) != 1) return "nothing came";
    std::string text(200'000, '\0');
    const auto n = ::read(from.get(), text.data(), text.size());
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
}

inline void name_journal(int fd)
{
    struct stat status = {};
    ::fstat(fd, &status);
    ::setenv("JOURNAL_STREAM", (std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino)).c_str(), 1);
}

inline unique_fd open_log(const boost::filesystem::path& file)
{
    return unique_fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
}

inline const std::string time_stamp = R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} )";
