// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the guard that the PidPolicy's claim() returns lacks `int lost_fd() const`
#ifdef REJECT
#define LACKS_LOST_FD
#endif
#include "pid_guard_parts.hpp"

int main() { return start<with_pid<mine>>({}); }
