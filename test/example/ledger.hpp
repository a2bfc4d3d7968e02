// SPDX-License-Identifier: BSL-1.0
// A resource that only the present owner of a lease can write, whatever happens to earlier owners.
#pragma once

#include <daemonkit/core/startup_error.hpp>
#include <daemonkit/sys/unique_fd.hpp>

#include <fcntl.h>
#include <sys/file.h>

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

//! [ledger]
/// A file of lines. The file PATH.token has the greatest token that has written. A process with a smaller one is refused:
/// an owner that was frozen before a write and goes on later, or a child of an owner that was killed.
class ledger
{
public:
    explicit ledger(std::string path) : path_(std::move(path)) {}

    void append(std::uint64_t token, const std::string& line) const
    {
        const daemonkit::sys::unique_fd lock(daemonkit::check_call(
            ::open((path_ + ".token").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600), "open", path_));
        daemonkit::check_call(::flock(lock.get(), LOCK_EX), "lock", path_);
        std::uint64_t greatest = 0;
        std::ifstream(path_ + ".token") >> greatest;
        if (token < greatest)
            throw std::runtime_error("token " + std::to_string(token) + " is refused: the owner with token " +
                                     std::to_string(greatest) + " has written");
        if (token > greatest && !(std::ofstream(path_ + ".token") << token << std::flush))
            throw std::runtime_error("cannot write " + path_ + ".token");
        if (!(std::ofstream(path_, std::ios::app) << token << " " << line << std::endl))
            throw std::runtime_error("cannot write " + path_);
    }

private:
    std::string path_;
};
//! [ledger]
