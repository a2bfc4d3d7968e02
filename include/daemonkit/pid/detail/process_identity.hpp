// SPDX-License-Identifier: BSL-1.0
// A pid names a process only until the number is used again. What never comes back is the pid together with what the
// kernel gave this one of its bearers (sys::generation_of) and the boot they belong to. Those three, and the place of
// the file, so that one daemon's file in the place of another's is not its own, are folded into a number below 10^9,
// the stamp, and the pid file carries it in the nanoseconds of its modification time: the content stays the one line
// that LSB's readers understand, nobody needs a lock or a privilege to check it, and a jump of the clock or a reboot
// changes nothing. A file that was copied, edited or touched has lost its stamp and proves nothing.
//
// Asking the kernel who holds a lock was weighed against it. A lock of flock(2) or of an open file belongs to no
// process, so F_OFD_GETLK answers -1; F_GETLK names the pid, but any close() of the file inside the daemon drops such
// a lock; and both ask for a descriptor open for writing before they answer for a write lock.
#pragma once

#include "../../core/startup_error.hpp"
#include "../../sys/deadline.hpp"
#include "../../sys/process.hpp"
#include "fingerprint.hpp"

#include <string>
#include <string_view>

namespace daemonkit::detail {

struct process_identity
{
    pid_t pid = 0; ///< 0: of no process
    unsigned long long generation = 0;

    [[nodiscard]] explicit operator bool() const noexcept { return pid != 0; }
};

/// Of the process that a pidfd holds; nothing if it has exited. Throws startup_error if it cannot be told.
[[nodiscard]] inline process_identity identity_of(int pidfd, pid_t pid)
{
    if (const auto generation = sys::generation_of(pidfd, pid)) return {pid, *generation};
    if (sys::has_exited(pidfd)) return {};
    const auto error = last_error();
    throw startup_error(error, "identify process", sys::joined({pid}),
                        error.value() == ENOENT ? "/proc does not show it: is it mounted?" : "");
}

/// Of a process that cannot have exited: this one, or a child that has not been collected.
[[nodiscard]] inline process_identity identity_of(pid_t pid)
{
    const sys::unique_fd process(sys::pidfd_open(pid));
    if (!process) throw_errno("open process", sys::joined({pid}));
    return identity_of(process.get(), pid);
}

/// 0 ... 999 999 999, of a process and the place of its file. Throws startup_error if the boot cannot be told.
[[nodiscard]] inline long stamp_of(const process_identity& process, std::string_view place)
{
    sys::small_text boot;
    if (sys::read_boot_id(boot) == -1)
        throw_errno("read", "/proc/sys/kernel/random/boot_id", "/proc does not show it: is it mounted?");
    fingerprint all;
    all.fold(sys::decimal(process.pid)).fold(sys::decimal(process.generation)).fold(boot.view()).fold(place);
    return static_cast<long>(all.value() % 1'000'000'000U);
}

} // namespace daemonkit::detail
