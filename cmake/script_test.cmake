# SPDX-License-Identifier: BSL-1.0
# daemonkit_add_script_test(NAME label command…): a test that is no Boost.Test program. Like every test here, it reports
# that it cannot run by a line `SKIPPED: reason`. Most of these tests compile; those with the label `process` wait, too.
# In a build with another compiler or sanitizers its name and labels are those of discover_tests.cmake.
# ctest starts tests in the order of their COST; see also discover_tests.cmake. daemonkit_computes(NAME): it waits for
# nothing. test/run lets ctest run as many of these at a time as there are processors, from the first test on, beside
# tests that wait. daemonkit_start_first(NAME): it takes the longest of them.
include_guard(GLOBAL)

function(daemonkit_add_script_test name label)
    set(labels ${label})
    if(DAEMONKIT_TEST_VARIANT)
        string(PREPEND name "${DAEMONKIT_TEST_VARIANT}.")
        list(APPEND labels ${DAEMONKIT_TEST_VARIANT})
    endif()
    add_test(NAME ${name} COMMAND ${ARGN})
    set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT 3600 COST 10
        SKIP_REGULAR_EXPRESSION "(^|\n)SKIPPED: ")
    if(DAEMONKIT_SANITIZE)
        set_tests_properties(${name} PROPERTIES
            FIXTURES_REQUIRED sanitizer ENVIRONMENT "${DAEMONKIT_SANITIZER_ENVIRONMENT}")
    endif()
    if(NOT label STREQUAL "process")
        daemonkit_computes(${name})
    endif()
endfunction()

function(daemonkit_computes name)
    set_tests_properties(${name} PROPERTIES RESOURCE_GROUPS computing:1 COST 50)
endfunction()

function(daemonkit_start_first name)
    set_tests_properties(${name} PROPERTIES COST 100)
endfunction()
