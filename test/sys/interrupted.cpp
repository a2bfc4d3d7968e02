// SPDX-License-Identifier: BSL-1.0
// A signal whose handler is installed without SA_RESTART, while a call waits: nothing is lost and nothing ends early.
#include <daemonkit/sys/deadline.hpp>
#include <daemonkit/sys/file.hpp>
#include <daemonkit/sys/process.hpp>
#include <daemonkit/sys/self_pipe.hpp>

#include "support/file.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>

namespace sys = daemonkit::sys;

namespace {

/// A child that catches SIGHUP and does `body`; what it returns is the exit status.
class interrupted
{
public:
    explicit interrupted(const std::function<int()>& body)
    {
        if (::pipe2(heard_.data(), O_CLOEXEC) == -1) std::abort();
        static int voice = -1;
        voice = heard_[1];
        pid_ = ::fork();
        if (pid_ == -1) std::abort();
        if (pid_ == 0) {
            struct sigaction action = {};
            action.sa_handler = [](int) { (void)!::write(voice, "h", 1); };
            ::sigaction(SIGHUP, &action, nullptr);
            ::_exit(body());
        }
    }
    interrupted(const interrupted&) = delete;
    interrupted& operator=(const interrupted&) = delete;
    ~interrupted()
    {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            exit_status_of(pid_);
        }
        for (const int fd : heard_) ::close(fd);
    }

    /// Whether it sleeps in this system call.
    [[nodiscard]] bool sleeps_in(long call) const
    {
        const auto file = "/proc/" + std::to_string(pid_) + "/syscall";
        return eventually([&] { return read_file(file).starts_with(std::to_string(call) + " "); });
    }
    /// Sends the signal; true once the handler has run.
    [[nodiscard]] bool is_interrupted() const
    {
        ::kill(pid_, SIGHUP);
        char byte = 0;
        return sys::readable_within(heard_[0], generous) && ::read(heard_[0], &byte, 1) == 1;
    }
    [[nodiscard]] int status() { return ends(pid_) ? exit_status_of(std::exchange(pid_, 0)) : -1; }

private:
    std::array<int, 2> heard_{};
    pid_t pid_ = -1;
};

std::string rest_of(int fd)
{
    std::string all;
    std::array<char, 65536> bytes{};
    for (ssize_t n = 0; (n = ::read(fd, bytes.data(), bytes.size())) > 0;)
        all.append(bytes.data(), static_cast<std::size_t>(n));
    return all;
}

struct pipe_ends
{
    pipe_ends()
    {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) == -1) std::abort();
        near.reset(ends[0]);
        far.reset(ends[1]);
    }
    sys::unique_fd near;
    sys::unique_fd far;
};

} // namespace

#define NEEDS_SYSCALL_FILE() \
    if (::access("/proc/self/syscall", R_OK) == -1) DAEMONKIT_SKIP("/proc does not show the system call of a process")

BOOST_AUTO_TEST_SUITE(interrupted_call, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(write_all_writes_all)
{
    NEEDS_SYSCALL_FILE();
    pipe_ends pipe;
    std::string text;
    for (int n = 0; n < 40'000; ++n) text += std::to_string(n) + "\n"; // more than a pipe holds
    interrupted child([&] { return sys::write_all(pipe.far.get(), text) == 0 ? 0 : 1; });
    pipe.far.reset();
    BOOST_TEST(child.sleeps_in(SYS_write));
    BOOST_TEST(child.is_interrupted()); // it has written a part
    BOOST_TEST(child.sleeps_in(SYS_write));
    BOOST_TEST(child.is_interrupted()); // and now nothing
    BOOST_TEST((rest_of(pipe.near.get()) == text));
    BOOST_TEST(child.status() == 0);
}

BOOST_AUTO_TEST_CASE(read_file_reads_to_the_end)
{
    NEEDS_SYSCALL_FILE();
    const temporary_directory directory;
    const auto fifo = (directory / "fifo").string();
    BOOST_TEST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    sys::unique_fd writer(::open(fifo.c_str(), O_RDWR | O_CLOEXEC));
    interrupted child([&] {
        std::string text;
        writer.reset();
        return sys::read_file(fifo.c_str(), text, 64) == 0 && text == "first second" ? 0 : 1;
    });
    BOOST_TEST(child.sleeps_in(SYS_read));
    BOOST_TEST(sys::write_all(writer.get(), "first ") == 0);
    BOOST_TEST(eventually([&] {
        int queued = 1;
        return ::ioctl(writer.get(), FIONREAD, &queued) == 0 && queued == 0;
    }));
    BOOST_TEST(child.sleeps_in(SYS_read));
    BOOST_TEST(child.is_interrupted());
    BOOST_TEST(sys::write_all(writer.get(), "second") == 0);
    writer.reset();
    BOOST_TEST(child.status() == 0);
}

BOOST_AUTO_TEST_CASE(readable_within_waits_on)
{
    NEEDS_SYSCALL_FILE();
    pipe_ends pipe;
    interrupted child([&] { return sys::readable_within(pipe.near.get(), sys::forever) ? 0 : 1; });
    BOOST_TEST(child.sleeps_in(SYS_ppoll));
    BOOST_TEST(child.is_interrupted());
    BOOST_TEST(child.sleeps_in(SYS_ppoll));
    BOOST_TEST(sys::write_all(pipe.far.get(), "x") == 0);
    BOOST_TEST(child.status() == 0);
}

BOOST_AUTO_TEST_CASE(collect_collects)
{
    NEEDS_SYSCALL_FILE();
    pipe_ends pipe;
    interrupted child([&] {
        pipe.far.reset();
        const pid_t grandchild = ::fork();
        if (grandchild == 0) {
            sys::readable_within(pipe.near.get(), sys::forever);
            ::_exit(0);
        }
        sys::collect(grandchild);
        return ::waitpid(-1, nullptr, WNOHANG) == -1 ? 0 : 1;
    });
    BOOST_TEST(child.sleeps_in(SYS_wait4));
    BOOST_TEST(child.is_interrupted());
    pipe.far.reset();
    BOOST_TEST(child.status() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
