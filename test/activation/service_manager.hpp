// SPDX-License-Identifier: BSL-1.0
// The part of a service manager that handles descriptors. It executes the program with NOTIFY_SOCKET and keeps the
// descriptors that the program stores (sd_notify(3): FDSTORE, FDNAME, FDSTOREREMOVE) until they are hung up. It passes
// them to the next process, after its own listening sockets.
#pragma once

#include "activation/passing.hpp"

#include "support/process.hpp"
#include "support/socket.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

class service_manager
{
public:
    using unique_fd = daemonkit::sys::unique_fd;

    /// The program runs in the directory of this service.
    explicit service_manager(std::vector<std::string> command) : command_(std::move(command))
    {
        BOOST_REQUIRE(bind_socket(notify_.get(), notify_path()));
        listener_ = std::thread([this] { listen(); });
    }
    service_manager(const service_manager&) = delete;
    service_manager& operator=(const service_manager&) = delete;
    ~service_manager()
    {
        kill();
        ended_ = true;
        listener_.join();
    }

    /// A listening socket that every process of the program is passed, before the stored descriptors.
    void pass(int socket, std::string name) { own_.emplace_back(std::move(name), ::fcntl(socket, F_DUPFD_CLOEXEC, 3)); }
    /// Sets an environment variable for the processes started from now on.
    void set(std::string name, std::string value) { variables_[std::move(name)] = std::move(value); }

    /// Returns when the program is ready; false if it is not.
    [[nodiscard]] bool start()
    {
        const int before = heard("READY=1");
        std::fflush(nullptr);
        {
            const std::lock_guard one_at_a_time(mutex_);
            passing p;
            std::string names;
            for (const auto* const list : {&own_, &stored_})
                for (const auto& [name, fd] : *list) {
                    p.descriptors.push_back(fd.get());
                    names += (p.descriptors.size() > 1 ? ":" : "") + name;
                }
            p.count = std::to_string(p.descriptors.size());
            if (!p.descriptors.empty()) p.names = names;
            pid_ = ::fork();
            if (pid_ == 0) {
                p.here();
                ::setenv("NOTIFY_SOCKET", notify_path().c_str(), 1);
                for (const auto& [name, value] : variables_) ::setenv(name.c_str(), value.c_str(), 1);
                ::_exit(::chdir(directory_.path().c_str()) == 0 ? execute(command_) : 126);
            }
        }
        return eventually([&] { return heard("READY=1") > before || !alive(pid_); }) && heard("READY=1") > before;
    }

    /// Sends KILL, and reads the messages that the process has sent before.
    void kill() { end(SIGKILL); }
    /// Sends TERM; returns the exit status.
    int stop() { return end(SIGTERM); }

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] const boost::filesystem::path& directory() const { return directory_.path(); }

    /// How many messages so far contained this line.
    [[nodiscard]] int heard(const std::string& line)
    {
        const std::lock_guard one_at_a_time(mutex_);
        return heard_[line];
    }
    /// The number of stored descriptors, without the listening sockets.
    [[nodiscard]] std::size_t stored()
    {
        const std::lock_guard one_at_a_time(mutex_);
        return stored_.size();
    }
    [[nodiscard]] bool stores(const std::string& name)
    {
        const std::lock_guard one_at_a_time(mutex_);
        for (const auto& one : stored_)
            if (one.first == name) return true;
        return false;
    }

private:
    using descriptors = std::vector<std::pair<std::string, unique_fd>>;

    [[nodiscard]] std::string notify_path() const { return (directory_ / "notify").string(); }

    int end(int signal)
    {
        if (pid_ <= 0) return -1;
        ::kill(pid_, signal);
        if (!ends(pid_)) ::kill(pid_, SIGKILL);
        const int status = exit_status_of(std::exchange(pid_, -1));
        const std::lock_guard one_at_a_time(mutex_);
        while (receive()) {}
        return status;
    }

    void listen()
    {
        while (!ended_) {
            std::vector<pollfd> all{{notify_.get(), POLLIN, 0}};
            {
                const std::lock_guard one_at_a_time(mutex_);
                while (receive()) {}
                drop_what_is_hung_up();
                for (const auto& one : stored_) all.push_back({one.second.get(), 0, 0});
            }
            ::poll(all.data(), all.size(), 10);
        }
    }

    /// Receives one message; false if there is none.
    bool receive()
    {
        std::array<char, 4096> text{};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(8 * sizeof(int))> control{};
        iovec bytes{text.data(), text.size()};
        msghdr message{};
        message.msg_iov = &bytes;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const auto size = ::recvmsg(notify_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (size < 0) return false;
        std::vector<unique_fd> fds;
        for (auto* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c))
            if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
                for (std::size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
                    int fd = -1;
                    std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
                    fds.emplace_back(fd);
                }
        understand({text.data(), static_cast<std::size_t>(size)}, std::move(fds));
        return true;
    }

    void understand(const std::string& message, std::vector<unique_fd> fds)
    {
        std::istringstream lines(message);
        std::string name = "stored";
        bool stores = false;
        bool removes = false;
        for (std::string line; std::getline(lines, line);) {
            ++heard_[line];
            if (line.starts_with("FDNAME=")) name = line.substr(7);
            stores = stores || line == "FDSTORE=1";
            removes = removes || line == "FDSTOREREMOVE=1";
        }
        if (removes) std::erase_if(stored_, [&](const auto& one) { return one.first == name; });
        for (auto& fd : fds)
            if (stores && !has(fd.get())) stored_.emplace_back(name, std::move(fd));
    }

    [[nodiscard]] bool has(int fd) const
    {
        struct stat new_one = {};
        struct stat old_one = {};
        ::fstat(fd, &new_one);
        for (const auto& one : stored_)
            if (::fstat(one.second.get(), &old_one) == 0 && old_one.st_dev == new_one.st_dev &&
                old_one.st_ino == new_one.st_ino)
                return true;
        return false;
    }

    void drop_what_is_hung_up()
    {
        std::erase_if(stored_, [](const auto& one) {
            pollfd p{one.second.get(), 0, 0};
            return ::poll(&p, 1, 0) == 1;
        });
    }

    temporary_directory directory_{};
    std::vector<std::string> command_;
    std::map<std::string, std::string> variables_{};
    unique_fd notify_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    descriptors own_{};
    pid_t pid_ = -1;

    std::mutex mutex_{}; // of what follows
    descriptors stored_{};
    std::map<std::string, int> heard_{};

    std::atomic<bool> ended_ = false;
    std::thread listener_{};
};
