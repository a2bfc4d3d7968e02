// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the class is no daemon, or derives from it privately: derive publicly from basic_daemon or a preset
#include "foreground.hpp"

#include <daemonkit/command_line.hpp>

#ifdef REJECT
class mine : foreground<mine>
#else
class mine : public foreground<mine>
#endif
{
public:
    int run() { return 0; }
};

int main(int argc, char** argv) { return daemonkit::command_line<mine>(argc, argv, {}); }
