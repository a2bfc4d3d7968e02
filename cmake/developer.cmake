# SPDX-License-Identifier: BSL-1.0
# Tests, examples and benchmarks: only for those who work on daemonkit itself.
find_package(Boost 1.74 REQUIRED COMPONENTS filesystem)
option(DAEMONKIT_TESTS "Build the tests (needs Boost.Test)" ON)
option(DAEMONKIT_TEST_QUICK "Only the tests that take seconds, with the compiler of this build: see test/run --quick" OFF)
option(DAEMONKIT_EXAMPLES "Build the programs of test/example (echod needs Boost.Asio)" ON)
option(DAEMONKIT_BENCH "Build the benchmarks" OFF)
option(DAEMONKIT_WERROR "Treat warnings as errors" OFF)
set(DAEMONKIT_SANITIZE "" CACHE STRING "Sanitizers, as given to -fsanitize=, for example address,undefined")
set(DAEMONKIT_TEST_VARIANT "" CACHE STRING
    "clang, libcxx or i386: only the rooms that matter with another compiler, library or word size")
if(DAEMONKIT_SANITIZE)
    set(DAEMONKIT_TEST_VARIANT sanitized)
endif()
set(DAEMONKIT_OTHER_BOOST "${PROJECT_BINARY_DIR}/boost-1.81/usr/include" CACHE PATH
    "Headers of a second Boost (1.81) against which every header is compiled too")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Debug)
endif()
find_program(DAEMONKIT_CCACHE ccache)
mark_as_advanced(DAEMONKIT_CCACHE)
if(DAEMONKIT_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${DAEMONKIT_CCACHE}")
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

include(cmake/warnings.cmake)
include(cmake/sanitizers.cmake)
include(cmake/docs.cmake)

# What every program of this project is built with; it never reaches a consumer.
add_library(daemonkit_checked INTERFACE)
target_compile_options(daemonkit_checked INTERFACE ${DAEMONKIT_WARNINGS} $<$<BOOL:${DAEMONKIT_WERROR}>:-Werror>)
target_link_libraries(daemonkit_checked INTERFACE daemonkit_sanitizers)
find_program(DAEMONKIT_LLD NAMES ld.lld-19 ld.lld) # links in a third of the time
mark_as_advanced(DAEMONKIT_LLD)
if(DAEMONKIT_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_link_options(daemonkit_checked INTERFACE "--ld-path=${DAEMONKIT_LLD}")
endif()
include(cmake/daemonkitCompiled.cmake)
target_link_libraries(daemonkit_compiled PRIVATE daemonkit_checked)

# Both forms of the library are tested: see test/README.md.
add_library(daemonkit_developer INTERFACE)
target_link_libraries(daemonkit_developer INTERFACE daemonkit_checked daemonkit::daemonkit)
if(DAEMONKIT_SANITIZE OR (DAEMONKIT_TEST_QUICK AND NOT DAEMONKIT_TEST_VARIANT))
    target_link_libraries(daemonkit_developer INTERFACE daemonkit::compiled)
    target_compile_definitions(daemonkit_developer INTERFACE DAEMONKIT_COMPILED_DAEMONS) # for tests of what is left out
endif()

if(DAEMONKIT_TESTS)
    enable_testing()
endif()
if(DAEMONKIT_TESTS OR DAEMONKIT_EXAMPLES)
    add_subdirectory(test)
endif()
if(DAEMONKIT_BENCH AND EXISTS "${PROJECT_SOURCE_DIR}/bench/CMakeLists.txt")
    add_subdirectory(bench)
endif()
