// SPDX-License-Identifier: BSL-1.0
// A child of the test that becomes a program: child_process process([=] { return become({"/bin/true"}); });
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

/// For a daemon in another root directory, where the leak sanitizer waits for a /proc that is not there.
inline std::string without_leak_sanitizer()
{
    const char* const options = std::getenv("ASAN_OPTIONS");
    return "ASAN_OPTIONS=" + std::string(options != nullptr ? options : "") + ":detect_leaks=0";
}

/// Executes the command with these variables ("NAME=value") beside those that are there; "$$" in one is this process.
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
