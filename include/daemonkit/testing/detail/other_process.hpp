// SPDX-License-Identifier: BSL-1.0
// A function in another process that exchanges words with the test.
#pragma once

#include "processes.hpp"

#include <fcntl.h>

#include <cstdio>
#include <exception>
#include <utility>

namespace daemonkit::testing::detail {

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
        pollfd p{words_[0], POLLIN, 0};
        constexpr auto bound = static_cast<int>(std::chrono::milliseconds(generous).count());
        if (::poll(&p, 1, bound) != 1 || ::read(words_[0], &word, sizeof word) != sizeof word) return -1;
        return word;
    }
    /// Lets one await() return; does nothing if the process has ended.
    void go() const
    {
        auto* const before = ::signal(SIGPIPE, SIG_IGN);
        if (::write(leaves_[1], "", 1) != 1 && errno != EPIPE) std::abort();
        ::signal(SIGPIPE, before);
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

} // namespace daemonkit::testing::detail
