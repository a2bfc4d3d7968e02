// SPDX-License-Identifier: BSL-1.0
// Several daemons of one program on a host: in every path, and in the name, "%i" stands for the name of the instance.
#pragma once

#include "core/require_cxx20.hpp"

#include "core/startup_error.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace daemonkit {

namespace detail {

[[nodiscard]] inline std::string with_instance(std::string text, std::string_view name)
{
    for (std::size_t at = 0; (at = text.find("%i", at)) != std::string::npos; at += name.size())
        text.replace(at, 2, name);
    return text;
}

/// Replaces "%i" in a text, a path, or a setting that is made of one.
template <class T>
void expand(T& setting, std::string_view name)
{
    std::string text;
    if constexpr (requires { setting.string(); })
        text = setting.string();
    else
        text = static_cast<const std::string&>(setting);
    if (text.find("%i") != std::string::npos) setting = T(with_instance(std::move(text), name));
}

/// The paths of a policy: its members `path`, `output` and `error`, those of the two policies of all_of, and the key of a
/// store.
template <class PolicyType>
void expand_paths(PolicyType& policy, std::string_view name)
{
    if constexpr (requires { policy.first, policy.second; }) {
        expand_paths(policy.first, name);
        expand_paths(policy.second, name);
    }
    if constexpr (requires { policy.store.key; }) expand(policy.store.key, name);
    if constexpr (requires { policy.path.string(); }) expand(policy.path, name);
    if constexpr (requires { policy.output.string(); }) expand(policy.output, name);
    if constexpr (requires { policy.error.string(); }) expand(policy.error, name);
}

/// A PidPolicy that names a path, or that of all_of which does.
template <class PidPolicy>
[[nodiscard]] const auto& policy_with_path(const PidPolicy& policy)
{
    if constexpr (requires { policy.first; })
        return policy_with_path(policy.first);
    else
        return policy;
}

/// Why a text cannot be the name of an instance; empty: it can.
[[nodiscard]] inline std::string_view wrong_instance(std::string_view name) noexcept
{
    if (name.empty()) return "it is empty: give one by --instance NAME";
    if (name.size() > 200) return "it has more than 200 bytes";
    if (name.front() == '.' || name.front() == '-') return "it begins with a dot or a dash";
    for (const char c : name)
        if (static_cast<unsigned char>(c) <= ' ' || c == '/' || c == '%' || c == 0x7f)
            return "it has a slash, a space, a percent sign or a control character";
    return {};
}

} // namespace detail

/// The settings of the instance `settings.process.instance`: in the paths of the policies (members `path`, `output` and
/// `error`), in the key of a store, in name, working_directory, chroot, user and group, "%i" is replaced by its name. command_line() and
/// carry_out() do this for a class with `static constexpr bool has_instances = true`. Throws startup_error, exit status
/// 6, if the name cannot be part of a path.
template <class DaemonSettings>
[[nodiscard]] DaemonSettings for_instance(DaemonSettings settings)
{
    const auto name = settings.process.instance;
    if (const auto reason = detail::wrong_instance(name); !reason.empty())
        throw startup_error::bad_setting("use the instance name", sys::joined({"'", name, "'"}), reason);
    detail::expand_paths(settings.pid, name);
    detail::expand_paths(settings.stdio, name);
    auto& process = settings.process;
    detail::expand(process.name, name);
    detail::expand(process.working_directory, name);
    detail::expand(process.chroot, name);
    detail::expand(process.user, name);
    detail::expand(process.group, name);
    return settings;
}

} // namespace daemonkit
