// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the line that the NotifyPolicy's connect() returns lacks `std::chrono::nanoseconds watchdog_interval() const noexcept`
#ifdef REJECT
#define LACKS_WATCHDOG_INTERVAL
#endif
#include "notify_line_parts.hpp"

int main() { return start<with_notify<mine>>({}); }
