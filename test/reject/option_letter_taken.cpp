// SPDX-License-Identifier: BSL-1.0
// expect gcc: this_letter_is_one_of_the_library
// expect clang: call to consteval function 'daemonkit::option_letter::option_letter' is not a constant expression
#include <daemonkit/command_line/program_option.hpp>

int main()
{
    bool value = false;
#ifdef REJECT
    const daemonkit::program_option one{.letter = 'h', .value = value};
#else
    const daemonkit::program_option one{.letter = 'H', .value = value};
#endif
    return one.value.read("").empty() && value ? 0 : 1;
}
