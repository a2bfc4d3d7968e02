// SPDX-License-Identifier: BSL-1.0
// One run of a verb of subject.cpp under the tracer of the kit.
#pragma once

#include <daemonkit/testing/detail/tracer.hpp>

#include "support/text.hpp"

#include <unistd.h>

#include <array>
#include <string>
#include <vector>

namespace fault = daemonkit::testing::detail;

/// Runs `program verb` with exactly this environment.
inline fault::course trace(const std::string& program, const std::vector<std::string>& environment,
                           const std::string& verb, int heard = 0, const fault::injection& injected = {})
{
    fault::plan what{heard, injected};
    for (const auto& v : environment)
        if (contains(v, "single_fork")) what.forks = 1;
    return fault::trace(
        [&] {
            std::vector<char*> variables;
            for (const auto& v : environment) variables.push_back(const_cast<char*>(v.c_str()));
            variables.push_back(nullptr);
            std::array<char*, 3> arguments{const_cast<char*>(program.c_str()), const_cast<char*>(verb.c_str()),
                                           nullptr};
            ::execve(program.c_str(), arguments.data(), variables.data());
            ::_exit(127);
        },
        what);
}
