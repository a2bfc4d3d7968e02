// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the line that the NotifyPolicy's connect() returns lacks `void complain(std::string_view) noexcept`
#ifdef REJECT
#define LACKS_COMPLAIN
#endif
#include "notify_line_parts.hpp"

int main() { return start<with_notify<mine>>({}); }
