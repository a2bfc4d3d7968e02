// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the link that the ForkPolicy's detach() returns lacks `int descriptor() const`
#ifdef REJECT
#define LACKS_DESCRIPTOR
#endif
#include "link_parts.hpp"

int main() { return start<forking>({}); }
