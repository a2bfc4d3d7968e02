// SPDX-License-Identifier: BSL-1.0
// The program test/daemon/surrounded, started by a process with unusual properties.
#pragma once

#include "support/child_process.hpp"
#include "support/file.hpp"
#include "support/mounts.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

using words = std::vector<std::string>;
/// Runs in the process that then executes the program.
using preparation = std::function<void()>;
inline void unprepared() {}

struct policies
{
    std::string fork;
    std::string pid;

    [[nodiscard]] bool detaches() const { return fork != "no"; }
};
/// Each fork policy once, and both pid policies. Sanitizers do not support handoff_fork.
inline const std::vector<policies> each_fork = [] {
    std::vector<policies> all{{"double", "flock"}, {"single", "plain"}, {"no", "flock"}};
    if (!sanitized) all.push_back({"handoff", "flock"});
    return all;
}();
inline const std::vector<policies> every_policy = [] {
    auto all = each_fork;
    for (const auto& policy : each_fork) all.push_back({policy.fork, policy.pid == "flock" ? "plain" : "flock"});
    return all;
}();

struct surrounded
{
    policies with{};
    temporary_directory directory{};
    boost::filesystem::path pid_file = directory / "d.pid";
    boost::filesystem::path log = directory / "d.log";
    std::string name = "surrounded";
    std::vector<std::string> environment{};

    explicit surrounded(policies p) : with(std::move(p)) {}
    surrounded(const surrounded&) = delete;
    surrounded& operator=(const surrounded&) = delete;
    /// None of its daemons is left, whatever the result of the test.
    ~surrounded()
    {
        for (const pid_t pid : processes()) put_down(pid);
    }

    [[nodiscard]] words command(const words& verb) const
    {
        words all{name, with.fork, with.pid, pid_file.string(), log.string()};
        all.insert(all.end(), verb.begin(), verb.end());
        return all;
    }
    /// The command for a shell, with the program's real path.
    [[nodiscard]] std::string shell(const words& verb) const
    {
        std::string line = "'" DAEMONKIT_TEST_DAEMON_DIR "/surrounded'";
        const auto all = command(verb);
        for (auto word = all.begin() + 1; word != all.end(); ++word) line += " '" + *word + "'";
        return line;
    }

    /// Executes the program by a descriptor: `prepare` may make its path unreachable.
    int become(const words& verb, const preparation& prepare) const
    {
        const int program = ::open(DAEMONKIT_TEST_DAEMON_DIR "/surrounded", O_PATH | O_CLOEXEC);
        const auto arguments = command(verb);
        std::vector<char*> argv;
        for (const auto& word : arguments) argv.push_back(const_cast<char*>(word.c_str()));
        argv.push_back(nullptr);
        for (const auto& variable : environment) ::putenv(const_cast<char*>(variable.c_str()));
        // Above the standard descriptors, which `prepare` may change.
        const int high = ::fcntl(program, F_DUPFD_CLOEXEC, 100);
        ::close(program);
        prepare();
        ::syscall(SYS_execveat, high, "", argv.data(), environ, AT_EMPTY_PATH); // fexecve(3) requires an environment
        return 126;
    }
    outcome operator()(const words& verb, const preparation& prepare = unprepared) const
    {
        return in_child([&] { return become(verb, prepare); });
    }

    [[nodiscard]] pid_t pid() const { return pid_in(pid_file.string()); }

    /// The processes started with this command, without zombies.
    [[nodiscard]] std::vector<pid_t> processes() const
    {
        std::vector<pid_t> found;
        DIR* const all = ::opendir("/proc");
        while (const dirent* entry = ::readdir(all)) {
            const auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
            if (pid <= 0 || pid == ::getpid()) continue;
            std::ifstream file("/proc/" + std::string(entry->d_name) + "/cmdline");
            for (std::string word; std::getline(file, word, '\0');)
                if (word == pid_file.string()) found.push_back(pid);
        }
        ::closedir(all);
        return found;
    }

    /// The files below the directory, without the log and the files beside it.
    [[nodiscard]] std::set<std::string> files() const
    {
        std::set<std::string> names;
        for (boost::filesystem::recursive_directory_iterator at(directory.path()), end; at != end; ++at)
            if (!at->path().string().starts_with(log.string())) names.insert(at->path().string());
        return names;
    }

    [[nodiscard]] std::size_t reloads() const { return read_file(log.string() + ".reloads").size(); }
};

/// A daemon of the program. It is up after construction with every fork policy, unless up() is false.
class life
{
public:
    explicit life(const surrounded& program, const preparation& prepare = unprepared, const words& verb = {"start"})
        : program_(program), starter_([&] { return program.become(verb, prepare); })
    {
        if (program.with.detaches() && verb.front() != "run") {
            up_ = starter_.status() == 0;
        } else {
            // It prints nothing when it is up, so the test calls status or reads its log.
            const bool run = verb.front() == "run";
            eventually([&] {
                return !alive(starter_.pid()) ||
                       (program.pid() != 0 && (run ? program({"status"}).status == 0
                                                   : proc_link(program.pid(), "fd/2") == program.log.string()));
            });
            up_ = alive(starter_.pid());
        }
        pid_ = program.pid();
        up_ = up_ && alive(pid_);
    }

    [[nodiscard]] bool up() const { return up_; }
    [[nodiscard]] pid_t pid() const { return pid_; }
    child_process& starter() { return starter_; }

    [[nodiscard]] bool hears_reload() const
    {
        const auto before = program_.reloads();
        return ::kill(pid_, SIGHUP) == 0 && eventually([&] { return program_.reloads() > before; });
    }
    [[nodiscard]] bool hears_stop() const { return ::kill(pid_, SIGTERM) == 0 && ends(pid_); }

private:
    const surrounded& program_;
    child_process starter_;
    bool up_ = false;
    pid_t pid_ = 0;
};

/// Checks that no process and no file is left.
inline void nothing_is_left_of(const surrounded& program)
{
    BOOST_TEST(eventually([&] { return program.processes().empty(); }));
    BOOST_TEST(program.files() == std::set<std::string>{}, boost::test_tools::per_element());
}

/// Checks that the next start and stop work.
inline void works_again(const surrounded& program, const preparation& to_start = unprepared,
                        const preparation& to_ask = unprepared)
{
    const life again(program, to_start);
    BOOST_TEST(again.up(), "the next start works");
    BOOST_TEST(program({"status"}, to_ask).status == 0);
    const auto stopped = program({"stop"}, to_ask);
    BOOST_TEST(stopped.status == 0, stopped.err);
    nothing_is_left_of(program);
}

/// Checks that a failure is reported in one line that begins with the program's name.
inline void is_one_sentence(const outcome& o, const surrounded& program)
{
    BOOST_TEST(count_lines(o.err) == 1U, o.err);
    BOOST_TEST(o.err.starts_with(program.name + ": "), o.err);
}

/// Counts scenarios, and those in which every check held; prints both at the end.
class tally
{
public:
    explicit tally(std::string of_what) : what_(std::move(of_what)) {}
    tally(const tally&) = delete;
    tally& operator=(const tally&) = delete;
    ~tally() { std::cout << what_ << ": " << tried_ << " tried, " << held_ << " held" << std::endl; }

    template <class Body>
    void operator()(const std::string& scenario, Body body)
    {
        const auto before = failures();
        BOOST_TEST_CONTEXT(scenario) { body(); }
        ++tried_;
        held_ += failures() == before ? 1 : 0;
    }

private:
    static unsigned long failures()
    {
        using namespace boost::unit_test;
        return results_collector.results(framework::current_test_case_id()).p_assertions_failed;
    }

    std::string what_;
    int tried_ = 0;
    int held_ = 0;
};

/// From here on only this process and its children see its mounts.
inline bool own_mounts()
{
    static const bool own = unshare_mounts();
    return own;
}

/// A file system in memory over a directory.
class memory_disk
{
public:
    memory_disk(const boost::filesystem::path& where, const std::string& options)
        : where_(where.string()),
          mounted_(own_mounts() && ::mount("tmpfs", where_.c_str(), "tmpfs", 0, ("mode=755," + options).c_str()) == 0)
    {
    }
    memory_disk(const memory_disk&) = delete;
    memory_disk& operator=(const memory_disk&) = delete;
    ~memory_disk()
    {
        if (mounted_) ::umount2(where_.c_str(), MNT_DETACH);
    }

    [[nodiscard]] bool mounted() const { return mounted_; }

private:
    std::string where_;
    bool mounted_;
};
