# SPDX-License-Identifier: BSL-1.0
# The target daemonkit::testing, for test programs: the headers daemonkit/testing/, and Boost.Test. Included by the
# installed package for the component `testing`, and in a source tree by DAEMONKIT_TESTING.
if(TARGET daemonkit::testing)
    return()
endif()
find_package(Boost 1.74 REQUIRED COMPONENTS unit_test_framework)
get_target_property(daemonkit_testing_installed daemonkit::daemonkit IMPORTED)
if(daemonkit_testing_installed)
    add_library(daemonkit::testing INTERFACE IMPORTED)
    set(daemonkit_testing_target daemonkit::testing)
else() # in the source tree
    add_library(daemonkit_testing INTERFACE)
    add_library(daemonkit::testing ALIAS daemonkit_testing)
    set(daemonkit_testing_target daemonkit_testing)
endif()
target_link_libraries(${daemonkit_testing_target} INTERFACE daemonkit::daemonkit Boost::unit_test_framework)
get_target_property(daemonkit_testing_type Boost::unit_test_framework TYPE)
if(NOT daemonkit_testing_type STREQUAL "STATIC_LIBRARY") # then main() is not in the library
    target_compile_definitions(${daemonkit_testing_target} INTERFACE BOOST_TEST_DYN_LINK)
endif()
unset(daemonkit_testing_type)
unset(daemonkit_testing_target)
unset(daemonkit_testing_installed)
