// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the line that the NotifyPolicy's connect() returns lacks `void reloaded(std::string_view refusal) noexcept`
#ifdef REJECT
#define LACKS_RELOADED
#endif
#include "notify_line_parts.hpp"

int main() { return start<with_notify<mine>>({}); }
