// SPDX-License-Identifier: BSL-1.0
// expect gcc: 'daemonkit::process_settings' has no non-static data member named 'nme'
// expect clang: field designator 'nme' does not refer to any field in type
#include "foreground.hpp"

using mine = with_pid<no_pid_file>;

#ifdef REJECT
const mine::settings settings{.process = {.nme = "mine"}};
#else
const mine::settings settings{.process = {.name = "mine"}};
#endif
