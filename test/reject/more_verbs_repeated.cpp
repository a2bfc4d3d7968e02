// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: more_verbs has a verb that command_line() has already: give it another name
#include "foreground.hpp"

#include <daemonkit/command_line.hpp>

struct verbs_of_mine
{
#ifdef REJECT
    static constexpr daemonkit::verb_help verbs[] = {{"status", "", "mine", true}};
#else
    static constexpr daemonkit::verb_help verbs[] = {{"statistics", "", "mine", true}};
#endif
    static int carry_out(const auto&) { return 0; }
};

struct mine : foreground<mine>
{
    using more_verbs = verbs_of_mine;
    int run() { return 0; }
};

int main(int argc, char** argv) { return daemonkit::command_line<mine>(argc, argv, {}); }
