// SPDX-License-Identifier: BSL-1.0
// Whole processes as a caller sees them: made by posix_spawn(3), timed on CLOCK_MONOTONIC, their end seen by a pidfd.
// Every failure of the driver itself is an exception: a figure is measured or there is none.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace bench {

using nanoseconds = std::chrono::nanoseconds;
using words = std::vector<std::string>;

[[nodiscard]] nanoseconds now();
[[nodiscard]] inline double in_microseconds(nanoseconds t)
{
    return std::chrono::duration<double, std::micro>(t).count();
}
[[nodiscard]] inline double in_milliseconds(nanoseconds t)
{
    return std::chrono::duration<double, std::milli>(t).count();
}

/// Throws std::system_error with errno unless `result` is one of success.
int check(int result, const std::string& what);

class descriptor
{
public:
    descriptor() noexcept = default;
    explicit descriptor(int fd) noexcept : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~descriptor() { close(); }
    void close() noexcept;
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_ = -1;
};

struct pipe_ends
{
    descriptor read{};
    descriptor write{};
};
/// Close-on-exec both.
[[nodiscard]] pipe_ends make_pipe();

/// A program that is not waited for yet. `environment`, NAME=value each, is added to the driver's. Standard input is
/// /dev/null, standard error the driver's. Standard output is `output`, or /dev/null.
[[nodiscard]] pid_t spawn(const words& command, const words& environment = {}, int output = -1);

/// What processes have cost the machine, as getrusage(2) has it.
struct usage
{
    nanoseconds cpu{};
    long faults = 0;   ///< page faults
    long switches = 0; ///< context switches
};

/// The exit status of a child as a shell has it (128 and the signal if it was killed). What it and the children that it
/// waited for have cost is added to `used`, unless that is null.
int wait_for(pid_t child, usage* used = nullptr);

struct ended
{
    nanoseconds wall{};
    int status = 0;
    usage used{};
};
/// A program from before its posix_spawn to its exit.
ended run(const words& command, const words& environment = {});

/// run() that throws unless the exit status is 0: what the program printed.
std::string output_of(const words& command, const words& environment = {});

/// Any process, child or not. Its end is readable at once, reaped or not.
class pidfd
{
public:
    explicit pidfd(pid_t pid);
    void signal(int number) const;
    /// Waits for the end; throws after 30 seconds.
    void wait() const;
    [[nodiscard]] bool ended() const;
    [[nodiscard]] int get() const noexcept { return fd_.get(); }

private:
    descriptor fd_;
};

/// Waits until `fd` is readable (or closed at the other end); throws after 30 seconds.
void wait_readable(int fd, const std::string& what);

/// A fresh directory, removed with all it holds.
class temporary_directory
{
public:
    temporary_directory();
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;
    ~temporary_directory();
    [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

/// The text of a file; empty if it is not there.
[[nodiscard]] std::string text_of(const std::string& path);

} // namespace bench
