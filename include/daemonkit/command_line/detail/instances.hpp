// SPDX-License-Identifier: BSL-1.0
// The verb list: the instances of a program, found by the places of their pid files, and their states.
#pragma once

#include "../../compiled.hpp"
#include "../../control/control_result.hpp"
#include "../../instance.hpp"
#include "../../sys/file.hpp"
#include "../../sys/names.hpp"
#include "../../sys/process.hpp"
#include "../../sys/terminal.hpp"
#include "json.hpp"
#include "verbs.hpp"

#include <cerrno>
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace daemonkit::detail {

/// The names for "%i" with which a path leads to something. Only its first component with "%i" is looked up.
[[nodiscard]] DAEMONKIT_INLINE std::vector<std::string> instances_at(const std::string& path);

/// Whether the path leads to something, be it a link that leads nowhere.
[[nodiscard, gnu::cold]] inline bool is_a_file(const std::string& path)
{
    sys::file_status status = {};
    return sys::link_status_of(path.c_str(), status) == 0;
}

/// The name in messages; that of the program, where a verb is for all instances.
template <class Derived>
[[nodiscard]] std::string shown_name(std::string name)
{
    if constexpr (has_instances<Derived>())
        if (name.find("%i") != std::string::npos) return sys::program_name();
    return name;
}

/// One object, as ../list.schema.json describes it. `instances` are its elements; `error`: why they cannot be told.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string list_json(std::string_view instances, const std::string& error);

/// The settings could not be made: prints the JSON of a verb that has a form for it. Returns false for every other.
template <class Derived>
[[nodiscard, gnu::cold]] bool print_no_settings(const verb& asked, const std::string& reason)
{
    std::string text;
    if (asked == "status")
        text = to_json({.state = status_report::condition::unknown, .name = sys::program_name(), .message = reason});
    if constexpr (lists_instances<Derived>)
        if (asked == "list") text = list_json({}, reason);
    if constexpr (requires { Derived::more_verbs::no_settings_json(asked, reason); })
        if (text.empty()) text = Derived::more_verbs::no_settings_json(asked, reason);
    if (!text.empty()) sys::print(stdout, {text, "\n"});
    return !text.empty();
}

/// Prints the state of every instance. Success if they could be looked up. An error is in the JSON and not in the result.
template <class Derived>
[[nodiscard]] control_result list_instances(const typename Derived::settings& pattern, bool json)
try {
    std::string text;
    for (const auto& name : instances_at(policy_with_path(pattern.pid).path.string())) {
        auto one = pattern;
        one.process.instance = name;
        const auto report = Derived::daemon_type::status(for_instance(std::move(one)));
        using enum status_report::condition;
        // The name is of something else, such as a directory of another program.
        const auto file = with_instance(policy_with_path(pattern.pid).path.string(), name);
        if (report.state == stopped || (report.state == unknown && !is_a_file(file))) continue;
        if (json)
            text += sys::joined({text.empty() ? "" : ", ", "{\"instance\": ", json_string(name),
                                 ", \"status\": ", to_json(report), "}"});
        else
            text += sys::joined({name, ": ", sentence_of(report), "\n"});
    }
    if (json) text = list_json(text, {}) + "\n";
    sys::print(stdout, {text});
    return {};
} catch (const std::exception& e) {
    auto failed = failure(e);
    if (json) sys::print(stdout, {list_json({}, std::exchange(failed.message, {})), "\n"});
    return failed;
}

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::vector<std::string> instances_at(const std::string& path)
{
    const auto at = path.find("%i");
    if (at == std::string::npos) throw_bad_setting("list the instances", path, "the path of the pid file has no %i");
    const auto begin = path.rfind('/', at) + 1;
    const auto component = path.substr(begin, path.find('/', at) - begin);
    const auto directory = path.substr(0, begin);
    std::vector<std::string> entries;
    if (sys::names_in(directory.c_str(), entries) == -1 && errno != ENOENT)
        throw_errno("read the directory of the pid files", directory);
    std::vector<std::string> names;
    for (const auto& entry : entries)
        for (std::size_t length = 1; at - begin + length <= entry.size(); ++length) {
            const auto name = entry.substr(at - begin, length);
            if (with_instance(component, name) != entry || !wrong_instance(name).empty() ||
                entry.ends_with(".daemonkit-status"))
                continue;
            names.push_back(name);
            break;
        }
    return names;
}

DAEMONKIT_INLINE std::string list_json(std::string_view instances, const std::string& error)
{
    return sys::joined({"{\"schema\": 1, \"instances\": [", instances,
                        "], \"error\": ", error.empty() ? "null" : json_string(error), "}"});
}

#endif

} // namespace daemonkit::detail
