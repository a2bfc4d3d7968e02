// SPDX-License-Identifier: BSL-1.0
// A cgroup of its own for a process, and another one in it, which a test freezes: cgroups(7).
#pragma once

#include "support/file.hpp"
#include "support/process.hpp"

#include <boost/filesystem/operations.hpp>

#include <csignal>
#include <string>

#include <unistd.h>

class freezable
{
public:
    /// The version of the interface of the kernel.
    enum class version { one, two };

    explicit freezable(version which) : one_(which == version::one), mount_(mount_of(which)) {}
    freezable(const freezable&) = delete;
    freezable& operator=(const freezable&) = delete;
    /// Thaws the cgroups, ends the processes in them, and removes them.
    ~freezable()
    {
        boost::system::error_code ignored;
        for (const auto& group : {outer(), inner()}) thaw(group);
        for (const auto& group : {inner(), outer()}) {
            for (const auto& pid : read_lines(group / "cgroup.procs")) put_down(std::stoi(pid));
            eventually([&] { return read_file(group / "cgroup.procs").empty(); });
            boost::filesystem::remove(group, ignored);
        }
    }

    /// Puts a process into the inner cgroup; false if that is not possible here.
    [[nodiscard]] bool holds(pid_t pid) const
    {
        boost::system::error_code error;
        if (mount_.empty() || !boost::filesystem::create_directories(inner(), error)) return false;
        return write_file(inner() / "cgroup.procs", std::to_string(pid)) &&
               boost::filesystem::exists(switch_of(inner()));
    }

    /// Freezes one of the two, and waits until the process in it is frozen.
    [[nodiscard]] bool freeze(const boost::filesystem::path& group) const
    {
        return write_file(switch_of(group), one_ ? "FROZEN" : "1") && eventually([&] {
                   return one_ ? read_file(inner() / "freezer.state") == "FROZEN\n"
                               : read_file(inner() / "cgroup.events").find("frozen 1\n") != std::string::npos;
               });
    }
    void thaw(const boost::filesystem::path& group) const { write_file(switch_of(group), thawing()); }

    [[nodiscard]] boost::filesystem::path outer() const
    {
        return mount_ / ("daemonkit-test-" + std::to_string(::getpid()));
    }
    [[nodiscard]] boost::filesystem::path inner() const { return outer() / "inner"; }
    /// As the kernel names it.
    [[nodiscard]] std::string name_of(const boost::filesystem::path& group) const
    {
        return group.string().substr(mount_.size());
    }
    /// What thaws it, as an operator would write it: "write 0 to FILE".
    [[nodiscard]] std::string remedy(const boost::filesystem::path& group) const
    {
        return std::string("write ") + thawing() + " to " + switch_of(group).string();
    }

private:
    [[nodiscard]] const char* thawing() const { return one_ ? "THAWED" : "0"; }
    [[nodiscard]] boost::filesystem::path switch_of(const boost::filesystem::path& group) const
    {
        return group / (one_ ? "freezer.state" : "cgroup.freeze");
    }

    static boost::filesystem::path mount_of(version which)
    {
        const boost::filesystem::path all = "/sys/fs/cgroup";
        if (which == version::one) return boost::filesystem::exists(all / "freezer") ? all / "freezer" : "";
        for (const auto& mount : {all, all / "unified"})
            if (boost::filesystem::exists(mount / "cgroup.controllers")) return mount;
        return {};
    }

    bool one_;
    boost::filesystem::path mount_;
};
