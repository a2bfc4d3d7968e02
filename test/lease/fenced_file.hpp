// SPDX-License-Identifier: BSL-1.0
// A resource that checks the token: a file to which owners append. It remembers the greatest token that it has seen, and
// refuses smaller ones. A late write of a former owner does no harm here, whatever delayed it.
#pragma once

#include <daemonkit/sys/unique_fd.hpp>

#include <boost/filesystem/path.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

class fenced_file
{
public:
    /// The token is in a file beside it. Check and write are one step for every process, by the lock on that file.
    explicit fenced_file(const boost::filesystem::path& path)
        : file_(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)),
          fence_(::open((path.string() + ".fence").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600))
    {
    }

    /// Appends the text. false: another owner with a greater token has been here, or the disk is full.
    [[nodiscard]] bool append(std::uint64_t token, std::string_view text) const
    {
        ::flock(fence_.get(), LOCK_EX);
        std::uint64_t greatest = 0;
        bool done = ::pread(fence_.get(), &greatest, sizeof greatest, 0) != -1 && token >= greatest;
        if (done && token > greatest) done = ::pwrite(fence_.get(), &token, sizeof token, 0) == sizeof token;
        if (done) done = ::write(file_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
        ::flock(fence_.get(), LOCK_UN);
        return done;
    }

private:
    daemonkit::sys::unique_fd file_;
    daemonkit::sys::unique_fd fence_;
};
