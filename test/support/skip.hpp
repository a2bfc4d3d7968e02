// SPDX-License-Identifier: BSL-1.0
//
// A test that is not possible here prints the reason and is reported as "Skipped", never as "Passed".
#pragma once

#include <daemonkit/testing/detail/skip.hpp>

namespace support {

using daemonkit::testing::detail::report_skipped;

} // namespace support

/// Leaves the running test case as skipped: `if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");`
#define DAEMONKIT_SKIP(reason)             \
    do {                                   \
        ::support::report_skipped(reason); \
        return;                            \
    } while (false)
