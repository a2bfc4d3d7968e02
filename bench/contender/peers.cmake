# SPDX-License-Identifier: BSL-1.0
# The peers, as far as their libraries are here. Who drives them links bench_peers.
set(BENCH_UNPACKED_DIR "${PROJECT_BINARY_DIR}/unpacked" CACHE PATH "Where bench/contender/prepare unpacked packages")

add_library(bench_peers STATIC peers.cpp)
target_link_libraries(bench_peers PUBLIC daemonkit_bench_support)
target_compile_definitions(bench_peers PRIVATE "BENCH_UNPACKED_DIR=\"${BENCH_UNPACKED_DIR}\"")

daemonkit_add_contender(foreground foreground.c)

find_path(LIBDAEMON_INCLUDE_DIR libdaemon/daemon.h)
find_library(LIBDAEMON_LIBRARY daemon)
if(LIBDAEMON_INCLUDE_DIR AND LIBDAEMON_LIBRARY)
    daemonkit_add_contender(libdaemon libdaemon.c LINK "${LIBDAEMON_LIBRARY}")
    target_include_directories(contender_libdaemon PRIVATE "${LIBDAEMON_INCLUDE_DIR}")
endif()

find_package(Poco COMPONENTS Util QUIET)
if(TARGET Poco::Util)
    daemonkit_add_contender(poco poco.cpp LINK Poco::Util)
    target_compile_features(contender_poco PRIVATE cxx_std_20)
endif()

foreach(script IN ITEMS ready.py python_daemon.py seed.py)
    configure_file(${script} ${script} COPYONLY)
endforeach()
