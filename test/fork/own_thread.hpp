// SPDX-License-Identifier: BSL-1.0
// Whether the C library and the kernel agree about the only thread of a process that was created in an unusual way.
#pragma once

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <csignal>
#include <string>

/// The thread id that the C library knows for the calling thread: it writes it into a mutex.
inline int cached_thread_id(int kind)
{
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ::pthread_mutexattr_settype(&attributes, kind);
    pthread_mutex_t mutex;
    ::pthread_mutex_init(&mutex, &attributes);
    ::pthread_mutex_lock(&mutex);
    const int owner = mutex.__data.__owner;
    ::pthread_mutex_unlock(&mutex);
    return owner;
}

/// What is wrong with the thread id; empty if nothing is.
inline std::string wrong_with_thread_id()
{
    static volatile std::sig_atomic_t heard = 0;
    ::signal(SIGUSR1, [](int) { heard = heard + 1; });
    heard = 0;
    ::raise(SIGUSR1);
    ::pthread_kill(::pthread_self(), SIGUSR1);
    if (heard != 2) return "raise() and pthread_kill() do not reach the thread";
    if (cached_thread_id(PTHREAD_MUTEX_RECURSIVE) != ::gettid()) return "a recursive mutex has another owner";
    if (cached_thread_id(PTHREAD_MUTEX_ERRORCHECK) != ::gettid()) return "a mutex that checks has another owner";
    return {};
}

/// The same for the processor number, which the kernel updates in restartable sequences (rseq(2)).
inline std::string wrong_with_processor()
{
    std::string wrong;
    cpu_set_t before;
    ::sched_getaffinity(0, sizeof before, &before);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &before)) continue;
        cpu_set_t only;
        CPU_ZERO(&only);
        CPU_SET(cpu, &only);
        if (::sched_setaffinity(0, sizeof only, &only) == 0 && ::sched_getcpu() != static_cast<int>(cpu))
            wrong = "sched_getcpu() is wrong on processor " + std::to_string(cpu);
    }
    ::sched_setaffinity(0, sizeof before, &before);
    return wrong;
}
