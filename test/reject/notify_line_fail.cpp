// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the line that the NotifyPolicy's connect() returns lacks `void fail(std::string_view sentence, int error) noexcept`
#ifdef REJECT
#define LACKS_FAIL
#endif
#include "notify_line_parts.hpp"

int main() { return start<with_notify<mine>>({}); }
