// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the line that the NotifyPolicy's connect() returns lacks `descriptors() const`, a range of int
#ifdef REJECT
#define LACKS_DESCRIPTORS
#endif
#include "notify_line_parts.hpp"

int main() { return start<with_notify<mine>>({}); }
