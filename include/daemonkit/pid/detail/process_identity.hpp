// SPDX-License-Identifier: BSL-1.0
// A pid names a process only until the number is used again. The pid together with what the kernel gave this process
// (sys::generation_of) and the boot are never used again. These three and the place of the pid file are folded into a
// number below 10^9, the stamp. The pid file carries it in the nanoseconds of its modification time. So the content
// stays the one line that LSB's readers understand, checking needs no lock and no privilege, and neither a jump of the
// clock nor a reboot changes the result. A file that was copied, edited or touched has lost its stamp and proves
// nothing.
//
// The alternative was to ask the kernel for the owner of a lock. A lock of flock(2) or of an open file belongs to no
// process: F_OFD_GETLK returns -1. F_GETLK names the pid, but any close() of the file inside the daemon drops such a
// lock. Both need a descriptor open for writing before they report a write lock.
#pragma once

#include "../../compiled.hpp"
#include "../../core/startup_error.hpp"
#include "../../sys/deadline.hpp"
#include "../../sys/process.hpp"
#include "../../sys/read_file.hpp"
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

/// Of the process that a pidfd refers to; empty if it has exited. Throws startup_error if it cannot tell.
[[nodiscard]] DAEMONKIT_INLINE process_identity identity_of(int pidfd, pid_t pid);

/// Of a process that is certainly not reaped: this one, or a child that was not waited for.
[[nodiscard]] DAEMONKIT_INLINE process_identity identity_of(pid_t pid);

/// The stamp of a process and the place of its file, 1 to 999 999 999. Throws startup_error if the boot is unknown.
[[nodiscard]] DAEMONKIT_INLINE long stamp_of(const process_identity& process, std::string_view place);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE process_identity identity_of(int pidfd, pid_t pid)
{
    if (const auto generation = sys::generation_of(pidfd, pid)) return {pid, *generation};
    if (sys::has_exited(pidfd)) return {};
    const auto error = last_error();
    throw startup_error(error, "identify process", sys::joined({pid}),
                        error.value() == ENOENT ? "/proc does not show it: is it mounted?" : "");
}

DAEMONKIT_INLINE process_identity identity_of(pid_t pid)
{
    const sys::unique_fd process(sys::pidfd_open(pid));
    if (!process) throw_call_error("pidfd_open", "open process", sys::joined({pid}));
    return identity_of(process.get(), pid);
}

DAEMONKIT_INLINE long stamp_of(const process_identity& process, std::string_view place)
{
    sys::small_text boot;
    if (sys::read_boot_id(boot) == -1)
        throw_errno("read", "/proc/sys/kernel/random/boot_id", "/proc does not show it: is it mounted?");
    fingerprint all;
    all.fold(sys::decimal(process.pid)).fold(sys::decimal(process.generation)).fold(boot.view()).fold(place);
    return static_cast<long>(all.value() % 999'999'999U + 1);
}

#endif

} // namespace daemonkit::detail
