// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the PidPolicy says that it records the pid, but lacks `std::string where() const`
#include "foreground.hpp"

struct mine
{
    static constexpr bool records_pid = true;
    no_pid_file::guard claim() const { return {}; }
    pid_holder find() const { return {}; }
#ifndef REJECT
    std::string where() const { return "nowhere"; }
#endif
};

int main() { return start<with_pid<mine>>({}); }
