// SPDX-License-Identifier: BSL-1.0
// Write locks of open file descriptions, fcntl_locking(2). They follow the open file through forks like those of
// flock(2). But only a process that has the file open for writing can take one, and every reader of the file can ask
// whether one is held, without taking it.
#pragma once

#include "../compiled.hpp"
#include "retry.hpp"

#include <fcntl.h>

#include <cerrno>

namespace daemonkit::sys {

/// The bytes of a file from `first`, as many as `count`.
struct byte_range
{
    off_t first; ///< the first
    off_t count; ///< how many
};

/// Calls fcntl(2) with F_OFD_SETLK or F_OFD_GETLK. `type` is the kind of lock, and afterwards that of the lock in the
/// way; `bytes` are then those of that lock.
DAEMONKIT_INLINE int lock_call(int fd, int command, short& type, byte_range& bytes) noexcept;

/// Takes a write lock without waiting. Returns 0, or -1 and errno: EAGAIN or EACCES if another process has a lock.
inline int lock_bytes(int fd, byte_range bytes) noexcept
{
    short type = F_WRLCK;
    return lock_call(fd, F_OFD_SETLK, type, bytes);
}

/// Releases the lock, for every process that shares the open file description.
inline void unlock_bytes(int fd, byte_range bytes) noexcept
{
    short type = F_UNLCK;
    lock_call(fd, F_OFD_SETLK, type, bytes);
}

/// Whether another open file description has a write lock: 1 yes, 0 no, -1 and errno if the file system has no locks.
/// `bytes` are then those of the first such lock.
DAEMONKIT_INLINE int find_lock(int fd, byte_range& bytes) noexcept;
/// The same, without telling which.
inline int are_locked(int fd, byte_range bytes) noexcept { return find_lock(fd, bytes); }

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int lock_call(int fd, int command, short& type, byte_range& bytes) noexcept
{
    struct flock lock = {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = bytes.first;
    lock.l_len = bytes.count;
    const int result = retry([&] { return ::fcntl(fd, command, &lock); });
    type = lock.l_type;
    bytes = {lock.l_start, lock.l_len};
    return result;
}

DAEMONKIT_INLINE int find_lock(int fd, byte_range& bytes) noexcept
{
    short type = F_RDLCK; // only a write lock is in the way of a read lock
    if (lock_call(fd, F_OFD_GETLK, type, bytes) == -1) return -1;
    return type == F_UNLCK ? 0 : 1;
}

#endif

} // namespace daemonkit::sys
