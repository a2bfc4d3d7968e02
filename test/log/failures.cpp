// SPDX-License-Identifier: BSL-1.0
// stderr_log() without a reader, with a slow one, and from many threads.
#include "log/log.hpp"
#include "support/file.hpp"
#include "support/skip.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <regex>
#include <thread>
#include <vector>

BOOST_AUTO_TEST_SUITE(failures, *boost::unit_test::label("unit"))

BOOST_AUTO_TEST_CASE(a_missing_reader_does_not_end_the_program)
{
    auto pipe = make_pipe();
    pipe.ours.reset();
    auto socket = make_sockets(SOCK_STREAM);
    socket.ours.reset();
    auto terminal = make_terminal();
    terminal.ours.reset();
    const unique_fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    const unique_fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    const unique_fd unwritable(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    for (const int fd :
         {pipe.theirs.get(), socket.theirs.get(), terminal.theirs.get(), full.get(), null.get(), unwritable.get()}) {
        const auto said = with_stderr(fd, [] {
            errno = ENOTTY;
            stderr_log(log_level::err, "to nobody");
            sigset_t pending;
            ::sigpending(&pending);
            return errno == ENOTTY && sigismember(&pending, SIGPIPE) == 0;
        });
        BOOST_TEST(said.status == 0);
    }
    const auto closed = with_stderr(null.get(), [] {
        ::close(2);
        errno = 0;
        stderr_log(log_level::err, "to nobody");
        return errno == 0;
    });
    BOOST_TEST(closed.status == 0);
}

BOOST_AUTO_TEST_CASE(a_limit_on_file_sizes_does_not_end_the_program)
{
    const temporary_directory directory;
    const auto log = directory / "log";
    const auto file = open_log(log);
    const auto said = with_stderr(file.get(), [] {
        const rlimit ten{10, 10};
        ::setrlimit(RLIMIT_FSIZE, &ten);
        stderr_log(log_level::err, "more than ten bytes");
        stderr_log(log_level::err, "none");
        return true;
    });
    BOOST_TEST(said.status == 0);
    BOOST_TEST(read_file(log).size() == 10U);
}

BOOST_AUTO_TEST_CASE(a_signal_that_the_program_has_blocked_stays_pending)
{
    auto pipe = make_pipe();
    pipe.ours.reset();
    const auto said = with_stderr(pipe.theirs.get(), [] {
        sigset_t broken;
        sigemptyset(&broken);
        sigaddset(&broken, SIGPIPE);
        ::sigprocmask(SIG_BLOCK, &broken, nullptr);
        ::raise(SIGPIPE);
        stderr_log(log_level::err, "to nobody");
        sigset_t pending, blocked;
        ::sigpending(&pending);
        ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
        return sigismember(&pending, SIGPIPE) == 1 && sigismember(&blocked, SIGPIPE) == 1;
    });
    BOOST_TEST(said.status == 0);
}

BOOST_AUTO_TEST_CASE(a_slow_reader_delays_a_write_and_a_non_blocking_pipe_loses_it)
{
    const auto pipe = make_pipe();
    const std::string text(300'000, 'x'); // more than a pipe holds
    std::string heard;
    std::thread reader([&] {
        std::array<char, 4096> bytes{};
        while (heard.size() < text.size() + 8) {
            const auto n = ::read(pipe.ours.get(), bytes.data(), bytes.size());
            if (n <= 0) break;
            heard.append(bytes.data(), static_cast<std::size_t>(n));
        }
    });
    BOOST_TEST(log_to(pipe.theirs.get(), log_level::err, text).status == 0);
    reader.join();
    BOOST_TEST((heard == "error: " + text + "\n"));

    ::fcntl(pipe.theirs.get(), F_SETFL, O_NONBLOCK);
    BOOST_TEST(log_to(pipe.theirs.get(), log_level::err, text).status == 0);
}

// As when a daemon of flag_signals is told to reload while its log is slow.
BOOST_AUTO_TEST_CASE(a_signal_while_the_pipe_is_full_loses_no_line)
{
    for (const std::string text : {"one line", "two\nlines"}) {
        const auto pipe = make_pipe();
        const auto heard = make_pipe();
        ::fcntl(pipe.theirs.get(), F_SETFL, O_NONBLOCK);
        std::size_t before = 0;
        for (ssize_t n = 0; (n = ::write(pipe.theirs.get(), "x", 1)) == 1;) before += 1;
        ::fcntl(pipe.theirs.get(), F_SETFL, 0);

        static int wake = -1;
        wake = heard.theirs.get();
        const pid_t child = ::fork();
        if (child == 0) {
            struct sigaction action = {};
            action.sa_handler = [](int) { (void)!::write(wake, "h", 1); };
            ::sigaction(SIGHUP, &action, nullptr); // without SA_RESTART
            ::dup2(pipe.theirs.get(), 2);
            stderr_log(log_level::err, text);
            ::_exit(0);
        }
        const auto call = "/proc/" + std::to_string(child) + "/syscall";
        const auto blocked = std::to_string(SYS_writev) + " ";
        if (::access(call.c_str(), R_OK) == -1) DAEMONKIT_SKIP("/proc does not show the system call of a process");
        BOOST_TEST(eventually([&] { return read_file(call).starts_with(blocked); }));
        ::kill(child, SIGHUP);
        BOOST_TEST(eventually([&] { return next(heard.ours) == "h"; }));
        std::string all;
        while (all.size() < before) all += next(pipe.ours);
        BOOST_TEST(exit_status_of(child) == 0);
        if (const auto rest = next(pipe.ours); rest != "nothing came") all += rest;
        BOOST_TEST(all.substr(before) == (text == "one line" ? "error: one line\n" : "error: two\nerror: lines\n"));
    }
}

BOOST_AUTO_TEST_CASE(lines_of_many_threads_are_whole)
{
    const temporary_directory directory;
    const auto log = directory / "log";
    const auto file = open_log(log);
    const auto said = with_stderr(file.get(), [] {
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([] {
                for (int n = 0; n < 100; ++n) stderr_log(log_level::info, "first\nsecond");
            });
        for (auto& thread : threads) thread.join();
        return true;
    });
    BOOST_TEST(said.status == 0);
    std::ifstream lines(log.string());
    const std::regex pattern(time_stamp + "info: (first|second)");
    int whole = 0;
    for (std::string line; std::getline(lines, line);) {
        const bool second = whole % 2 == 1;
        BOOST_TEST(std::regex_match(line, pattern), line);
        BOOST_TEST(line.substr(line.size() - 5) == (second ? "econd" : "first"));
        ++whole;
    }
    BOOST_TEST(whole == 1600);
}

BOOST_AUTO_TEST_SUITE_END()
