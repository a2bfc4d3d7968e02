// SPDX-License-Identifier: BSL-1.0
// The programs of test/daemon, called as by a user, in a temporary directory.
#pragma once

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <dirent.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

/// The processes, without zombies, that were started with this variable in their environment.
inline std::vector<pid_t> processes_with(const std::string& variable)
{
    std::vector<pid_t> found;
    DIR* const processes = ::opendir("/proc");
    while (const dirent* entry = ::readdir(processes)) {
        const auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
        if (pid <= 0) continue;
        std::ifstream file("/proc/" + std::string(entry->d_name) + "/environ");
        for (std::string word; std::getline(file, word, '\0');)
            if (word == variable) found.push_back(pid);
    }
    ::closedir(processes);
    return found;
}

struct program
{
    temporary_directory directory{};
    boost::filesystem::path pid_file = directory / "d.pid";
    std::string name = "commanded";
    /// Variables besides PID_FILE.
    std::vector<std::string> environment{};

    program() = default;
    explicit program(std::string which) : name(std::move(which)) {}
    program(const program&) = delete;
    program& operator=(const program&) = delete;
    /// None of its daemons is left, whatever the result of the test.
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
    /// Allows for a process that is about to exit.
    [[nodiscard]] bool nobody_left() const
    {
        return eventually([&] { return processes().empty(); });
    }
};
