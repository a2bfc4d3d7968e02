# SPDX-License-Identifier: BSL-1.0
# daemonkit_add_test_room(pid a.cpp b.cpp): one executable test_pid, each of its Boost test cases a CTest test.
include_guard(GLOBAL)

set(DAEMONKIT_TEST_DAEMON_DIR "${PROJECT_BINARY_DIR}/test/daemon")
set(DAEMONKIT_EXAMPLE_DIR "${PROJECT_BINARY_DIR}/test/example")

find_package(Boost 1.74 COMPONENTS unit_test_framework)
if(NOT TARGET Boost::unit_test_framework)
    message(FATAL_ERROR "the tests of daemonkit need Boost.Test: install libboost-test-dev, "
                        "or configure with -DDAEMONKIT_TESTS=OFF")
endif()

# Linked dynamically: the header-only variant costs many seconds for each source.
file(GLOB support_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/test/support/*.cpp")
add_library(daemonkit_test_support STATIC ${support_sources})
target_include_directories(daemonkit_test_support PUBLIC "${PROJECT_SOURCE_DIR}/test")
target_compile_definitions(daemonkit_test_support PUBLIC
    BOOST_TEST_DYN_LINK
    "DAEMONKIT_INCLUDE_DIR=\"${PROJECT_SOURCE_DIR}/include\""
    "DAEMONKIT_TEST_DAEMON_DIR=\"${DAEMONKIT_TEST_DAEMON_DIR}\""
    "DAEMONKIT_EXAMPLE_DIR=\"${DAEMONKIT_EXAMPLE_DIR}\"")
target_link_libraries(daemonkit_test_support PUBLIC daemonkit_developer daemonkit::compiled Boost::unit_test_framework)
# The library and the daemons are optimised as a distribution does it. What tests them is not: it would take the most time.
target_compile_options(daemonkit_test_support PUBLIC $<$<CONFIG:Release>:-O0 -U_FORTIFY_SOURCE>)

# Headers of others, read once for all rooms, and once for all daemons, some of which must not see Boost. What a source
# forgets to include is then found only by a build without it. ccache would not keep what was compiled so.
option(DAEMONKIT_TEST_PRECOMPILE "Precompile what many tests and their daemons include" OFF)
set(DAEMONKIT_OFTEN_INCLUDED <algorithm> <array> <chrono> <csignal> <cstdlib> <fstream> <functional> <memory> <optional>
    <sstream> <string> <thread> <vector> <sys/socket.h> <sys/stat.h> <sys/wait.h>)
# daemonkit_precompile(TARGET OWNER headers…): those of OWNER, which is a target with the same flags, are also TARGET's.
function(daemonkit_precompile target owner)
    if(NOT DAEMONKIT_TEST_PRECOMPILE OR DAEMONKIT_CCACHE)
        return()
    elseif(target STREQUAL owner)
        target_precompile_headers(${target} PRIVATE ${DAEMONKIT_OFTEN_INCLUDED} ${ARGN})
    else()
        target_precompile_headers(${target} REUSE_FROM ${owner})
    endif()
endfunction()
daemonkit_precompile(daemonkit_test_support daemonkit_test_support
    <boost/filesystem/path.hpp> <boost/test/unit_test.hpp>)
set_source_files_properties("${PROJECT_SOURCE_DIR}/test/support/main.cpp" PROPERTIES SKIP_PRECOMPILE_HEADERS ON)

# All sources of a room are compiled as one: most of the time goes into code for the same templates. Not so in rooms
# whose sources use one name for different things. With OFF, a changed test costs less, and everything twice as much.
option(DAEMONKIT_TEST_UNITY "Compile all sources of a room of tests as one" ON)
set(DAEMONKIT_ROOMS_APART identity static)

function(daemonkit_add_test_room room)
    set(target test_${room})
    add_executable(${target} ${ARGN})
    target_link_libraries(${target} PRIVATE daemonkit_test_support)
    daemonkit_precompile(${target} daemonkit_test_support)
    list(LENGTH ARGN sources)
    if(DAEMONKIT_TEST_UNITY AND sources GREATER 1 AND NOT room IN_LIST DAEMONKIT_ROOMS_APART)
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
        # GCC takes a source that is included for a header, where an unnamed namespace would be wrong.
        target_compile_options(${target} PRIVATE
            $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage> $<$<CXX_COMPILER_ID:Clang>:-Wno-header-hygiene>)
    endif()

    # "|" because a semicolon does not survive a custom command.
    string(REPLACE ";" "|" environment "${DAEMONKIT_SANITIZER_ENVIRONMENT}")

    # The cases are listed once the executable is built, and read by ctest when it starts.
    set(tests_file "${CMAKE_CURRENT_BINARY_DIR}/${target}.cmake")
    add_custom_command(TARGET ${target} POST_BUILD
        COMMAND "${CMAKE_COMMAND}"
            -D "executable=$<TARGET_FILE:${target}>" -D "room=${room}" -D "tests_file=${tests_file}"
            -D "variant=${DAEMONKIT_TEST_VARIANT}" -D "environment=${environment}"
            -P "${PROJECT_SOURCE_DIR}/cmake/discover_tests.cmake"
        VERBATIM)
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/discover_tests.cmake")
    set(include_file "${CMAKE_CURRENT_BINARY_DIR}/${target}_include.cmake")
    file(WRITE "${include_file}"
        "if(EXISTS \"${tests_file}\")\n  include(\"${tests_file}\")\n"
        "else()\n  add_test(${room}.NOT_BUILT ${target}_NOT_BUILT)\nendif()\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${include_file}")
endfunction()

# daemonkit_add_rooms(ADD FOLDER…): each folder here with sources is a room, made by ADD(FOLDER source…); one with a
# CMakeLists.txt of its own says itself what it is.
function(daemonkit_add_rooms add)
    foreach(room IN LISTS ARGN)
        file(GLOB sources CONFIGURE_DEPENDS "${room}/*.cpp")
        if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${room}/CMakeLists.txt")
            add_subdirectory(${room})
        elseif(sources)
            cmake_language(CALL ${add} ${room} ${sources})
        endif()
    endforeach()
endfunction()
