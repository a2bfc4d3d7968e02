// SPDX-License-Identifier: BSL-1.0
// How a daemon whose start does not wait lets the one who measures know that it is ready: its pid and a newline into
// the named pipe READY_PIPE. By name, because most of them close what they inherit. Without the variable: nothing.
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void tell_ready(void)
{
    const char* const name = getenv("READY_PIPE");
    const int pipe = name != NULL ? open(name, O_WRONLY | O_NONBLOCK | O_CLOEXEC) : -1;
    if (pipe == -1) return; // no reader
    dprintf(pipe, "%d\n", getpid());
    close(pipe);
}
