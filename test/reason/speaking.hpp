// SPDX-License-Identifier: BSL-1.0
// A daemon that a test programs, and the places where it can say something: its launcher, its log, the system log.
#pragma once

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include "support/child_process.hpp"
#include "support/file.hpp"
#include "support/skip.hpp"
#include "support/system_log.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

template <class... Parts>
struct speaking : daemonkit::sysv_daemon<speaking<Parts...>, daemonkit::single_fork, Parts...>
{
    std::function<void()> starting = [] {};
    std::function<void()> working = [] {};
    std::function<void()> reloading = [] {};

    void on_start() { starting(); }
    void on_reload() { reloading(); }
    int run()
    {
        working();
        while (this->wait()) {}
        return 0;
    }
};

using silent = speaking<>;
using logging = speaking<daemonkit::log_file_stdio>;

inline void fails() { throw std::runtime_error("the disk is full"); }
inline void worker_fails() { std::thread(fails).join(); }

/// The place of one daemon. Its name in messages is "speaker".
struct place
{
    temporary_directory top{};
    boost::filesystem::path pid_file = top / "d.pid";
    boost::filesystem::path log = top / "d.log";
    system_log system{};

    template <class Daemon>
    [[nodiscard]] typename Daemon::settings settings() const
    {
        typename Daemon::settings s = [&]() -> typename Daemon::settings {
            if constexpr (requires(typename Daemon::settings all) { all.stdio.output; })
                return {.pid = {.path = pid_file}, .stdio = {.output = log}};
            else
                return {.pid = {.path = pid_file}};
        }();
        s.process.name = "speaker";
        return s;
    }

    /// Starts it in a child of the test. The launcher prints the message of a failed start.
    template <class Daemon>
    [[nodiscard]] outcome start(
        const std::function<void(Daemon&)>& program,
        const std::function<void(typename Daemon::settings&)>& change = [](auto&) {}) const
    {
        return in_child([&] {
            Daemon daemon;
            program(daemon);
            auto s = settings<Daemon>();
            change(s);
            const auto result = daemon.start(s);
            if (result.in_launcher) std::puts(result.message.c_str());
            return result.status;
        });
    }

    [[nodiscard]] std::string logged() const { return boost::filesystem::exists(log) ? read_file(log) : std::string(); }
    [[nodiscard]] bool running() const { return boost::filesystem::exists(pid_file); }
};

/// Whether `text` has a line as stderr_log() writes it to a file: time, level, name and what was said.
inline bool has_log_line(const std::string& text, const std::string& level_and_rest)
{
    const auto at = text.find(level_and_rest + "\n");
    constexpr std::size_t time = sizeof "2026-11-23T03:30:45+0100 " - 1;
    return at != std::string::npos && at >= time && text[at - 1] == ' ' && text[at - time + 10] == 'T' &&
           (at == time || text[at - time - 1] == '\n');
}

#define NEEDS_SYSTEM_LOG(at) \
    if (!(at).system.possible()) DAEMONKIT_SKIP("needs root, for a /dev of its own")
