// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: reload() would have no effect: declare `public: void on_reload()`, or use log_file_stdio, and a SignalPolicy other than inherit_signals
#include "foreground.hpp"

#include <daemonkit/signal/flag_signals.hpp>

struct recorded : no_pid_file
{
    static constexpr bool records_pid = true;
    pid_holder find() const { return {}; }
    std::string where() const { return "nowhere"; }
};

#ifdef REJECT
using signals = inherit_signals;
#else
using signals = daemonkit::flag_signals;
#endif

struct mine : daemonkit::basic_daemon<mine, no_fork, recorded, signals, inherit_stdio>
{
    int run() { return 0; }
    void on_reload() {}
};

int main() { return mine::reload({}).status; }
