// SPDX-License-Identifier: BSL-1.0
// A signal that arrives after a wait has looked for signals and before it sleeps: the sleep ends at once. The program
// of the test has a pthread_sigmask(3) and a ppoll(2) of its own, which do what a scenario wants at that very moment.
#include "support/child_process.hpp"
#include "support/process.hpp"

#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork/no_fork.hpp>
#include <daemonkit/pid/no_pid_file.hpp>
#include <daemonkit/signal.hpp>
#include <daemonkit/stdio/inherit_stdio.hpp>

#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

namespace {

using action = void (*)();
action before_sleep = nullptr; ///< called once, before the next sleep
action before_block = nullptr; ///< called once, before the next change of the signal mask
action after_block = nullptr;  ///< called once, after the next change of the signal mask

void call_once(action& what)
{
    if (what != nullptr) std::exchange(what, nullptr)();
}

} // namespace

extern "C" int test_ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) asm("ppoll");
extern "C" int test_sigmask(int how, const sigset_t* set, sigset_t* before) asm("pthread_sigmask");

int test_ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask)
{
    call_once(before_sleep);
    timespec left{};
    if (timeout != nullptr) left = *timeout;
    return static_cast<int>(
        ::syscall(SYS_ppoll, fds, count, timeout != nullptr ? &left : nullptr, mask, (_NSIG - 1) / 8));
}

int test_sigmask(int how, const sigset_t* set, sigset_t* before)
{
    call_once(before_block);
    const int error = ::sigprocmask(how, set, before) == 0 ? 0 : errno; // on Linux, that of the calling thread
    call_once(after_block);
    return error;
}

namespace {

template <class Signals>
struct sleeper : daemonkit::basic_daemon<sleeper<Signals>, daemonkit::no_fork, daemonkit::no_pid_file, Signals,
                                         daemonkit::inherit_stdio>
{
    sleeper(action& moment, action signal, action begin, action end)
        : when(moment), arrives(signal), prepare(begin), cleanup(end)
    {
    }
    int run()
    {
        if (prepare != nullptr) prepare();
        when = arrives;
        while (this->wait()) child_process::say("handled");
        if (cleanup != nullptr) cleanup();
        return when == nullptr ? 5 : 6; // 6: it did not come to that, and nothing was tested
    }
    void on_reload() { child_process::say("reload"); }
    void on_signal(int signal) { child_process::say("signal " + std::to_string(signal)); }

    action& when;
    action arrives;
    action prepare;
    action cleanup;
};

template <class Signals>
child_process waiting(action& when, action arrives, action prepare = nullptr, action cleanup = nullptr)
{
    return child_process([&when, arrives, prepare, cleanup] {
        return static_cast<int>(sleeper<Signals>(when, arrives, prepare, cleanup).run_in_foreground({}));
    });
}

void stop() { ::kill(::getpid(), SIGTERM); }
void interrupt() { ::kill(::getpid(), SIGINT); }

using flags = daemonkit::basic_flag_signals<SIGUSR1>;

} // namespace

// Their names are part of the test cases' names.
struct sleeps_with_flags
{
    using policy = flags;
};
struct sleeps_with_self_pipe
{
    using policy = daemonkit::basic_self_pipe_signals<SIGUSR1>;
};
struct sleeps_with_reaping
{
    using policy = daemonkit::basic_reaping_signals<SIGUSR1>;
};
struct sleeps_with_signalfd
{
    using policy = daemonkit::basic_signalfd_signals<SIGUSR1>;
};

namespace {

using with_handlers = std::tuple<sleeps_with_flags, sleeps_with_self_pipe, sleeps_with_reaping>;
using every_kind = std::tuple<sleeps_with_flags, sleeps_with_self_pipe, sleeps_with_reaping, sleeps_with_signalfd>;

std::thread worker;
std::atomic<pid_t> worker_id{0};

/// A thread that blocks no signal; the main thread will.
void make_worker()
{
    worker = std::thread([] {
        worker_id = ::gettid();
        child_process::await();
    });
    while (worker_id == 0) {}
}
void join_worker()
{
    child_process::say("thread may end");
    worker.join();
}

} // namespace

BOOST_AUTO_TEST_SUITE(wakeups, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE_TEMPLATE(a_stop_just_before_the_sleep_ends_it, Kind, every_kind)
{
    for (const action arrives : {stop, interrupt})
        BOOST_TEST(waiting<typename Kind::policy>(before_sleep, arrives).status() == 5);
}

// The wait has looked for signals once.
BOOST_AUTO_TEST_CASE(a_stop_just_before_the_signals_are_blocked_ends_the_sleep)
{
    for (const action arrives : {stop, interrupt}) BOOST_TEST(waiting<flags>(before_block, arrives).status() == 5);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_event_just_before_the_sleep_is_handled, Kind, every_kind)
{
    auto daemon = waiting<typename Kind::policy>(before_sleep, [] {
        ::kill(::getpid(), SIGHUP);
        ::kill(::getpid(), SIGUSR1);
    });
    BOOST_TEST(daemon.said("reload\n"));
    BOOST_TEST(daemon.said("signal " + std::to_string(SIGUSR1) + "\n"));
    daemon.signal(SIGTERM);
    BOOST_TEST(daemon.status() == 5);
}

// Once run() is left, the next change of the mask blocks all signals for the end.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_second_stop_does_not_kill_a_daemon_that_ends, Kind, with_handlers)
{
    auto daemon = waiting<typename Kind::policy>(before_sleep, stop, nullptr, [] { after_block = stop; });
    BOOST_TEST(daemon.status() == 5);
}

// The main thread blocks the signal there, so the kernel gives it to the other one.
BOOST_AUTO_TEST_CASE(a_stop_that_another_thread_got_just_before_the_sleep_ends_it)
{
    auto daemon = waiting<flags>(
        before_sleep,
        [] {
            stop();
            while (!flags::guard::stop_requested()) {} // until the handler runs there
        },
        make_worker, join_worker);
    BOOST_REQUIRE(daemon.says("thread may end"));
    daemon.go();
    BOOST_TEST(daemon.status() == 5);
}

BOOST_AUTO_TEST_CASE(a_blocking_call_of_run_is_interrupted_by_a_stop_that_another_thread_got)
{
    struct reader : daemonkit::basic_daemon<reader, daemonkit::no_fork, daemonkit::no_pid_file, daemonkit::flag_signals,
                                            daemonkit::inherit_stdio>
    {
        int run() // NOLINT(*-static)
        {
            std::thread([] {
                worker_id = ::gettid();
                for (;;) ::pause();
            }).detach();
            while (worker_id == 0) {}
            child_process::say("reading, beside " + std::to_string(worker_id));
            char byte = 0;
            const auto n = ::read(child_process::gate, &byte, 1);
            ::_exit(n == -1 && errno == EINTR && stop_requested() ? 5 : 6);
        }
    };
    child_process daemon([] { return static_cast<int>(reader{}.run_in_foreground({})); });
    BOOST_REQUIRE(daemon.says("reading, beside "));
    const int thread = std::stoi(daemon.rest_of_line());
    BOOST_TEST(eventually([&] { return proc_status(daemon.pid(), "State").front() == 'S'; }));
    ::syscall(SYS_tgkill, daemon.pid(), thread, SIGTERM);
    BOOST_TEST(daemon.status() == 5);
}

BOOST_AUTO_TEST_SUITE_END()
