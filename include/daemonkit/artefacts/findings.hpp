// SPDX-License-Identifier: BSL-1.0
// What doctor has found.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"

#include <string>
#include <utility>
#include <vector>

namespace daemonkit::detail {

/// How bad a finding is.
enum class severity {
    error,   ///< the daemon cannot start or work
    warning, ///< something will fail, or be lost, one day
    note     ///< nothing is wrong
};
inline constexpr const char* severity_names[] = {"error", "warning", "note"};

/// One finding.
struct finding
{
    severity how_bad;
    std::string about;   ///< one word
    std::string finding; ///< what is wrong
    std::string advice;  ///< what to do; may be empty
};

/// All of them, worst first.
struct findings
{
    std::vector<detail::finding> list{};

    /// Behind those that are as bad; once for each text.
    void add(severity how_bad, const char* about, std::string text, std::string advice);
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void findings::add(severity how_bad, const char* about, std::string text, std::string advice)
{
    auto place = list.begin();
    for (auto one = list.begin(); one != list.end(); ++one) {
        if (one->finding == text) return;
        if (one->how_bad <= how_bad) place = one + 1;
    }
    list.insert(place, {how_bad, about, std::move(text), std::move(advice)});
}

#endif

} // namespace daemonkit::detail
