// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the value of an option goes to a variable that is not const
#include <daemonkit/command_line/program_option.hpp>

int main()
{
#ifdef REJECT
    const int value = 1;
#else
    int value = 1;
#endif
    const daemonkit::program_option one{.name = "port", .value = value};
    return one.value.read("0").empty() ? value : 1;
}
