// SPDX-License-Identifier: BSL-1.0
// A thread of the library. It blocks every signal: those of the program arrive in the program's own threads.
#pragma once

#include "../compiled.hpp"
#include "signal_mask.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>

namespace daemonkit::sys {

/// Runs a function in a thread of its own.
class worker_thread
{
public:
    worker_thread() noexcept = default;
    worker_thread(const worker_thread&) = delete;
    worker_thread& operator=(const worker_thread&) = delete;
    ~worker_thread() { join(); }

    /// Calls work(argument) in the thread, which must not throw. Returns 0, or -1 and errno.
    int start(void* (*work)(void*), void* argument) noexcept;

    /// Waits until work() has returned. Does nothing in a child made by fork(2), which has no copy of the thread.
    void join() noexcept
    {
        if (mine_ != 0 && mine_ == ::getpid()) ::pthread_join(thread_, nullptr);
        mine_ = 0;
    }

private:
    thread_handle thread_{};
    pid_t mine_ = 0; // the process that has the thread; 0: none
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE int worker_thread::start(void* (*work)(void*), void* argument) noexcept
{
    const blocked_signals all(all_signals()); // inherited by the thread
    if (const int error = ::pthread_create(&thread_, nullptr, work, argument); error != 0) {
        errno = error;
        return -1;
    }
    mine_ = ::getpid();
    return 0;
}

#endif

} // namespace daemonkit::sys
