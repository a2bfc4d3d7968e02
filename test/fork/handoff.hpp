// SPDX-License-Identifier: BSL-1.0
// handoff_fork in a child of the test, because its launcher does not return: it exits with the status of the report and
// prints the message.
#pragma once

#include <daemonkit/fork/handoff_fork.hpp>

#include "support/child_process.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

/// As in start(): with every signal blocked. Returns in the daemon.
inline daemonkit::detail::handoff_link take_over(const daemonkit::handoff_fork& policy = {})
{
    const daemonkit::sys::blocked_signals blocked(daemonkit::sys::all_signals());
    return policy.detach({.mask = blocked.before()});
}

/// `daemon(link)` runs in a daemon that a child of the test has made; the outcome is that of the child.
template <class Daemon>
outcome handed_over(Daemon daemon, const daemonkit::handoff_fork& policy = {std::chrono::hours(1)})
{
    return in_child([&] {
        auto link = take_over(policy);
        daemon(link);
        return 0;
    });
}

/// Skips the test case where memory cannot be handed over.
#define NEEDS_HANDOVER()                                                                             \
    do {                                                                                             \
        if (!daemonkit::sys::memory_can_be_shared()) DAEMONKIT_SKIP("memory cannot be shared here"); \
    } while (false)
