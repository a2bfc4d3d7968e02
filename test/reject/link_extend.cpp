// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the link that the ForkPolicy's detach() returns lacks `void extend(std::chrono::nanoseconds) noexcept`
#ifdef REJECT
#define LACKS_EXTEND
#endif
#include "link_parts.hpp"

int main() { return start<forking>({}); }
