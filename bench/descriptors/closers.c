// SPDX-License-Identifier: BSL-1.0
#define _GNU_SOURCE
#include "closers.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

void close_by_range(const int kept[2])
{
    unsigned first = STDERR_FILENO + 1;
    for (int i = 0; i < 2; ++i) {
        if (first < (unsigned)kept[i] && close_range(first, (unsigned)kept[i] - 1, 0) == -1) abort();
        first = (unsigned)kept[i] + 1;
    }
    if (close_range(first, UINT_MAX, 0) == -1) abort();
}

void close_by_loop(const int kept[2])
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == -1) abort();
    for (int fd = STDERR_FILENO + 1; fd < (int)limit.rlim_cur; ++fd)
        if (fd != kept[0] && fd != kept[1]) close(fd);
}

void close_by_proc(const int kept[2])
{
    DIR* const all = opendir("/proc/self/fd");
    if (all == NULL) abort();
    for (const struct dirent* entry; (entry = readdir(all)) != NULL;) {
        const int fd = atoi(entry->d_name);
        if (fd > STDERR_FILENO && fd != dirfd(all) && fd != kept[0] && fd != kept[1]) close(fd);
    }
    closedir(all);
}
