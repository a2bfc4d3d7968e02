# SPDX-License-Identifier: BSL-1.0
# The target daemonkit::compiled: what is no template, compiled once, as a static library of the program's own build, so
# with its compiler and its flags. Included by the installed package for the component `compiled`, and in a source tree by
# DAEMONKIT_COMPILED.
if(TARGET daemonkit::compiled)
    return()
endif()
get_target_property(daemonkit_compiled_source daemonkit::core INTERFACE_INCLUDE_DIRECTORIES)
string(REGEX REPLACE "^\\$<BUILD_INTERFACE:(.*)>$" "\\1" daemonkit_compiled_source "${daemonkit_compiled_source}")
add_library(daemonkit_compiled STATIC EXCLUDE_FROM_ALL "${daemonkit_compiled_source}/daemonkit/compiled.cpp")
add_library(daemonkit::compiled ALIAS daemonkit_compiled)
target_compile_definitions(daemonkit_compiled PUBLIC DAEMONKIT_COMPILED)
# A program gets the functions that it uses, not all of the one object.
target_compile_options(daemonkit_compiled PRIVATE -ffunction-sections -fdata-sections)
target_link_options(daemonkit_compiled INTERFACE -Wl,--gc-sections)
target_link_libraries(daemonkit_compiled PUBLIC daemonkit::daemonkit)
unset(daemonkit_compiled_source)
