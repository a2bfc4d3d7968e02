// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/process.hpp"

#include <boost/test/unit_test.hpp>

/// The child and the processes that it left have printed no error, and none of them has its streams open.
inline void expect_good(const outcome& child)
{
    BOOST_TEST(child.status == 0, child.err);
    BOOST_TEST(child.err == "");
    BOOST_TEST(child.streams_ended, "no process is left");
}
