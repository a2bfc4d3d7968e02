// SPDX-License-Identifier: BSL-1.0
// Where the functions are defined that are no templates and longer than a few lines. They stand at the end of their
// header, below `#if DAEMONKIT_DEFINES`: there they are inline, and each source compiles what it uses. A program that
// links daemonkit::compiled defines DAEMONKIT_COMPILED: its sources see declarations, and one source defines the
// functions for all of them: compiled.cpp. The functions of sys/raw are always in the headers: most are one system
// call each, and the others depend on the stack of their caller.
#pragma once

#if defined(DAEMONKIT_COMPILED) && !defined(DAEMONKIT_COMPILED_SOURCE) // which compiled.cpp alone defines
#define DAEMONKIT_DEFINES 0
namespace daemonkit::detail {
// Where the library is missing, the linker says so by this name.
extern const char link_daemonkit_compiled_or_compile_its_source;
[[gnu::used]] inline const char* const compiled_form = &link_daemonkit_compiled_or_compile_its_source;
} // namespace daemonkit::detail
#else
/// For the headers of daemonkit alone: whether they define here what is no template and longer than a few lines.
#define DAEMONKIT_DEFINES 1
#endif

#ifdef DAEMONKIT_COMPILED
#define DAEMONKIT_INLINE
#else
/// For the headers of daemonkit alone: begins such a function.
#define DAEMONKIT_INLINE inline
#endif
