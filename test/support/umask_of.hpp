// SPDX-License-Identifier: BSL-1.0
// Changes the umask during its lifetime.
#pragma once

#include <sys/stat.h>

class umask_of
{
public:
    explicit umask_of(mode_t mask) : before_(::umask(mask)) {}
    umask_of(const umask_of&) = delete;
    umask_of& operator=(const umask_of&) = delete;
    ~umask_of() { ::umask(before_); }

private:
    mode_t before_;
};
