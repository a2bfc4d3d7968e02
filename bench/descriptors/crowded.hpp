// SPDX-License-Identifier: BSL-1.0
// A process with many descriptors and a limit on them, as its children inherit both.
#pragma once

#include "support/process.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace bench {

struct crowding
{
    rlim_t limit;  ///< RLIMIT_NOFILE
    rlim_t opened; ///< beside the few that everybody has
};

inline rlimit descriptor_limit()
{
    rlimit limit = {};
    check(::getrlimit(RLIMIT_NOFILE, &limit), "ask for RLIMIT_NOFILE");
    return limit;
}

/// Tries to raise the hard limit to `wanted`: what is to be had.
inline rlim_t highest_limit(rlim_t wanted)
{
    const rlimit raised{wanted, wanted};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) return wanted;
    return std::min(wanted, descriptor_limit().rlim_max);
}

/// The calling process is so crowded while this lives. The numbers below 100 stay free for what it does meanwhile.
class crowded
{
public:
    explicit crowded(const crowding& how) : before_(descriptor_limit())
    {
        const rlimit all{before_.rlim_max, before_.rlim_max};
        check(::setrlimit(RLIMIT_NOFILE, &all), "raise RLIMIT_NOFILE");
        for (rlim_t i = 0; i < how.opened; ++i) check(::fcntl(STDIN_FILENO, F_DUPFD, first), "open a descriptor");
        const rlimit limit{how.limit, before_.rlim_max};
        check(::setrlimit(RLIMIT_NOFILE, &limit), "set RLIMIT_NOFILE");
    }
    crowded(const crowded&) = delete;
    crowded& operator=(const crowded&) = delete;
    ~crowded()
    {
        ::close_range(first, ~0U, 0);
        ::setrlimit(RLIMIT_NOFILE, &before_);
    }

    static constexpr int first = 100;

private:
    rlimit before_;
};

} // namespace bench
