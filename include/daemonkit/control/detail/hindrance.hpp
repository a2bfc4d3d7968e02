// SPDX-License-Identifier: BSL-1.0
// Why a process does not act on signals.
#pragma once

#include "../../compiled.hpp"
#include "../../core/pid_holder.hpp"
#include "../../sys/frozen_cgroup.hpp"
#include "../../text/joined.hpp"
#include "../../text/utf8.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace daemonkit::detail {

/// What keeps a process from acting on signals.
struct hindrance
{
    std::string what{};   ///< after "it is"; empty: nothing is known
    std::string remedy{}; ///< what to do; empty: nothing is known

    [[nodiscard]] explicit operator bool() const noexcept { return !what.empty(); } ///< whether it is known

    /// "it is WHAT: REMEDY", or `otherwise` if nothing is known.
    [[nodiscard, gnu::cold]] std::string sentence(std::string_view otherwise) const;
};

/// From what the system shows of the process `pid` at one moment.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE hindrance hindrance_in(pid_t pid,
                                                                 const std::optional<sys::process_stat>& stat,
                                                                 const sys::frozen_cgroup& frozen);

/// What hinders the process now. `killed`: it has not exited after SIGKILL, so it can also be blocked in the kernel.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE hindrance hindrance_of(const pid_holder& daemon, bool killed = false);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string hindrance::sentence(std::string_view otherwise) const
{
    if (what.empty()) return std::string(otherwise);
    return sys::joined({"it is ", what, remedy.empty() ? "" : ": ", remedy});
}

DAEMONKIT_INLINE hindrance hindrance_in(pid_t pid, const std::optional<sys::process_stat>& stat,
                                        const sys::frozen_cgroup& frozen)
{
    if (!stat) return {}; // the process has exited, or /proc hides it
    if (!frozen.path.empty())
        return {sys::joined({"frozen with its cgroup ", sys::one_line(frozen.path).view()}),
                sys::joined({"thaw it where it was frozen (systemctl thaw, podman unpause)",
                             frozen.remedy.empty() ? "" : ", or ", sys::one_line(frozen.remedy).view()})};
    if (stat->state == 'T') return {"stopped by a signal", sys::joined({"continue it by kill -CONT ", pid})};
    if (stat->state == 't') return {"stopped by a debugger", "let the debugger continue it, or end the debugger"};
    return {};
}

DAEMONKIT_INLINE hindrance hindrance_of(const pid_holder& daemon, bool killed)
{
    const auto frozen = sys::frozen_cgroup_of(daemon.pid);
    const auto stat = daemon.stat(); // empty if `frozen` can be about another process
    if (killed && stat && stat->state == 'D' && frozen.path.empty())
        return {"blocked in the kernel", "it exits when the device or the file system that it waits for answers"};
    return hindrance_in(daemon.pid, stat, frozen);
}

#endif

} // namespace daemonkit::detail
