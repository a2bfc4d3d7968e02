# SPDX-License-Identifier: BSL-1.0
# daemonkit_link_statically(TARGET): a program of this project that needs no shared library, and so none of the time
# that the dynamic linker takes, which is most of a small daemon's start. Only where the static archives are: Debian has
# them in libboost-filesystem-dev, libstdc++-dev and libc6-dev. Two limits: glibc looks users and groups up through
# shared libraries of its own version even then (the linker warns), and a sanitizer cannot be linked statically.
include_guard(GLOBAL)

# Named as a file: Boost's CMake package prefers the shared library.
find_library(DAEMONKIT_STATIC_FILESYSTEM
    "${CMAKE_STATIC_LIBRARY_PREFIX}boost_filesystem${CMAKE_STATIC_LIBRARY_SUFFIX}")
mark_as_advanced(DAEMONKIT_STATIC_FILESYSTEM)

function(daemonkit_link_statically target)
    target_compile_options(${target} PRIVATE ${DAEMONKIT_WARNINGS} $<$<BOOL:${DAEMONKIT_WERROR}>:-Werror>)
    # What no part of the program uses goes: a fifth of it, of libstdc++ mostly, and the page faults that step over that.
    target_link_libraries(${target} PRIVATE daemonkit::core -static "${DAEMONKIT_STATIC_FILESYSTEM}" -Wl,--gc-sections)
endfunction()
