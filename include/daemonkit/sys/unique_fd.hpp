// SPDX-License-Identifier: BSL-1.0
// An owned file descriptor.
#pragma once

#include <unistd.h>

#include <utility>

namespace daemonkit::sys {

class unique_fd
{
public:
    unique_fd() noexcept = default;
    explicit unique_fd(int fd) noexcept : fd_(fd) {}
    unique_fd(unique_fd&& other) noexcept : fd_(other.release()) {}
    unique_fd& operator=(unique_fd&& other) noexcept
    {
        reset(other.release());
        return *this;
    }
    ~unique_fd() { reset(); }

    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
    /// Leaves the number alone, where it is another process's copy or closed already.
    void forget() noexcept { fd_ = -1; }
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

    /// close(2) is not repeated after EINTR: on Linux the descriptor is gone by then.
    void reset(int fd = -1) noexcept
    {
        if (const int old = std::exchange(fd_, fd); old >= 0) ::close(old);
    }

private:
    int fd_ = -1;
};

} // namespace daemonkit::sys
