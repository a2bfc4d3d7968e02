# SPDX-License-Identifier: BSL-1.0
# The peers, as far as their libraries are here; peers.hpp has them as command lines, for whoever links bench_peers.
set(BENCH_UNPACKED_DIR "${PROJECT_BINARY_DIR}/unpacked" CACHE PATH "Where bench/contender/prepare unpacked packages")

add_library(bench_peers INTERFACE)
target_include_directories(bench_peers INTERFACE "${CMAKE_CURRENT_LIST_DIR}")
target_compile_definitions(bench_peers INTERFACE
    "BENCH_CONTENDER_DIR=\"${CMAKE_CURRENT_BINARY_DIR}\"" "BENCH_UNPACKED_DIR=\"${BENCH_UNPACKED_DIR}\"")

# Programs as others would write them, so nothing of ours is in them but the warnings.
function(bench_add_peer name source)
    add_executable(contender_${name} ${source})
    set_target_properties(contender_${name} PROPERTIES OUTPUT_NAME ${name})
    target_compile_options(contender_${name} PRIVATE -Wall -Wextra -Wpedantic $<$<BOOL:${DAEMONKIT_WERROR}>:-Werror>)
    target_link_libraries(contender_${name} PRIVATE ${ARGN})
endfunction()

bench_add_peer(foreground foreground.c)

find_path(LIBDAEMON_INCLUDE_DIR libdaemon/daemon.h)
find_library(LIBDAEMON_LIBRARY daemon)
if(LIBDAEMON_INCLUDE_DIR AND LIBDAEMON_LIBRARY)
    bench_add_peer(libdaemon libdaemon.c "${LIBDAEMON_LIBRARY}")
    target_include_directories(contender_libdaemon PRIVATE "${LIBDAEMON_INCLUDE_DIR}")
endif()

find_package(Poco COMPONENTS Util QUIET)
if(TARGET Poco::Util)
    bench_add_peer(poco poco.cpp Poco::Util)
    target_compile_features(contender_poco PRIVATE cxx_std_20)
endif()

foreach(script IN ITEMS ready.py python_daemon.py seed.py)
    configure_file(${script} ${script} COPYONLY)
endforeach()
