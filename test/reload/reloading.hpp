// SPDX-License-Identifier: BSL-1.0
// The daemon of test/daemon/reloading.cpp, its configuration, and its callers.
#pragma once

#include "support/become.hpp"
#include "support/child_process.hpp"
#include "support/file.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

namespace fs = boost::filesystem;
struct policies
{
    std::string signals;
    std::string pid;
};
inline const std::vector<policies> every_policy = [] {
    std::vector<policies> all;
    for (const char* const signals : {"flag", "self_pipe", "reaping", "signalfd"})
        for (const char* const pid : {"flock", "plain"}) all.push_back({signals, pid});
    return all;
}();

class reloading : public program
{
public:
    explicit reloading(policies with, const strings& more = {}) : program("reloading"), with_(std::move(with))
    {
        environment = strings{"CONFIG=" + config.string()} + more;
    }

    fs::path config = directory / "config";
    fs::path fifo = directory / "fifo";

    /// Calls the verb as a command, with a launcher before it: another user, another namespace.
    [[nodiscard]] strings command(const strings& verb) const
    {
        return program::command(strings{with_.signals, with_.pid} + verb);
    }
    [[nodiscard]] outcome verb(const strings& which, const strings& launcher = {}) const
    {
        return run(launcher + command(which));
    }
    [[nodiscard]] outcome reload(const strings& launcher = {}) const { return verb({"reload"}, launcher); }
    /// A caller that runs meanwhile; its exit status and output come later.
    [[nodiscard]] child_process asks(const strings& options = {}) const
    {
        return child_process([=, this] { return become(command(strings{"reload"} + options)); });
    }

    /// The pid of a daemon that is ready; 0 and a failed check if there is none.
    [[nodiscard]] pid_t started(const strings& launcher = {}) const
    {
        const auto start = verb({"start"}, launcher);
        BOOST_TEST(start.status == 0, start.out << start.err);
        return start.status == 0 ? pid() : 0;
    }
    void stop() const
    {
        BOOST_TEST(verb({"stop"}).status == 0);
        BOOST_TEST(nobody_left());
    }

    /// By rename(2), so that no reload reads half of a configuration.
    void configure(const std::string& text) const
    {
        const auto fresh = config.string() + "." + std::to_string(::getpid());
        write_file(fresh, text);
        fs::rename(fresh, config);
    }
    /// From now on a reload waits for let_go().
    void configure_to_wait(const std::string& generation) const
    {
        if (!fs::exists(fifo)) BOOST_TEST_REQUIRE(::mkfifo(fifo.c_str(), 0666) == 0);
        configure(generation + " wait " + fifo.string());
    }
    void let_go() const { write_file(fifo, ""); }

    [[nodiscard]] std::vector<std::string> begun() const { return read_lines(config.string() + ".begun"); }
    [[nodiscard]] std::vector<std::string> done() const { return read_lines(config.string() + ".done"); }
    [[nodiscard]] bool begins(const std::string& generation) const
    {
        return eventually([&] { return !begun().empty() && begun().back() == generation; });
    }

    [[nodiscard]] static std::string success(pid_t pid)
    {
        return "reloading: reloaded (pid " + std::to_string(pid) + ")\n";
    }

private:
    policies with_;
};
