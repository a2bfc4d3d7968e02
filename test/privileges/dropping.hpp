// SPDX-License-Identifier: BSL-1.0
// The daemon that drops its privileges (test/daemon/dropping.cpp), called by root and by other users.
#pragma once

#include "support/file.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <boost/filesystem/directory.hpp>
#include <boost/test/unit_test.hpp>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace fs = boost::filesystem;

using words = std::vector<std::string>;

inline words operator+(words left, const words& right)
{
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

inline std::vector<pid_t> threads_of(pid_t pid)
{
    std::vector<pid_t> threads;
    for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(pid) + "/task"))
        threads.push_back(std::stoi(task.path().filename().string()));
    return threads;
}

/// A field of /proc/PID/status with single spaces.
inline std::string identity(pid_t thread, const std::string& field)
{
    std::istringstream in(proc_status(thread, field));
    std::string text;
    for (std::string word; in >> word;) (text += text.empty() ? "" : " ") += word;
    return text;
}

inline std::string four_times(unsigned id)
{
    const auto text = std::to_string(id);
    return text + " " + text + " " + text + " " + text;
}

/// The program `dropping`, with its log and a file that only root may access.
class dropping : public program
{
public:
    explicit dropping(const words& more = {}) : program("dropping")
    {
        write_file(root_file, "secret\n");
        fs::permissions(root_file, fs::owner_read | fs::owner_write);
        // The leak sanitizer needs /proc and ptrace(2), which do not exist in another root directory or below strace.
        const char* const options = std::getenv("ASAN_OPTIONS");
        environment = words{"ASAN_OPTIONS=" + std::string(options != nullptr ? options : "") + ":detect_leaks=0",
                            "LOG=" + log.string(), "ROOT_FILE=" + root_file.string(),
                            "ROOT_PROCESS=" + std::to_string(::getpid())} +
                      more;
    }

    fs::path log = directory / "log";
    fs::path root_file = directory / "root_file";

    /// Calls the verb, by a launcher: the words before the command.
    [[nodiscard]] outcome verb(const std::string& which, const words& launcher = {}) const
    {
        return run(launcher + command({which}));
    }
    /// The pid of the daemon once it is ready; 0 and a failed check if it is not.
    [[nodiscard]] pid_t started(const words& launcher = {}) const
    {
        const auto start = verb("start", launcher);
        BOOST_TEST(start.status == 0, start.out << start.err << logged());
        return start.status == 0 ? pid() : 0;
    }
    /// The message of a start that fails, in one line; no process or file of it is left.
    [[nodiscard]] std::string refusal(int status, const words& launcher = {}) const
    {
        return refusal(status, verb("start", launcher));
    }
    [[nodiscard]] std::string refusal(int status, const outcome& start) const
    {
        BOOST_TEST(start.status == status, start.out << start.err);
        BOOST_TEST(start.out == "");
        BOOST_TEST(count_of(start.err, "\n") == 1U, start.err);
        BOOST_TEST(nobody_left());
        BOOST_TEST(!fs::exists(pid_file));
        BOOST_TEST(!contains(logged(), "attempts"), logged());
        return start.err;
    }
    [[nodiscard]] std::string logged() const { return read_file(log); }
};

/// Whether the account nobody is as on Debian and Red Hat.
inline bool nobody_is_as_everywhere()
{
    const passwd* const entry = ::getpwnam("nobody");
    return entry != nullptr && entry->pw_uid == nobody && entry->pw_gid == nobody;
}

#define NEEDS_ROOT_AND_NOBODY()                                                                    \
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to drop privileges and act as other users"); \
    if (!nobody_is_as_everywhere()) DAEMONKIT_SKIP("nobody is not 65534, with a group of that number, here")
