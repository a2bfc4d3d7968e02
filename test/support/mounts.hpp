// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sched.h>
#include <sys/mount.h>

/// unshare(2): mounts of this process and its children are seen by no other process. Returns false and sets errno if it
/// is not allowed.
inline bool unshare_mounts(int more_namespaces = 0)
{
    return ::unshare(CLONE_NEWNS | more_namespaces) == 0 &&
           ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}
