// SPDX-License-Identifier: BSL-1.0
// The source of daemonkit::compiled: see compiled.hpp. Without CMake, compile it with the other sources of a program,
// and all of them with -DDAEMONKIT_COMPILED.
#ifndef DAEMONKIT_COMPILED
#error "define DAEMONKIT_COMPILED for every source of the program: -DDAEMONKIT_COMPILED"
#else
#define DAEMONKIT_COMPILED_SOURCE
#include "artefacts.hpp"
#include "command_line.hpp"
#include "daemonkit.hpp"
#include "leased.hpp"
#include "socket_activation.hpp"
#include "stderr_log.hpp"

namespace daemonkit::detail {

extern const char link_daemonkit_compiled_or_compile_its_source;
const char link_daemonkit_compiled_or_compile_its_source = 0;

} // namespace daemonkit::detail
#endif
