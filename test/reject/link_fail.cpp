// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the link that the ForkPolicy's detach() returns lacks `void fail(std::string_view sentence, int status) noexcept`
#ifdef REJECT
#define LACKS_FAIL
#endif
#include "link_parts.hpp"

int main() { return start<forking>({}); }
