// SPDX-License-Identifier: BSL-1.0
// A system log of the test's own at /dev/log, which only this process and its children see.
#pragma once

#include "support/mounts.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <daemonkit/sys/unique_fd.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

class system_log
{
public:
    /// Needs root. `possible()` says whether it worked.
    system_log()
    {
        if (!unshare_mounts()) return;
        const auto at = devices_.path().string();
        if (::mount("tmpfs", at.c_str(), "tmpfs", 0, "mode=755") == -1) return;
        for (const char* const name : {"null", "zero", "full", "random", "urandom", "tty", "ptmx"}) {
            const auto file = at + "/" + name;
            const daemonkit::sys::unique_fd made(::open(file.c_str(), O_CREAT | O_CLOEXEC, 0666));
            ::mount((std::string("/dev/") + name).c_str(), file.c_str(), nullptr, MS_BIND, nullptr);
        }
        sockaddr_un address{AF_UNIX, {}};
        std::snprintf(address.sun_path, sizeof address.sun_path, "%s/log", at.c_str());
        socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        possible_ = ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                    ::mount(at.c_str(), "/dev", nullptr, MS_MOVE, nullptr) == 0;
    }
    system_log(const system_log&) = delete;
    system_log& operator=(const system_log&) = delete;
    ~system_log()
    {
        if (possible_) ::umount2("/dev", MNT_DETACH);
    }

    [[nodiscard]] bool possible() const noexcept { return possible_; }

    /// Waits for a line with this text. Afterwards heard() has everything up to it.
    bool says(const std::string& text, std::chrono::milliseconds bound = generous)
    {
        using clock = std::chrono::steady_clock;
        for (const auto end = clock::now() + bound; heard_.find(text) == std::string::npos;) {
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now()).count();
            pollfd p{socket_.get(), POLLIN, 0};
            if (left <= 0 || ::poll(&p, 1, static_cast<int>(left)) != 1) return false;
            listen();
        }
        return true;
    }
    /// All lines so far.
    const std::string& heard()
    {
        for (pollfd p{socket_.get(), POLLIN, 0}; ::poll(&p, 1, 0) == 1;) listen();
        return heard_;
    }

private:
    void listen()
    {
        std::array<char, 4096> line;
        const auto n = ::recv(socket_.get(), line.data(), line.size(), 0);
        if (n > 0) heard_.append(line.data(), static_cast<std::size_t>(n)) += "\n";
    }

    temporary_directory devices_{};
    daemonkit::sys::unique_fd socket_{};
    bool possible_ = false;
    std::string heard_{};
};
