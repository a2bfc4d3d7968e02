// SPDX-License-Identifier: BSL-1.0
// handoff_fork: the daemon has all the memory, the launcher touches none of it, and the end of the launcher does not
// affect the daemon.
#include "fork/expect_good.hpp"
#include "fork/handoff.hpp"
#include "fork/own_thread.hpp"
#include "support/disabled_call.hpp"
#include "support/process.hpp"
#include "support/text.hpp"
#include "support/traced_process.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace daemonkit;
using namespace std::chrono_literals;

namespace {

thread_local int of_this_thread = 1;

bool thread_is_known()
{
    const auto wrong = wrong_with_thread_id();
    return holds(wrong.empty(), wrong);
}

bool processor_is_known()
{
    const auto wrong = wrong_with_processor();
    return holds(wrong.empty(), wrong);
}

[[gnu::noinline]] void throw_from_below(int depth)
{
    if (depth == 0) throw std::runtime_error("from below");
    throw_from_below(depth - 1);
    of_this_thread = 1; // no tail call
}

bool exceptions_work()
{
    try {
        throw_from_below(10);
    } catch (const std::runtime_error& e) {
        return holds(e.what() == std::string("from below"), "an exception arrives");
    }
    return holds(false, "an exception is caught");
}

bool threads_work()
{
    std::array<int, 4> seen{};
    std::vector<std::thread> threads;
    of_this_thread = 2;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&seen, i] {
            of_this_thread += i; // of a fresh one
            const std::string allocated(10'000, 'x');
            seen[static_cast<std::size_t>(i)] =
                of_this_thread + (cached_thread_id(PTHREAD_MUTEX_RECURSIVE) == ::gettid() ? 0 : 100);
        });
    for (auto& thread : threads) thread.join();
    return holds(seen == std::array<int, 4>{1, 2, 3, 4} && of_this_thread == 2, "threads run and are joined");
}

bool children_work()
{
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) ::_exit(thread_is_known() && threads_work() ? 7 : 8);
    int status = 0;
    return holds(::waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7, "a child by fork() works") &&
           holds(WEXITSTATUS(std::system("exit 5")) == 5, "a command by system() too");
}

bool everything_works()
{
    return thread_is_known() && processor_is_known() && exceptions_work() && threads_work() && children_work();
}

/// Memory that the test shares with all its child processes.
template <class T>
T& shared()
{
    return *::new (::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) T();
}

long page_faults()
{
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return used.ru_minflt;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(handoff_memory, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(everything_works_in_the_daemon_while_the_launcher_waits_and_when_it_has_gone)
{
    NEEDS_HANDOVER();
    expect_good(in_child([] {
        const pid_t launcher = ::getpid();
        auto link = take_over();
        const bool before = everything_works();
        if (before) link.ready();
        return ends(launcher) && everything_works() ? 0 : 1;
    }));
}

BOOST_AUTO_TEST_CASE(the_first_writes_are_free_of_page_faults_and_what_was_there_stays)
{
    NEEDS_HANDOVER();
    expect_good(in_child([] {
        constexpr std::size_t size = 64 << 20;
        constexpr std::size_t page = 4096;
        auto* const memory = static_cast<unsigned char*>(
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        ::madvise(memory, size, MADV_NOHUGEPAGE);
        const auto fill = [&](unsigned char with) {
            for (std::size_t at = 0; at < size; at += page) memory[at] = with;
        };
        const auto is_filled = [&](unsigned char with) {
            for (std::size_t at = 0; at < size; at += page)
                if (memory[at] != with) return false;
            return true;
        };
        fill(1);
        const auto text = std::make_unique<std::string>(1000, 'x');
        const pid_t launcher = ::getpid();
        auto link = take_over();
        const long at_first = page_faults();
        const bool kept = is_filled(1);
        fill(2);
        const long waiting = page_faults();
        link.ready();
        const bool gone = ends(launcher);
        const long after = page_faults();
        fill(3);
        const long at_last = page_faults();
        // A few: the kernel may fault pages of its own, but there are 16384 pages.
        return holds(gone && kept && is_filled(3), "the memory is what it was and takes what is written") &&
                       holds(*text == std::string(1000, 'x'), "and so is the heap") &&
                       holds(waiting - at_first < 16,
                             std::to_string(waiting - at_first) + " page faults are too many") &&
                       holds(at_last - after < 16, std::to_string(at_last - after) + " page faults are too many")
                   ? 0
                   : 1;
    }));
}

BOOST_AUTO_TEST_CASE(the_launcher_s_end_is_not_that_of_a_thread_of_the_daemon)
{
    NEEDS_HANDOVER();
    auto& mutex = shared<pthread_mutex_t>();
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ::pthread_mutex_init(&mutex, &attributes);
    child_process launcher([&] {
        auto link = take_over({1h});
        errno = ENOTNAM;
        ::pthread_mutex_lock(&mutex);
        child_process::say(std::to_string(::getpid()));
        link.ready();
        child_process::await();
        return errno == ENOTNAM ? 9 : 1;
    });
    const auto daemon = [&] {
        return launcher.says("") ? static_cast<pid_t>(std::stol(launcher.rest_of_line())) : -1;
    }();
    BOOST_TEST(launcher.status() == 0, launcher.heard());
    BOOST_TEST(::pthread_mutex_trylock(&mutex) == EBUSY, "the lock is still the daemon's");
    launcher.go();
    BOOST_TEST(child_process::status_of(daemon) == 9, "errno stayed what it was");
    BOOST_TEST(::pthread_mutex_trylock(&mutex) == EOWNERDEAD, "and the daemon's end is noticed");
}

BOOST_AUTO_TEST_CASE(an_exception_that_is_being_handled_goes_along)
{
    NEEDS_HANDOVER();
    expect_good(in_child([] {
        try {
            try {
                throw std::runtime_error("the reason to become a daemon");
            } catch (const std::runtime_error&) {
                auto link = take_over();
                link.ready();
                throw;
            }
        } catch (const std::runtime_error& e) {
            return holds(e.what() == std::string("the reason to become a daemon"), e.what()) ? 0 : 1;
        }
    }));
}

BOOST_AUTO_TEST_CASE(the_alternate_signal_stack_goes_along)
{
    NEEDS_HANDOVER();
    expect_good(in_child([] {
        static std::array<char, 65536> alternate;
        const stack_t stack{alternate.data(), 0, alternate.size()};
        ::sigaltstack(&stack, nullptr);
        auto link = take_over();
        stack_t now{};
        ::sigaltstack(nullptr, &now);
        if (holds(now.ss_sp == alternate.data() && (now.ss_flags & SS_DISABLE) == 0, "it is there")) link.ready();
        return 0;
    }));
}

BOOST_AUTO_TEST_CASE(a_daemon_can_hand_over_again)
{
    NEEDS_HANDOVER();
    expect_good(in_child([] {
        pid_t launcher = ::getpid();
        for (int i = 0; i < 10; ++i) {
            auto link = take_over();
            link.ready();
            if (!holds(ends(launcher) && thread_is_known(), "the daemon of the daemon works")) return 1;
            launcher = ::getpid();
        }
        return everything_works() ? 0 : 1;
    }));
}

BOOST_AUTO_TEST_CASE(a_signal_that_kills_the_launcher_leaves_the_daemon_alone)
{
    NEEDS_HANDOVER();
    for (const int signal : {SIGKILL, SIGPIPE, SIGUSR1, SIGALRM, SIGRTMIN}) { // the others: cancelled.cpp
        child_process launcher([] {
            auto link = take_over({1h});
            child_process::say(std::to_string(::getpid()));
            child_process::await();
            link.extend(1h); // neither of these may raise SIGPIPE
            link.ready();
            return everything_works() ? 9 : 1;
        });
        BOOST_TEST_REQUIRE(launcher.says(""));
        const auto daemon = static_cast<pid_t>(std::stol(launcher.rest_of_line()));
        launcher.signal(signal);
        BOOST_TEST(launcher.status() == 128 + signal);
        launcher.go();
        BOOST_TEST(child_process::status_of(daemon) == 9, launcher.heard());
    }
}

BOOST_AUTO_TEST_CASE(a_signal_that_would_dump_the_memory_waits_for_the_end_of_the_launcher)
{
    NEEDS_HANDOVER();
    child_process launcher([] {
        auto link = take_over({1h});
        child_process::say("daemon");
        child_process::await();
        link.ready();
        return 0;
    });
    BOOST_TEST_REQUIRE(launcher.says("daemon\n"));
    for (const int signal : {SIGSEGV, SIGABRT, SIGSYS, SIGXCPU}) launcher.signal(signal);
    BOOST_TEST(!ends(launcher.pid(), 50ms));
    launcher.go();
    BOOST_TEST(launcher.status() == 0);
}

BOOST_AUTO_TEST_CASE(handlers_run_in_the_daemon_only)
{
    NEEDS_HANDOVER();
    static pid_t forbidden = 0;
    for (int round = 0; round < 50; ++round) {
        expect_good(in_child([] {
            ::signal(SIGURG, [](int) {
                if (::getpid() == forbidden) std::abort(); // the launcher's stack is the daemon's
            });
            const pid_t launcher = ::getpid();
            const pid_t sender = ::fork();
            if (sender == 0) {
                while (::kill(launcher, SIGURG) == 0) {}
                ::_exit(0);
            }
            const sys::blocked_signals blocked(sys::all_signals());
            forbidden = launcher;
            auto link = handoff_fork{1h}.detach({.mask = sys::no_signals()});
            sys::set_mask(sys::no_signals());
            link.ready();
            const bool gone = ends(launcher);
            ::kill(sender, SIGKILL);
            return gone && thread_is_known() ? 0 : 1;
        }));
    }
}

BOOST_AUTO_TEST_CASE(a_registration_of_rseq_that_cannot_be_removed_makes_no_daemon)
{
    NEEDS_HANDOVER();
    const auto launcher = in_child([] {
        const pid_t self = ::getpid();
        if (!disable_call(SYS_rseq, EINVAL)) return 77;
        try {
            (void)take_over();
        } catch (const startup_error& e) {
            return holds(::getpid() == self && thread_is_known() && processor_is_known(), "the launcher is whole") &&
                           holds(contains(e.what(), "use double_fork"), e.what())
                       ? 42
                       : 1;
        }
        return 2;
    });
    if (launcher.status == 77) DAEMONKIT_SKIP("system calls cannot be filtered here");
    BOOST_TEST(launcher.status == 42, launcher.err);
}

BOOST_AUTO_TEST_CASE(a_killed_intermediate_process_makes_no_second_daemon)
{
    NEEDS_HANDOVER();
    const auto launcher = in_child([] {
        const pid_t self = ::getpid();
        if (!deadly_call(SYS_setsid)) return 77;
        try {
            (void)take_over();
        } catch (const startup_error& e) {
            return holds(::getpid() == self && thread_is_known(), "the launcher is whole") ? 42 : 1;
        }
        return 2;
    });
    if (launcher.status == 77) DAEMONKIT_SKIP("system calls cannot be filtered here");
    BOOST_TEST(launcher.status == 42, launcher.err);
}

BOOST_AUTO_TEST_CASE(a_launcher_that_is_killed_at_any_moment_leaves_a_whole_daemon_or_none)
{
    NEEDS_HANDOVER();
    int none = 0;
    int whole = 0;
    for (int calls = 1;; ++calls) {
        int ends_of_pipe[2];
        BOOST_TEST_REQUIRE(::pipe2(ends_of_pipe, O_CLOEXEC) == 0);
        bool killed = true;
        std::fflush(nullptr);
        {
            traced_process launcher([&] {
                const pid_t self = ::getpid();
                auto link = take_over({1h});
                bool good = thread_is_known() && processor_is_known();
                link.ready();
                good = ends(self) && good && everything_works();
                return ::write(ends_of_pipe[1], good ? "g" : "b", 1) == 1 ? 0 : 1;
            });
            ::close(ends_of_pipe[1]);
            for (int i = 0; i < calls && killed; ++i) killed = launcher.next_call();
        } // here it is killed
        char word = 0;
        const auto size = sys::readable_within(ends_of_pipe[0], generous) ? ::read(ends_of_pipe[0], &word, 1) : -1;
        ::close(ends_of_pipe[0]);
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {} // daemons that became children of this process
        BOOST_TEST(size != -1, "the daemon comes to an end after " << calls << " calls of the launcher");
        if (size == 1) BOOST_TEST(word == 'g', "it is whole after " << calls << " calls of the launcher");
        none += size == 0;
        whole += size == 1;
        BOOST_TEST((size == 1 || whole == 0), "a daemon that was made stays");
        if (!killed) break;
    }
    BOOST_TEST(none > 5);
    BOOST_TEST(whole > 20);
}

BOOST_AUTO_TEST_SUITE_END()
