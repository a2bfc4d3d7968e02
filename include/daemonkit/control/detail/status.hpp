// SPDX-License-Identifier: BSL-1.0
// How another process finds out the state of a daemon.
#pragma once

#include "../../pid/concept.hpp"
#include "../../sys/cancellation.hpp"
#include "../status_report.hpp"
#include "hindrance.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <type_traits>

namespace daemonkit::detail {

/// What status() returns.
template <class PidPolicy>
using status_report_of = std::conditional_t<has_details<PidPolicy>, detailed_status_report, status_report>;

/// Finds the daemon by its PidPolicy; an exception becomes the state `unknown`.
template <class PidPolicy>
[[nodiscard, gnu::cold]] status_report_of<PidPolicy> status(const PidPolicy& policy, const std::string& name)
{
    const sys::cancellation off(PTHREAD_CANCEL_DISABLE);
    using enum status_report::condition;
    status_report_of<PidPolicy> report;
    report.name = name;
    report.where = policy.where();
    try {
        const auto daemon = policy.find();
        report.state = daemon.stopping    ? stopping
                       : daemon.starting  ? starting
                       : daemon.reloading ? reloading
                       : daemon           ? running
                       : daemon.stale     ? dead
                                          : stopped;
        report.pid = daemon.pid;
        if (!daemon) return report;
        const auto frozen = sys::frozen_cgroup_of(daemon.pid);
        const auto stat = daemon.stat();
        if (stat) {
            report.since = sys::wall_time(stat->start);
            report.uptime =
                std::max(std::chrono::seconds(0), std::chrono::floor<std::chrono::seconds>(sys::age(stat->start)));
        }
        if constexpr (has_details<PidPolicy>) report.details = policy.details(daemon);
        if constexpr (has_status_line<PidPolicy>) report.status_text = policy.status_line(daemon);
        report.suspended = hindrance_in(daemon.pid, stat, frozen).what;
    } catch (const std::exception& e) {
        report.state = unknown;
        report.message = e.what();
    }
    return report;
}

} // namespace daemonkit::detail
