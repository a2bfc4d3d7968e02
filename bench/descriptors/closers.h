// SPDX-License-Identifier: BSL-1.0
// Ways to close every descriptor above 2 but two, which are given in ascending order, by hand and by others.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

void close_by_range(const int kept[2]);
// What was usual before close_range(2): every number below RLIMIT_NOFILE. Misses those above it.
void close_by_loop(const int kept[2]);
// What was usual beside it: every number in /proc/self/fd.
void close_by_proc(const int kept[2]);

#ifdef __cplusplus
}
#endif
