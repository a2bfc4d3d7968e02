// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sched.h>
#include <sys/mount.h>

/// unshare(2): mounts and unmounts of this process and its children are seen by no other process; false and errno if it
/// may not.
inline bool unshare_mounts(int more_namespaces = 0)
{
    return ::unshare(CLONE_NEWNS | more_namespaces) == 0 &&
           ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}
