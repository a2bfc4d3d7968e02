// SPDX-License-Identifier: BSL-1.0
// A daemon whose verbs need a recorded pid: one that records it, and under REJECT one that does not.
#pragma once

#include "foreground.hpp"

#include <daemonkit/signal/flag_signals.hpp>

struct recorded : no_pid_file
{
    static constexpr bool records_pid = true;
    pid_holder find() const { return {}; }
    std::string where() const { return "nowhere"; }
};

#ifdef REJECT
using pid_policy = no_pid_file;
#else
using pid_policy = recorded;
#endif

struct mine : daemonkit::basic_daemon<mine, no_fork, pid_policy, daemonkit::flag_signals, inherit_stdio>
{
    int run() { return 0; }
    void on_reload() {}
};
