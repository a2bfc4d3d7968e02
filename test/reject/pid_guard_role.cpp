// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the guard of the PidPolicy has `bool owns() const`, so that its daemon can stand by, but lacks `void campaign()`, `bool is_ready_standing_by() const` or `std::string role() const`
#define STANDS_BY
#ifdef REJECT
#define LACKS_ROLE
#endif
#include "pid_guard_parts.hpp"

int main() { return start<with_pid<mine>>({}); }
