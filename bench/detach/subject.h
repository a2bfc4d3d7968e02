// SPDX-License-Identifier: BSL-1.0
// What every contender of this question does beside detaching: hold memory, take the time, write to the memory, and
// report to the driver through standard output. One process at a time goes through each of the calls.
#ifndef DAEMONKIT_BENCH_DETACH_SUBJECT_H
#define DAEMONKIT_BENCH_DETACH_SUBJECT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Times are nanoseconds of CLOCK_MONOTONIC. The first writes are SUBJECT_WRITES pages of the old memory, one byte each.
enum { SUBJECT_WRITES = 1000 };

struct subject_report
{
    int64_t asks;         ///< the launcher, just before it asks for a daemon
    int64_t detaches;     ///< the launcher, when everything that comes before detaching is done
    int64_t runs;         ///< the daemon, as soon as it is one
    int64_t gone;         ///< the launcher has exited
    int64_t early_time;   ///< first writes while the launcher waits, where they were asked for
    int64_t early_faults; ///< page faults of theirs
    int64_t late_time;    ///< first writes after the launcher has exited
    int64_t late_faults;
};

struct subject_descriptors
{
    int report;   ///< the pipe to the driver
    int launcher; ///< pidfd of the launcher
};

/// PROGRAM WAY BYTES small|huge|cold early|late: holds BYTES of written memory, in pages of that kind; "cold": none,
/// but the caches are as cold as if. "early": the daemon
/// writes before it says that it is ready, and not only after the launcher has exited. The report goes
/// to what is standard output now. Returns the descriptors that the daemon has to keep.
struct subject_descriptors subject_begin(int argc, char** argv);

/// In the launcher, before it asks for a daemon.
void subject_asks(void);
/// In the launcher: the next thing is to detach. Without this call that was so at subject_asks().
void subject_detaches(void);
/// In the daemon, the first thing.
void subject_runs(void);
/// In the daemon, before it says that it is ready.
void subject_initialises(void);
/// In the daemon, after that: waits for the launcher to exit, and reports.
void subject_serves(void);

#ifdef __cplusplus
}
#endif

#endif
