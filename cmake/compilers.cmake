# SPDX-License-Identifier: BSL-1.0
# The compilers under which every header must be clean. One that is not found is reported as skipped.
include_guard(DIRECTORY) # what it sets is of a directory

find_program(DAEMONKIT_CLANG_14 clang++-14)
find_program(DAEMONKIT_CLANG_19 clang++-19)
mark_as_advanced(DAEMONKIT_CLANG_14 DAEMONKIT_CLANG_19)

set(DAEMONKIT_COMPILERS clang-14 clang-19)
if(DAEMONKIT_TEST_QUICK)
    set(DAEMONKIT_COMPILERS "")
endif()
set(DAEMONKIT_COMPILER_clang-14 "${DAEMONKIT_CLANG_14}")
set(DAEMONKIT_COMPILER_clang-19 "${DAEMONKIT_CLANG_19}")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(PREPEND DAEMONKIT_COMPILERS gcc)
    set(DAEMONKIT_COMPILER_gcc "${CMAKE_CXX_COMPILER}")
endif()

# How a source outside every target is checked by one of them.
set(DAEMONKIT_CHECK_FLAGS -std=c++20 -fsyntax-only ${DAEMONKIT_WARNINGS} -Werror
                          "-I${PROJECT_SOURCE_DIR}/include")
foreach(dir IN LISTS Boost_INCLUDE_DIRS)
    if(NOT dir STREQUAL "/usr/include")
        list(APPEND DAEMONKIT_CHECK_FLAGS "-isystem${dir}")
    endif()
endforeach()
