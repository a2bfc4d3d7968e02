// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the link that the ForkPolicy's detach() returns lacks `start_report wait(Progress)`, a template
#ifdef REJECT
#define LACKS_WAIT
#endif
#include "link_parts.hpp"

int main() { return start<forking>({}); }
