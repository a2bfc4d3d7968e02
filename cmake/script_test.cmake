# SPDX-License-Identifier: BSL-1.0
# daemonkit_add_script_test(NAME label command…): a test that is no Boost.Test program. Like every test here, it reports
# that it cannot run by a line `SKIPPED: reason`. Most of these tests compile; those with the label `process` wait, too.
# daemonkit_start_first(NAME): it takes long. ctest starts tests in the order of their COST, so that none of these is
# waited for at the end; see also discover_tests.cmake. daemonkit_computes(NAME): it waits for nothing. Two of these run at
# a time, beside tests that wait, so that the processors are busy from the first test to the last.
include_guard(GLOBAL)

function(daemonkit_add_script_test name label)
    add_test(NAME ${name} COMMAND ${ARGN})
    set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT 3600 COST 10
        SKIP_REGULAR_EXPRESSION "(^|\n)SKIPPED: ")
    if(NOT label STREQUAL "process")
        daemonkit_computes(${name})
    endif()
endfunction()

function(daemonkit_computes name)
    get_property(turn GLOBAL PROPERTY DAEMONKIT_COMPUTING)
    math(EXPR turn "1 - 0${turn}")
    set_property(GLOBAL PROPERTY DAEMONKIT_COMPUTING ${turn})
    set_tests_properties(${name} PROPERTIES RESOURCE_LOCK computing.${turn} COST 50)
endfunction()

function(daemonkit_start_first name)
    set_tests_properties(${name} PROPERTIES COST 100)
endfunction()
