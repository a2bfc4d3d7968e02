// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: exit_status_of() would never be called: declare `public: static int exit_status_of(const daemonkit::start_result&)`, or the same for control_result or status_report
#include "foreground.hpp"

#include <daemonkit/command_line.hpp>

struct mine : foreground<mine>
{
    int run() { return 0; }
#ifdef REJECT
    int exit_status_of(const daemonkit::start_result& r) { return r.status; }
#else
    static int exit_status_of(const daemonkit::start_result& r) { return r.status; }
#endif
};

int main(int argc, char** argv) { return daemonkit::command_line<mine>(argc, argv, {}); }
