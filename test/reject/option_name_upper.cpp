// SPDX-License-Identifier: BSL-1.0
// expect gcc: an_option_name_has_lower_case_letters_digits_and_dashes
// expect clang: call to consteval function 'daemonkit::option_name::option_name' is not a constant expression
#include <daemonkit/command_line/program_option.hpp>

int main()
{
    bool value = false;
#ifdef REJECT
    const daemonkit::program_option one{.name = "--port", .value = value};
#else
    const daemonkit::program_option one{.name = "port", .value = value};
#endif
    return one.value.read("").empty() && value ? 0 : 1;
}
