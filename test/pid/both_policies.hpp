// SPDX-License-Identifier: BSL-1.0
// Shared by the tests of the pid file policies: both policies, the content of a directory, and another process.
#pragma once

#include <daemonkit/pid.hpp>

#include "support/file.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <boost/filesystem/directory.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>

namespace fs = boost::filesystem;
namespace sys = daemonkit::sys;
using namespace daemonkit;

/// Calls `check` with two functions that make a policy from a path.
template <class Check>
void with_both(Check check)
{
    BOOST_TEST_CONTEXT("pid_file")
    {
        check([](const fs::path& path) { return pid_file{.path = path}; });
    }
    BOOST_TEST_CONTEXT("flock_pid_file")
    {
        check([](const fs::path& path) { return flock_pid_file{.path = path}; });
    }
}

/// Everything below a directory. Any change of content, mode, owner or name changes the result (ctime).
inline std::map<std::string, std::string> snapshot(const fs::path& top)
{
    std::map<std::string, std::string> all;
    const auto add = [&](const fs::path& path) {
        const auto s = status_of(path);
        all[path.string()] = std::to_string(s.st_ino) + " " + sys::octal(s.st_mode & 07777U) + " " +
                             std::to_string(s.st_uid) + " " + std::to_string(s.st_nlink) + " " +
                             std::to_string(s.st_size) + " " + std::to_string(s.st_ctim.tv_sec) + "." +
                             std::to_string(s.st_ctim.tv_nsec) + " " + std::to_string(s.st_mtim.tv_nsec);
    };
    add(top);
    for (const auto& entry : fs::recursive_directory_iterator(top)) add(entry.path());
    return all;
}

/// Checks that a startup_error (but no already_running) is thrown, with this status and this text.
template <class Call>
void expect_refusal(Call call, const std::string& text, int status = 1)
{
    try {
        call();
        BOOST_ERROR("it was not refused");
    } catch (const already_running& e) {
        BOOST_ERROR(e.what());
    } catch (const startup_error& e) {
        BOOST_TEST(contains(e.what(), text), "'" << e.what() << "' says '" << text << "'");
        BOOST_TEST(e.status() == status, e.what());
    }
}

/// Checks that claim() reports this process as running already.
template <class Policy>
void expect_running(const Policy& policy, pid_t pid)
{
    try {
        (void)policy.claim();
        BOOST_ERROR("it was not refused");
    } catch (const already_running& e) {
        BOOST_TEST(e.pid() == pid, e.what());
        BOOST_TEST(contains(e.what(), "pid " + std::to_string(pid)), e.what());
    }
}

/// A function in another process that exchanges words with the test; killed and collected at the end.
class other_process
{
public:
    template <class Body>
    explicit other_process(Body body)
    {
        if (::pipe2(words_.data(), O_CLOEXEC) == -1 || ::pipe2(leaves_.data(), O_CLOEXEC) == -1) std::abort();
        std::fflush(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::close(words_[0]);
            ::close(leaves_[1]);
            int status = 0;
            try {
                status = body(*this);
            } catch (const std::exception& e) {
                std::fprintf(stderr, "exception in the other process: %s\n", e.what());
                status = 125;
            }
            ::_exit(status);
        }
        if (pid_ == -1) std::abort(); // a signal to -1 would reach every process
        ::close(words_[1]);
        ::close(leaves_[0]);
    }
    other_process(const other_process&) = delete;
    other_process& operator=(const other_process&) = delete;
    ~other_process()
    {
        kill();
        ::close(words_[0]);
        ::close(leaves_[1]);
    }

    // In the other process.
    void say(int word) const
    {
        if (::write(words_[1], &word, sizeof word) != sizeof word) ::_exit(124);
    }
    void await() const
    {
        char byte = 0;
        while (::read(leaves_[0], &byte, 1) == -1 && errno == EINTR) {}
    }

    // In the test.
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    /// The next word; -1 if none comes.
    [[nodiscard]] int hear() const
    {
        int word = -1;
        if (!sys::readable_within(words_[0], generous) || ::read(words_[0], &word, sizeof word) != sizeof word)
            return -1;
        return word;
    }
    void go() const
    {
        if (::write(leaves_[1], "", 1) != 1) std::abort();
    }
    /// Its exit status, once it has ended by itself.
    int status() { return ends(pid_) ? exit_status_of(std::exchange(pid_, 0)) : -1; }
    void kill()
    {
        if (pid_ == 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }

private:
    std::array<int, 2> words_{};
    std::array<int, 2> leaves_{};
    pid_t pid_ = 0;
};

/// Claims, publishes, says so and waits for go(); then its guard is destroyed.
template <class Policy>
auto daemon_of(const Policy& policy)
{
    return [policy](const other_process& self) {
        auto guard = policy.claim();
        guard.publish(::getpid());
        self.say(1);
        self.await();
        return 0;
    };
}
