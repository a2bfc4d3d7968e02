// SPDX-License-Identifier: BSL-1.0
// start() on the stack of the main thread, of a fiber and of another thread, with each fork policy, and with handlers of
// pthread_atfork(3) that need much of the stack. Prints what does not hold; its exit status is the number of these.
#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork.hpp>
#include <daemonkit/pid/no_pid_file.hpp>
#include <daemonkit/signal/signalfd_signals.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

using namespace daemonkit;

namespace {

template <class Fork>
struct ready : basic_daemon<ready<Fork>, Fork, no_pid_file, signalfd_signals, null_stdio>
{
    static int run() { return 0; }
};

/// Starts the daemon and ends the process, with status 0 and "started" if the daemon became ready.
template <class Fork>
[[noreturn]] void start_it()
{
    typename ready<Fork>::settings settings{};
    if constexpr (std::is_same_v<Fork, handoff_fork>) {
        settings.fork.announces = true;
        settings.fork.name = "it";
    }
    const auto result = ready<Fork>{}.start(settings);
    if (result.in_launcher) std::puts(result.outcome == start_outcome::ready ? "started" : result.message.c_str());
    std::fflush(stdout);
    ::_exit(result.status);
}

// ---- stacks

using action = void (*)();
action on_this_stack = nullptr;

void on_main(action what) { what(); }

void on_fiber(action what, char* stack, std::size_t size)
{
    static ucontext_t back;
    static ucontext_t fiber;
    ::getcontext(&fiber);
    fiber.uc_stack.ss_sp = stack;
    fiber.uc_stack.ss_size = size;
    fiber.uc_link = &back;
    ::makecontext(&fiber, what, 0);
    ::swapcontext(&back, &fiber);
}

// Stacks that lie above and below what the library may use.
constexpr std::size_t small = 256 * 1024;
void on_mapped_fiber(action what) { on_fiber(what, std::make_unique<char[]>(small).get(), small); }
void on_static_fiber(action what)
{
    static char stack[small];
    on_fiber(what, stack, small);
}

/// A child made by a second thread has one thread, on the stack of that thread.
void on_thread(action what)
{
    on_this_stack = what;
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setstacksize(&attributes, small);
    pthread_t thread{};
    ::pthread_create(
        &thread, &attributes,
        [](void*) -> void* {
            const pid_t child = ::fork();
            if (child == 0) on_this_stack();
            int status = 0;
            ::waitpid(child, &status, 0);
            ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        },
        nullptr);
    ::pthread_join(thread, nullptr);
}

// ---- handlers of pthread_atfork(3)

template <std::size_t Size>
[[gnu::noinline]] void fill()
{
    volatile char locals[Size];
    for (std::size_t i = 0; i < Size; i += 512) locals[i] = 0x55;
    locals[Size - 1] = locals[0];
}

[[gnu::noinline]] void descend(int steps)
{
    volatile char locals[4096];
    locals[0] = 0;
    if (steps > 0) descend(steps - 1);
    locals[1] = locals[0]; // no tail call
}
void no_end() { descend(1'000'000); } // 4 GiB

void none() {}
template <std::size_t Size>
void in_each()
{
    ::pthread_atfork(fill<Size>, fill<Size>, fill<Size>);
}
void no_end_in_child() { ::pthread_atfork(nullptr, nullptr, no_end); }
void no_end_before() { ::pthread_atfork(no_end, nullptr, nullptr); }
void no_end_in_parent() { ::pthread_atfork(nullptr, no_end, nullptr); }

// ---- a case

int failures = 0;

/// In a child: installs the handlers, and starts on the stack. `expected` is what the launcher prints.
void check(const std::string& name, void (*stack)(action), action handlers, action start, const std::string& expected)
{
    int out[2];
    if (::pipe(out) == -1) std::abort();
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(out[1], 1);
        ::dup2(out[1], 2);
        ::close(out[0]);
        ::close(out[1]);
        handlers();
        stack(start);
        ::_exit(99);
    }
    ::close(out[1]);
    std::string said;
    char bytes[4096];
    for (ssize_t n = 0; (n = ::read(out[0], bytes, sizeof bytes)) > 0;) said.append(bytes, static_cast<std::size_t>(n));
    ::close(out[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    while (::waitpid(-1, nullptr, 0) > 0) {} // the daemon has come to this subreaper
    const bool good = expected == "started" ? status == 0 && said.find("started") != std::string::npos
                                            : WIFEXITED(status) && status != 0 && said == expected + "\n";
    if (good) return;
    std::printf("%s: wait status %d, printed: %s\n", name.c_str(), status, said.c_str());
    ++failures;
}

template <class Fork>
void check_each(const std::string& fork)
{
    const auto start = start_it<Fork>;
    check(fork + " on the main stack", on_main, none, start, "started");
    check(fork + " on a mapped fiber", on_mapped_fiber, none, start, "started");
    check(fork + " on a static fiber", on_static_fiber, none, start, "started");
    check(fork + " on the stack of a thread", on_thread, none, start, "started");
    check(fork + ", handlers with 100 KiB", on_main, in_each<100 * 1024>, start, "started");
    check(fork + ", handlers with 100 KiB, on a fiber", on_static_fiber, in_each<100 * 1024>, start, "started");
    check(fork + ", handlers with 100 KiB, on a thread", on_thread, in_each<100 * 1024>, start, "started");
    check(fork + ", handlers with 4 MiB", on_main, in_each<4 * 1024 * 1024>, start, "started");
    const bool forks = !std::is_same_v<Fork, handoff_fork>; // no handlers run otherwise
    check(fork + ", a handler without end in the daemon", on_main, no_end_in_child, start,
          forks ? "the daemon was killed by signal 11 (Segmentation fault) before it was ready" : "started");
    // With single_fork this handler runs in the launcher, as in every fork().
    if (std::is_same_v<Fork, single_fork>) return;
    check(fork + ", a handler without end before the fork", on_main, no_end_before, start,
          forks ? "the daemon died before it was ready; its parent process was killed by signal 11 (Segmentation fault)"
                : "started");
    check(fork + ", a handler without end after the fork", on_main, no_end_in_parent, start, "started");
}

} // namespace

int main()
{
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
    check_each<single_fork>("single_fork");
    check_each<double_fork>("double_fork");
    if (sys::memory_can_be_shared()) check_each<handoff_fork>("handoff_fork");
    return failures;
}
