// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the link that the ForkPolicy's detach() returns lacks `void ready() noexcept`
#ifdef REJECT
#define READY_MAY_THROW
#endif
#include "link_parts.hpp"

int main() { return start<forking>({}); }
