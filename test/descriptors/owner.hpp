// SPDX-License-Identifier: BSL-1.0
// The program test/daemon/owning, which opens descriptors before start(), and what its starter leaves open.
#pragma once

#include "support/child_process.hpp"
#include "support/file.hpp"
#include "support/mounts.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <daemonkit/sys/raw/shared_memory.hpp>
#include <daemonkit/sys/unique_fd.hpp>

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

namespace fs = boost::filesystem;
namespace sys = daemonkit::sys;

using words = std::vector<std::string>;
using preparation = std::function<void()>;

inline const words detaching = sys::under_sanitizer ? words{"double", "single"} : words{"double", "single", "handoff"};

/// The program test/daemon/owning.
struct owner
{
    std::string fork;
    words variables{};
    temporary_directory directory{};

    explicit owner(std::string its_fork, words more = {}) : fork(std::move(its_fork)), variables(std::move(more)) {}
    owner(const owner&) = delete;
    owner& operator=(const owner&) = delete;
    ~owner()
    {
        put_down(pid_in((directory / "inner").string()));
        put_down(pid());
    }

    /// Calls the verb in a process that `inherits` has prepared.
    outcome operator()(const std::string& verb, const preparation& inherits = {}) const
    {
        return in_child([&] {
            ::close_range(3, ~0U, 0); // of the test
            if (inherits) inherits();
            words all{"env", "OWNING=" + directory.path().string()};
            all.insert(all.end(), variables.begin(), variables.end());
            for (const auto& word : {std::string(DAEMONKIT_TEST_DAEMON_DIR "/owning"), fork, verb}) all.push_back(word);
            return execute(all);
        });
    }
    [[nodiscard]] pid_t pid() const { return pid_in((directory / "pid").string()); }
    [[nodiscard]] std::string used() const { return read_file(directory / "used"); }

    /// The descriptors of the program before start(), but not those that it closed itself in on_start().
    [[nodiscard]] std::map<int, std::string> before() const
    {
        std::map<int, std::string> all;
        for (const auto& line : read_lines(directory / "before")) {
            std::istringstream parts(line);
            int number = 0;
            std::string target;
            parts >> number >> target;
            if (target != "/dev/full" && target != (directory / "reopened").string()) all[number] = target;
        }
        return all;
    }
    [[nodiscard]] std::map<int, std::string> of_daemon() const
    {
        std::map<int, std::string> all;
        for (const int fd : open_descriptors(pid())) all[fd] = proc_link(pid(), "fd/" + std::to_string(fd));
        return all;
    }
};

/// Starts it, and checks that all that the program opened works and has its number. `given` are the descriptors that
/// the starter left open and the program did not replace: none is left.
inline void keeps_what_it_opened(const owner& program, const preparation& inherits = {},
                                 const std::set<int>& given = {})
{
    const auto started = program("start", inherits);
    BOOST_REQUIRE_MESSAGE(started.status == 0, started.err);
    BOOST_TEST(started.streams_ended);
    BOOST_TEST(eventually([&] { return !program.used().empty(); }));
    BOOST_TEST(program.used() == "all\n");
    const auto before = program.before();
    const auto now = program.of_daemon();
    BOOST_TEST(before.size() >= 9U);
    std::set<std::string> inherited;
    for (const auto& [number, target] : before)
        if (given.count(number) != 0)
            inherited.insert(target);
        else
            BOOST_TEST((now.count(number) != 0 ? now.at(number) : "closed") == target, number);
    BOOST_TEST(inherited.empty() == given.empty());
    // The library's: pid file, signals, two sockets; what on_start() opened again: two.
    BOOST_TEST(now.size() <= before.size() - given.size() + 3 + 7);
    for (const auto& [number, target] : now)
        BOOST_TEST((number < 3 || inherited.count(target) == 0 || before.count(number) != 0), number << " " << target);
    BOOST_TEST(program("reload").status == 0);
    BOOST_TEST(program.used() == "all\nall\n");
    const auto stopped = program("stop");
    BOOST_TEST(contains(stopped.out, "SIGTERM"), stopped.out);
    BOOST_TEST(!contains(stopped.out, "KILL"), stopped.out);
}

/// One inherited descriptor, with this number.
inline void give(int number, const char* path = "/etc/passwd")
{
    const int fd = ::open(path, O_RDONLY);
    if (fd != number && (::dup2(fd, number) == -1 || ::close(fd) == -1)) ::_exit(99);
}

/// Inherited descriptors from `first` on, up to `last`, every `step`.
inline std::set<int> give_many(int first, int last, int step = 1)
{
    std::set<int> given;
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    for (int number = first; number <= last; number += step) {
        given.insert(number);
        if (::dup2(0, number) == -1) ::_exit(99);
    }
    return given;
}

/// How many descriptors a process may have here, less those that the program opens.
inline int crowd()
{
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<int>(std::min<rlim_t>(limit.rlim_max, 20'000)) - 100;
}
