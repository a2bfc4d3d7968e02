// SPDX-License-Identifier: BSL-1.0
// System calls that a sandbox refuses. A kernel without a call answers ENOSYS. Seccomp profiles of old container
// runtimes answer EPERM to each call that they do not know.
#pragma once

#include <cerrno>

namespace daemonkit::sys {

/// Whether this error means that the kernel does not have the call, or that a sandbox refuses it. Only for calls that
/// never fail with EPERM by themselves.
constexpr bool is_refusal(int error) noexcept { return error == ENOSYS || error == EPERM; }

} // namespace daemonkit::sys
