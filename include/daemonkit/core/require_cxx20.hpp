// SPDX-License-Identifier: BSL-1.0
// Compiler settings that daemonkit needs. Including a missing header after each #error ends the compilation; otherwise
// hundreds of errors would follow.
#pragma once

#if __cplusplus < 202002L
#error "daemonkit needs C++20: compile with -std=c++20, by GCC 12, Clang 14 or newer"
#include <daemonkit_needs_cxx20>
#elif !defined(__cpp_exceptions)
#error "daemonkit needs exceptions: compile without -fno-exceptions"
#include <daemonkit_needs_exceptions>
#elif !defined(__cpp_rtti)
#error "daemonkit needs run-time type information: compile without -fno-rtti"
#include <daemonkit_needs_rtti>
#endif
