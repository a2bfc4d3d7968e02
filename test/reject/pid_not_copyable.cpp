// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: the PidPolicy must be copyable
#include "foreground.hpp"

#include <daemonkit/sys/unique_fd.hpp>

struct mine
{
#ifdef REJECT
    daemonkit::sys::unique_fd owned{};
#else
    int named = -1;
#endif
    static constexpr bool records_pid = true;
    no_pid_file::guard claim() const { return {}; }
    pid_holder find() const { return {}; }
    std::string where() const { return "nowhere"; }
};

int main() { return start<with_pid<mine>>({}); }
