// SPDX-License-Identifier: BSL-1.0
// A daemon of test/daemon whose pid file or log another user has manipulated, and what must hold whatever it answers:
// one sentence that names the file, and no change to anything that is not its own.
#pragma once

#include "support/program.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace fs = boost::filesystem;

/// Throws where the test cannot be set up.
inline void must(bool done, const char* what)
{
    if (!done) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

inline void give_to_nobody(const fs::path& path) { must(::lchown(path.c_str(), nobody, nobody) == 0, "lchown"); }
inline fs::path make_nobody_s(const fs::path& directory)
{
    fs::create_directory(directory);
    give_to_nobody(directory);
    return directory;
}

/// Counts the checks of a class: how many were tried and how many held.
struct count
{
    int tried = 0;
    int held = 0;

    void point(const std::string& violation)
    {
        ++tried;
        if (violation.empty()) ++held;
        BOOST_TEST(violation.empty(), violation);
    }
    [[nodiscard]] std::string text() const
    {
        return std::to_string(tried) + " tried, " + std::to_string(held) + " held";
    }
};

/// Type, owner, mode, link count, size, times and first bytes of the file at a path, or of the link itself.
inline std::string state_of(const fs::path& path)
{
    struct stat s = {};
    if (::lstat(path.c_str(), &s) == -1) return "nothing";
    std::string beginning;
    if (S_ISREG(s.st_mode) && ::access(path.c_str(), R_OK) == 0) {
        beginning.resize(4096);
        std::ifstream file(path.string(), std::ios::binary);
        file.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
        beginning.resize(static_cast<std::size_t>(file.gcount()));
    } else if (S_ISLNK(s.st_mode)) {
        beginning = fs::read_symlink(path).string();
    }
    std::string text;
    for (const auto number : {static_cast<long>(s.st_ino), static_cast<long>(s.st_mode), static_cast<long>(s.st_uid),
                              static_cast<long>(s.st_gid), static_cast<long>(s.st_nlink), static_cast<long>(s.st_size),
                              s.st_mtim.tv_sec, s.st_mtim.tv_nsec, s.st_ctim.tv_sec, s.st_ctim.tv_nsec})
        text += std::to_string(number) + " ";
    return text + beginning;
}

/// For a program that refuses: nothing on standard output, one line on standard error with these words. Returns what is
/// wrong.
inline std::string sentence_fault(const outcome& said, const std::vector<std::string>& words)
{
    const auto complain = [&](const std::string& what) {
        return what + ": status " + std::to_string(said.status) + ", out '" + said.out + "', err '" + said.err + "'";
    };
    if (!said.streams_ended) return complain("its streams stay open");
    if (!said.out.empty()) return complain("it prints to standard output");
    if (said.err.empty() || said.err.back() != '\n' || count_lines(said.err) != 1) return complain("not one sentence");
    for (const auto& word : words)
        if (!contains(said.err, word)) return complain("it does not say '" + word + "'");
    return {};
}

/// The daemon `exposed` with either pid policy.
struct besieged : program
{
    fs::path log = directory / "log";

    explicit besieged(const std::string& policy, const std::vector<std::string>& more = {}) : program("exposed")
    {
        environment = {"PID_POLICY=" + policy, "LOG=" + log.string()};
        environment.insert(environment.end(), more.begin(), more.end());
    }

    /// Stops the daemon as an operator would; returns what was wrong.
    [[nodiscard]] std::string stop_again() const
    {
        const auto stopped = (*this)({"stop"});
        if (stopped.status != 0 || !contains(stopped.out, "stopped (pid "))
            return "stop afterwards: status " + std::to_string(stopped.status) + ", '" + stopped.out + stopped.err +
                   "'";
        if (fs::exists(fs::symlink_status(pid_file))) return "the pid file is there after the stop";
        return {};
    }
};

inline constexpr const char* pid_policies[] = {"pid_file", "flock_pid_file"};

inline const std::vector<std::string> all_verbs{"status", "reload", "stop", "start", "restart"};

/// Calls verbs one after the other and compares their statuses; returns what is wrong.
inline std::string life_fault(const besieged& daemon, const std::vector<std::pair<const char*, int>>& steps)
{
    for (const auto& [verb, status] : steps)
        if (const auto said = daemon({verb}); said.status != status)
            return std::string(verb) + ": status " + std::to_string(said.status) + ", " + said.out + said.err;
    return {};
}
