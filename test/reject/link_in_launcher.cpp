// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the link that the ForkPolicy's detach() returns lacks `bool in_launcher() const`
#ifdef REJECT
#define LACKS_IN_LAUNCHER
#endif
#include "link_parts.hpp"

int main() { return start<forking>({}); }
