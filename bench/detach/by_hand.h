// SPDX-License-Identifier: BSL-1.0
#ifndef DAEMONKIT_BENCH_DETACH_BY_HAND_H
#define DAEMONKIT_BENCH_DETACH_BY_HAND_H

#include "subject.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Detaches in that way; the daemon does not come back. The exit status of the launcher, -1 for a way that is not here.
int detach_by_hand(const char* way, struct subject_descriptors kept);

#ifdef __cplusplus
}
#endif

#endif
