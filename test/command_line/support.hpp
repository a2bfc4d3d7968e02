// SPDX-License-Identifier: BSL-1.0
// The programs of test/daemon as a person calls them, in a directory of their own.
#pragma once

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <boost/filesystem/operations.hpp>

#include <string>
#include <vector>

/// What a user sees below a directory: names, kinds, modes, owners, sizes, targets and modification times. `times` of
/// directories change where a file was made and taken away again.
std::vector<std::string> listing(const boost::filesystem::path& directory, bool directory_times = true);

/// The processes, zombies left out, that were started with this word in their environment.
std::vector<pid_t> processes_with(const std::string& variable);

struct program
{
    temporary_directory directory{};
    boost::filesystem::path pid_file = directory / "d.pid";
    std::string name = "commanded";
    /// Beside PID_FILE.
    std::vector<std::string> environment{};

    program() = default;
    explicit program(std::string which) : name(std::move(which)) {}
    program(const program&) = delete;
    program& operator=(const program&) = delete;
    /// Whatever became of the test, none of its daemons stays.
    ~program()
    {
        for (const pid_t pid : processes()) put_down(pid);
    }

    [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& words) const
    {
        std::vector<std::string> all{"env", mark()};
        all.insert(all.end(), environment.begin(), environment.end());
        all.push_back(DAEMONKIT_TEST_DAEMON_DIR "/" + name);
        all.insert(all.end(), words.begin(), words.end());
        return all;
    }
    [[nodiscard]] outcome operator()(const std::vector<std::string>& words) const { return run(command(words)); }

    [[nodiscard]] pid_t pid() const { return pid_in(pid_file.string()); }
    [[nodiscard]] std::string mark() const { return "PID_FILE=" + pid_file.string(); }
    [[nodiscard]] std::vector<pid_t> processes() const { return processes_with(mark()); }
    /// A process that is about to exit may do so.
    [[nodiscard]] bool nobody_left() const
    {
        return eventually([&] { return processes().empty(); });
    }
};
