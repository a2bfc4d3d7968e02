// SPDX-License-Identifier: BSL-1.0
// The resource limits of a daemon, as a setting that brings its code.
#pragma once

#include "../../compiled.hpp"
#include "../../sys/limits.hpp"
#include "../../text/joined.hpp"
#include "../startup_error.hpp"
#include "optional_step.hpp"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace daemonkit::detail {

/// Resource limits, set in this order.
class resource_limits : public optional_step
{
public:
    resource_limits() = default;
    resource_limits(std::initializer_list<sys::resource_limit> limits) : resource_limits(std::vector(limits)) {}
    resource_limits(std::vector<sys::resource_limit> limits) // NOLINT(*-explicit-*): a setting is written as its value
        : optional_step(set_all), limits_(std::move(limits))
    {
    }

    [[nodiscard]] const std::vector<sys::resource_limit>& values() const noexcept { return limits_; }

private:
    static void set_all(const optional_step& setting);

    [[noreturn, gnu::cold]] static void failed(const sys::resource_limit& limit);

    static std::string above(rlim_t soft, rlim_t hard, const char* rest)
    {
        return sys::joined({"the soft limit ", value(soft), " is above the hard limit ", value(hard), rest});
    }
    static std::string value(rlim_t limit) { return limit == RLIM_INFINITY ? "unlimited" : std::to_string(limit); }

    std::vector<sys::resource_limit> limits_{};
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void resource_limits::set_all(const optional_step& setting)
{
    for (const auto& limit : static_cast<const resource_limits&>(setting).limits_)
        if (sys::set_limit(limit) == -1) failed(limit);
}

DAEMONKIT_INLINE void resource_limits::failed(const sys::resource_limit& limit)
{
    const char* const step = "set the resource limit";
    const auto name = sys::resource_name(limit.resource);
    const int error = errno;
    rlim_t hard = RLIM_INFINITY;
    if (limit.hard)
        hard = *limit.hard;
    else if (error == EINVAL)
        sys::read_hard_limit(limit.resource, hard);
    if (limit.hard && limit.soft > hard) throw_bad_setting(step, name, above(limit.soft, hard, ""));
    if (limit.soft > hard)
        throw startup_error(std::make_error_code(std::errc::invalid_argument), step, name,
                            above(limit.soft, hard, ", which the daemon inherits: set both, or start it with more"));
    errno = error;
    throw_errno(step,
                sys::joined({name, " to ", value(limit.soft), limit.hard ? ":" : "", limit.hard ? value(hard) : ""}));
}

#endif

} // namespace daemonkit::detail
