// SPDX-License-Identifier: BSL-1.0
// How a daemon dies before it is ready, and what its launcher reports.
#pragma once

#include <unistd.h>

#include <csignal>
#include <cstdlib>

struct death
{
    void (*die)();
    int status;
    const char* sentence; ///< between "the daemon " and " before it was ready"
};

inline constexpr death deaths[]{
    {[] { ::_exit(7); }, 7, "exited with status 7"},
    {[] { ::_exit(0); }, 1, "exited with status 0"},
    {[] { ::raise(SIGKILL); }, 1, "was killed by signal 9 (Killed)"},
    {[] {
         ::signal(SIGSEGV, SIG_DFL); // a sanitizer catches it itself
         ::raise(SIGSEGV);
     },
     1, "was killed by signal 11 (Segmentation fault)"},
    {[] { ::abort(); }, 1, "was killed by signal 6 (Aborted)"},
    {[] { ::raise(SIGRTMIN); }, 1, "was killed by signal 34 (a real-time signal)"},
};
