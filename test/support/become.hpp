// SPDX-License-Identifier: BSL-1.0
// A child of the test that executes a program: child_process process([=] { return become({"/bin/true"}); });
#pragma once

#include "support/process.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

using strings = std::vector<std::string>;

inline strings operator+(strings left, const strings& right)
{
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

/// For a daemon in another root directory: the leak sanitizer would wait for a /proc that does not exist there.
inline std::string without_leak_sanitizer()
{
    const char* const options = std::getenv("ASAN_OPTIONS");
    return "ASAN_OPTIONS=" + std::string(options != nullptr ? options : "") + ":detect_leaks=0";
}

/// Executes the command with these variables ("NAME=value") added to the environment; "$$" in one is the pid of this
/// process.
inline int become(const strings& command, const strings& environment = {})
{
    for (auto variable : environment) {
        if (const auto at = variable.find("$$"); at != std::string::npos)
            variable.replace(at, 2, std::to_string(::getpid()));
        const auto equals = variable.find('=');
        ::setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
    }
    return execute(command);
}
