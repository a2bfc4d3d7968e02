// SPDX-License-Identifier: BSL-1.0
// What another process can learn of a daemon.
#pragma once

#include "../../pid/concept.hpp"
#include "../status_report.hpp"

#include <exception>
#include <string>

namespace daemonkit::detail {

template <class Pid>
[[nodiscard]] status_report status(const Pid& policy, const std::string& name)
{
    using enum status_report::condition;
    status_report report{.name = name, .where = policy.where()};
    try {
        const auto daemon = policy.find();
        report.state = daemon ? running : daemon.stale ? dead : stopped;
        report.pid = daemon.pid;
        report.since = daemon.since();
    } catch (const std::exception& e) {
        report.state = unknown;
        report.message = e.what();
    }
    return report;
}

} // namespace daemonkit::detail
