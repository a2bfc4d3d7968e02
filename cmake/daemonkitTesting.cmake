# SPDX-License-Identifier: BSL-1.0
# The target daemonkit::testing, for test programs: the headers daemonkit/testing/, and Boost.Test. Included by the
# installed package for the component `testing`, and in a source tree with DAEMONKIT_TESTING.
include_guard(DIRECTORY)
find_package(Boost 1.74 REQUIRED COMPONENTS unit_test_framework)
add_library(daemonkit::testing INTERFACE IMPORTED ${daemonkit_testing_scope})
target_link_libraries(daemonkit::testing INTERFACE daemonkit::daemonkit Boost::unit_test_framework)
# main() of a test program is in the shared library.
target_compile_definitions(daemonkit::testing INTERFACE
    $<$<NOT:$<STREQUAL:$<TARGET_PROPERTY:Boost::unit_test_framework,TYPE>,STATIC_LIBRARY>>:BOOST_TEST_DYN_LINK>)
