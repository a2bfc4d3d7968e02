// SPDX-License-Identifier: BSL-1.0
// A descriptor that belongs to one process: children do not have it, and a daemon that is started out of this one does
// not keep it.
#pragma once

#include "file.hpp"
#include "fork_handler.hpp"
#include "unique_fd.hpp"

#include <utility>

namespace daemonkit::sys {

/// Like unique_fd. In a child made by fork(2) it is closed and empty. Only if all slots of fork_handler are in use, the
/// child keeps it.
class private_fd
{
public:
    private_fd() noexcept = default;
    /// Owns what `fd` owned.
    explicit private_fd(unique_fd fd) noexcept { reset(fd.release()); }
    private_fd(private_fd&& other) noexcept { *this = std::move(other); } ///< leaves `other` with nothing
    /// Closes what it owned, and leaves `other` with nothing.
    private_fd& operator=(private_fd&& other) noexcept
    {
        reset(other.take());
        return *this;
    }
    ~private_fd()
    {
        if (closed_in_child_.ran()) fd_.forget();
    }

    /// The number; -1: none.
    [[nodiscard]] int get() const noexcept
    {
        if (closed_in_child_.ran()) [[unlikely]]
            return -1;
        return fd_.get();
    }
    /// Whether it owns a descriptor.
    [[nodiscard]] explicit operator bool() const noexcept { return get() >= 0; }

    /// Closes the descriptor and owns `fd` instead.
    void reset(int fd = -1) noexcept
    {
        const unique_fd old(take());
        closed_in_child_ = fd >= 0 ? fork_handler(close_in_child, fd) : fork_handler();
        fd_.reset(fd);
    }

private:
    int take() noexcept
    {
        const int fd = get();
        fd_.forget();
        closed_in_child_ = {};
        return fd;
    }

    unique_fd fd_{};
    fork_handler closed_in_child_{};
};

} // namespace daemonkit::sys
