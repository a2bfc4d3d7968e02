// SPDX-License-Identifier: BSL-1.0
// expect gcc: has no non-static data member named 'prcess'
// expect clang: field designator 'prcess' does not refer to any field in type
#include "foreground.hpp"

using mine = with_pid<no_pid_file>;

#ifdef REJECT
const mine::settings settings{.prcess = {.name = "mine"}};
#else
const mine::settings settings{.process = {.name = "mine"}};
#endif
