// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the guard that the PidPolicy's claim() returns lacks `descriptors() const`, a range of int
#ifdef REJECT
#define LACKS_DESCRIPTORS
#endif
#include "pid_guard_parts.hpp"

int main() { return start<with_pid<mine>>({}); }
