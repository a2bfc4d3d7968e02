// SPDX-License-Identifier: BSL-1.0
// The daemon of test/daemon/contained.cpp as process 1 of a pid namespace, as every container runtime runs it, and in
// other places. The test observes its output and its children in /proc.
#pragma once

#include "support/become.hpp"
#include "support/child_process.hpp"
#include "support/pid_namespace.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace fs = boost::filesystem;

/// Measures how long a process takes to end after a stop. The documented bound is 0.2 s.
class stop_watch
{
public:
    /// Prints the time. The check is no measurement: it allows for a busy machine.
    ~stop_watch()
    {
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
        std::cout << what_ << " ended " << took.count() << " s after the stop\n";
        BOOST_TEST(took.count() < 5);
    }
    explicit stop_watch(std::string what) : what_(std::move(what)) {}
    stop_watch(const stop_watch&) = delete;
    stop_watch& operator=(const stop_watch&) = delete;

private:
    std::string what_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

/// A program as process 1 of a pid namespace.
class pid_one
{
public:
    /// `prepare` is what ran before it: an entry point, a shell.
    pid_one(const strings& command, const strings& environment, const std::function<void()>& prepare)
        : process_([&] {
              return in_pid_namespace([&] {
                  prepare();
                  return become(command, environment);
              });
          })
    {
    }

    /// Its pid outside, once its output has been read; 0 if it has ended.
    [[nodiscard]] pid_t pid() const
    {
        pid_t pid = process_.pid();
        for (int generation = 0; generation < 2; ++generation) {
            const auto children = children_of(pid);
            pid = children.size() == 1 ? children.front() : 0;
        }
        return pid;
    }
    void signal(int number) const
    {
        const pid_t one = pid();
        BOOST_TEST_REQUIRE(one > 1);
        BOOST_TEST_REQUIRE(::kill(one, number) == 0);
    }
    [[nodiscard]] bool childless() const
    {
        return eventually([this] { return children_of(pid()).empty(); });
    }
    child_process* operator->() noexcept { return &process_; }

private:
    child_process process_;
};

#define NEEDS_PID_NAMESPACE()                                                                            \
    if (const auto made = in_child([] { return in_pid_namespace([] { return 0; }); }); made.status != 0) \
    DAEMONKIT_SKIP(made.err)

/// The daemon `contained`, with one of the two presets for containers.
struct contained
{
    std::string deployment;
    temporary_directory directory{};
    strings environment{"PID_FILE=" + (directory / "contained.pid").string()};

    [[nodiscard]] strings command(const std::string& verb) const
    {
        return {DAEMONKIT_TEST_DAEMON_DIR "/contained", deployment, verb};
    }
    [[nodiscard]] pid_one
    as_pid_one(const std::string& verb, const strings& more = {}, const std::function<void()>& prepare = [] {}) const
    {
        return {command(verb), environment + more, prepare};
    }
    [[nodiscard]] child_process below_somebody(const strings& more = {}) const
    {
        return child_process([=, this] { return become(command("run"), environment + more); });
    }
};
inline const std::vector<std::string> each_preset{"container", "universal"};
