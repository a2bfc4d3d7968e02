// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the PidPolicy lacks `static constexpr bool records_pid`
#include "foreground.hpp"

struct mine
{
#ifndef REJECT
    static constexpr bool records_pid = true;
#endif
    no_pid_file::guard claim() const { return {}; }
    pid_holder find() const { return {}; }
    std::string where() const { return "nowhere"; }
};

int main() { return start<with_pid<mine>>({}); }
