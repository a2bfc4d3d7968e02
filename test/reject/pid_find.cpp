// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the PidPolicy says that it records the pid, but lacks `pid_holder find() const`
#include "foreground.hpp"

struct mine
{
    static constexpr bool records_pid = true;
    no_pid_file::guard claim() const { return {}; }
#ifndef REJECT
    pid_holder find() const { return {}; }
#endif
    std::string where() const { return "nowhere"; }
};

int main() { return start<with_pid<mine>>({}); }
