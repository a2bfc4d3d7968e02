// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the guard that the PidPolicy's claim() returns lacks `void publish(pid_t)`
#ifdef REJECT
#define LACKS_PUBLISH
#endif
#include "pid_guard_parts.hpp"

int main() { return start<with_pid<mine>>({}); }
