// SPDX-License-Identifier: BSL-1.0
// A device file that the test makes.
#pragma once

#include <boost/filesystem/operations.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

struct device
{
    mode_t type;
    unsigned major_number;
    unsigned minor_number;

    /// false and errno if it cannot be made.
    [[nodiscard]] bool made_at(const boost::filesystem::path& path) const
    {
        return ::mknod(path.c_str(), type | 0644U, ::makedev(major_number, minor_number)) == 0;
    }
    /// Whether an open reaches the driver, if there is one. It fails before that on file systems mounted `nodev`, and
    /// for most devices in most containers.
    [[nodiscard]] bool can_be_tried_in(const boost::filesystem::path& directory) const
    {
        const auto probe = directory / "device";
        if (!made_at(probe)) return false;
        const int fd = ::open(probe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        const bool forbidden = fd == -1 && (errno == EACCES || errno == EPERM);
        if (fd != -1) ::close(fd);
        boost::filesystem::remove(probe);
        return !forbidden;
    }
};
