// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the line that the NotifyPolicy's connect() returns lacks `bool store(int fd, std::string_view name) noexcept`
#ifdef REJECT
#define LACKS_STORE
#endif
#include "notify_line_parts.hpp"

int main() { return start<with_notify<mine>>({}); }
