// SPDX-License-Identifier: BSL-1.0
// expect gcc: 'daemonkit::pid_file' has no non-static data member named 'pth'
// expect clang: field designator 'pth' does not refer to any field in type 'daemonkit::pid_file'; did you mean 'path'?
#include "foreground.hpp"

#include <daemonkit/pid/pid_file.hpp>

using mine = with_pid<daemonkit::pid_file>;

#ifdef REJECT
const mine::settings settings{.pid = {.pth = "/run/mine.pid"}};
#else
const mine::settings settings{.pid = {.path = "/run/mine.pid"}};
#endif
