// SPDX-License-Identifier: BSL-1.0
//
// The main() of every test executable.
#define BOOST_TEST_MODULE daemonkit
#include <boost/test/unit_test.hpp>
