// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: a policy is declared but not defined here: include its header, or all of <daemonkit/daemonkit.hpp>
#include "foreground.hpp"
#ifndef REJECT
#include <daemonkit/stdio/null_stdio.hpp>
#endif

int main() { return start<with_stdio<daemonkit::null_stdio>>({}); }
