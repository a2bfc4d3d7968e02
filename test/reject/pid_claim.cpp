// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the PidPolicy lacks `claim() const`
#include "foreground.hpp"

struct mine
{
    static constexpr bool records_pid = true;
#ifndef REJECT
    no_pid_file::guard claim() const { return {}; }
#endif
    pid_holder find() const { return {}; }
    std::string where() const { return "nowhere"; }
};

int main() { return start<with_pid<mine>>({}); }
