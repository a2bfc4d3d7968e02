// SPDX-License-Identifier: BSL-1.0
// Where the daemon of subject.cpp lives: its files, and its verbs.
#pragma once

#include "support/file.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

/// The place of the daemon's files, and its verbs, not traced.
class place
{
public:
    /// `user`: who the daemon becomes; empty: it stays who it is.
    explicit place(const std::string& policies, const std::string& user = {})
        : policies_(policies), keeps_file_(!user.empty()),
          environment_{"POLICIES=" + policies, "PID_FILE=" + pid_file(), "LOG=" + log(), "RUN_AS=" + user}
    {
        // Every process that a verb leaves becomes a child of the test, which can then wait for it.
        ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
        start_player();
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place()
    {
        ::close(verbs_);
        (void)exit_status_of(player_);
    }

    [[nodiscard]] const std::string& policies() const noexcept { return policies_; }
    [[nodiscard]] std::string pid_file() const { return (directory_ / "run/subject.pid").string(); }
    [[nodiscard]] std::string log() const { return (directory_ / "log/subject.log").string(); }
    [[nodiscard]] const std::vector<std::string>& environment() const noexcept { return environment_; }

    /// `variable`: one more of the environment, unless it is empty. The verb runs in a child of this process, which
    /// differs from an executed program only in this: constructors before main() have run in its parent, and its command
    /// line is that of the parent.
    outcome verb(const std::string& name, const std::string& variable = {}) const
    {
        int out[2];
        if (::pipe2(out, O_CLOEXEC) == -1) std::abort();
        const auto own = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(out[1]);
        const auto request = name + " " + own + " " + variable;
        pid_t pid = -1;
        char orphaned = 0;
        outcome result;
        if (::send(verbs_, request.c_str(), request.size() + 1, MSG_NOSIGNAL) != -1 &&
            ::recv(verbs_, &pid, sizeof pid, 0) == sizeof pid && pid > 0 && ::recv(verbs_, &orphaned, 1, 0) == 1) {
            ::close(out[1]);
            pollfd p{out[0], POLLIN, 0};
            std::array<char, 4096> bytes;
            result.streams_ended = false;
            while (::poll(&p, 1, 20'000) == 1) {
                const auto n = ::read(out[0], bytes.data(), bytes.size());
                result.streams_ended = n == 0;
                if (n <= 0) break;
                result.out.append(bytes.data(), static_cast<std::size_t>(n));
            }
            if (!ends(pid)) ::kill(pid, SIGKILL);
            result.status = exit_status_of(pid);
        } else {
            ::close(out[1]);
        }
        ::close(out[0]);
        return result;
    }

    /// The processes that verbs have left. All are children of this process.
    [[nodiscard]] std::vector<pid_t> left() const
    {
        while (::waitpid(-1, nullptr, WNOHANG | __WALL) > 0) {}
        auto all = children_of(::getpid());
        const auto player = std::find(all.begin(), all.end(), player_);
        if (player == all.end()) throw std::runtime_error("the player has ended, or children cannot be listed");
        all.erase(player);
        return all;
    }

    /// The files there, without the log, which stays once it was made.
    [[nodiscard]] std::set<std::string> files() const
    {
        std::set<std::string> found;
        for (const char* const name : {"run", "log"}) {
            const auto path = (directory_ / name).string();
            DIR* const d = ::opendir(path.c_str());
            if (d == nullptr) continue;
            if (std::string(name) == "run") found.insert("run/");
            while (const dirent* e = ::readdir(d)) {
                const std::string entry = std::string(name) + "/" + e->d_name;
                if (e->d_name[0] != '.' && entry != "log/subject.log") found.insert(entry);
            }
            ::closedir(d);
        }
        return found;
    }

    [[nodiscard]] std::size_t reloads() const { return count_of(read_file(log()), "reloaded\n"); }

    void sweep() const
    {
        for (const char* const file : {"run/subject.pid", "log/subject.log"}) ::unlink((directory_ / file).c_str());
        for (const char* const dir : {"run", "log"}) ::rmdir((directory_ / dir).c_str());
    }

    /// Whether a daemon cannot remove its pid file, and empties it.
    [[nodiscard]] bool keeps_file() const noexcept { return keeps_file_; }

private:
    /// One process of the program plays all verbs, each in a new process: an exec(2) takes longer than most of them.
    void start_player()
    {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1) std::abort();
        verbs_ = ends[0];
        constexpr int at = 3;
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions, ends[1], at);
        std::vector<char*> variables;
        for (const auto& v : environment_) variables.push_back(const_cast<char*>(v.c_str()));
        variables.push_back(nullptr);
        char program[] = "subject";
        char play[] = "play";
        char* arguments[] = {program, play, nullptr};
        const int error =
            ::posix_spawn(&player_, DAEMONKIT_FAULT_SUBJECT, &actions, nullptr, arguments, variables.data());
        ::posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        if (error != 0) std::abort();
    }

    temporary_directory directory_;
    std::string policies_;
    bool keeps_file_;
    std::vector<std::string> environment_;
    int verbs_ = -1;
    pid_t player_ = -1;
};
