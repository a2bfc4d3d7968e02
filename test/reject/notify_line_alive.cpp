// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the line that the NotifyPolicy's connect() returns lacks `std::chrono::nanoseconds alive() noexcept`
#ifdef REJECT
#define LACKS_ALIVE
#endif
#include "notify_line_parts.hpp"

int main() { return start<with_notify<mine>>({}); }
