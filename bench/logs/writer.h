// SPDX-License-Identifier: BSL-1.0
// What every contender runs between its start and its end: LINES numbered lines of 100 bytes, each written at once,
// and a report of what that took to the file REPORT. MODE says how:
//   write   write(2), by turns to standard output and standard error; every 256 lines the daemon looks whether a
//           signal has come
//   stdio   the same by fwrite(3) to standard output
//   thread  write(2) out of a second thread, while the first sleeps until a signal comes; TERM ends it
// The environment is what a daemon of any kind has of its caller.
#pragma once

#include <stdint.h>

enum { line_length = 100, most_lines = 4000000 };

/// The beginning of REPORT; after it the latency of each write in nanoseconds, uint32_t.
struct log_report
{
    uint64_t begin, end; ///< CLOCK_MONOTONIC, nanoseconds
    uint64_t cpu;        ///< of this process, nanoseconds
    uint64_t lines;
};

/// Handles the signals that have come, and first waits for one if it `may_sleep`; 0: the daemon is to end.
typedef int (*log_look)(void* daemon, int may_sleep);

#ifdef __cplusplus
extern "C" {
#endif
void write_log(log_look look, void* daemon);
#ifdef __cplusplus
}
#endif
