// SPDX-License-Identifier: BSL-1.0
// An owned file descriptor.
#pragma once

#include <unistd.h>

#include <utility>

namespace daemonkit::sys {

/// Owns a descriptor and closes it in its destructor; false if it has none. Can be moved, not copied.
class unique_fd
{
public:
    unique_fd() noexcept = default;
    explicit unique_fd(int fd) noexcept : fd_(fd) {}                ///< owns `fd` from now on; -1: none
    unique_fd(unique_fd&& other) noexcept : fd_(other.release()) {} ///< leaves `other` with nothing
    /// Closes what it owned, and leaves `other` with nothing.
    unique_fd& operator=(unique_fd&& other) noexcept
    {
        reset(other.release());
        return *this;
    }
    ~unique_fd() { reset(); }

    /// The number; -1: none. This object still owns it.
    [[nodiscard]] int get() const noexcept { return fd_; }
    /// Whether it owns a descriptor.
    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
    /// Drops the number without closing it: the descriptor is another process's copy, or was closed already.
    void forget() noexcept { fd_ = -1; }
    /// Returns the number, which the caller now owns.
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

    /// Closes the descriptor and owns `fd` instead. close(2) is not repeated after EINTR: on Linux the descriptor is
    /// closed by then.
    void reset(int fd = -1) noexcept
    {
        if (const int old = std::exchange(fd_, fd); old >= 0) ::close(old);
    }

private:
    int fd_ = -1;
};

} // namespace daemonkit::sys
