// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the line that the NotifyPolicy's connect() returns lacks `void status(std::string_view) noexcept`
#ifdef REJECT
#define LACKS_STATUS
#endif
#include "notify_line_parts.hpp"

int main() { return start<with_notify<mine>>({}); }
