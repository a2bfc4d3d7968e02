// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: reload() would wait in vain
#include "foreground.hpp"

struct mine
{
    struct guard : no_pid_file::guard
    {
#ifndef REJECT
        int control_fd() const noexcept { return -1; }
#endif
    };
    static constexpr bool records_pid = true;
    guard claim() const { return {}; }
    pid_holder find() const { return {}; }
    std::string where() const { return {}; }
    daemonkit::sys::unique_fd control_socket(const pid_holder&) const { return {}; }
};

int main() { return start<with_pid<mine>>({}); }
