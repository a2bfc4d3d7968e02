// SPDX-License-Identifier: BSL-1.0
// pthread_cancel(3): where a request to cancel the calling thread takes effect.
#pragma once

#include <pthread.h>

#include <exception>

namespace daemonkit::sys {

/// While the object lives, requests to cancel the calling thread take effect or stay pending. Most functions of this
/// library must not be left by cancellation. pthread_setcancelstate(3); makes no system call.
class cancellation
{
public:
    /// PTHREAD_CANCEL_DISABLE, or what before() of another object returned.
    explicit cancellation(int state) noexcept { ::pthread_setcancelstate(state, &before_); }
    cancellation(const cancellation&) = delete;
    cancellation& operator=(const cancellation&) = delete;
    ~cancellation() { ::pthread_setcancelstate(before_, nullptr); }

    [[nodiscard]] int before() const noexcept { return before_; } ///< the state before it was made

private:
    int before_ = PTHREAD_CANCEL_ENABLE;
};

/// In a handler `catch (...)`: passes on what is no C++ exception. pthread_exit(3) and pthread_cancel(3) unwind the stack
/// by such a one, and the C library ends the program if it is not passed on.
inline void pass_on_unwinding()
{
    if (std::current_exception() == nullptr) throw;
}

} // namespace daemonkit::sys
