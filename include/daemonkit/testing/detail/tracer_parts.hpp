// SPDX-License-Identifier: BSL-1.0
// What a tracer needs beside ptrace(2): the output of the traced processes, and a bound for its waits.
#pragma once

#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace daemonkit::testing::detail {

inline constexpr int bound_seconds = 20;

/// A pipe that the traced processes write to.
class ear
{
public:
    ear()
    {
        if (::pipe2(ends_.data(), O_CLOEXEC | O_NONBLOCK) == -1) throw std::runtime_error("no pipe");
    }
    ear(const ear&) = delete;
    ear& operator=(const ear&) = delete;
    ~ear()
    {
        ::close(ends_[0]);
        deaf();
    }
    [[nodiscard]] int mouth() const noexcept { return ends_[1]; }
    void deaf()
    {
        if (ends_[1] != -1) ::close(ends_[1]);
        ends_[1] = -1;
    }
    /// What was written; false if a process still has the pipe open.
    bool hear(std::string& text)
    {
        std::array<char, 4096> bytes;
        for (;;) {
            const auto n = ::read(ends_[0], bytes.data(), bytes.size());
            if (n <= 0) return n == 0;
            text.append(bytes.data(), static_cast<std::size_t>(n));
        }
    }

private:
    std::array<int, 2> ends_{};
};

/// Interrupts a wait that takes too long, repeatedly.
class watchdog
{
public:
    watchdog()
    {
        struct sigaction interrupt = {};
        interrupt.sa_handler = [](int) {};
        ::sigaction(SIGALRM, &interrupt, &before_);
        const itimerval bound{{1, 0}, {bound_seconds, 0}};
        ::setitimer(ITIMER_REAL, &bound, nullptr);
    }
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;
    ~watchdog()
    {
        const itimerval none{};
        ::setitimer(ITIMER_REAL, &none, nullptr);
        ::sigaction(SIGALRM, &before_, nullptr);
    }

private:
    struct sigaction before_ = {};
};

} // namespace daemonkit::testing::detail
