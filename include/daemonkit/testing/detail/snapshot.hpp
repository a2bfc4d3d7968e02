// SPDX-License-Identifier: BSL-1.0
// Everything below a directory, to compare it with what it was.
#pragma once

#include <boost/filesystem/directory.hpp>
#include <boost/filesystem/operations.hpp>
#include <boost/filesystem/path.hpp>

#include <sys/stat.h>

#include <map>
#include <set>
#include <string>

namespace daemonkit::testing::detail {

/// Everything below a directory. Any change of content, mode, owner or name changes the result (ctime).
inline std::map<std::string, std::string> snapshot(const boost::filesystem::path& top)
{
    std::map<std::string, std::string> all;
    const auto add = [&](const boost::filesystem::path& path) {
        struct stat s = {};
        ::lstat(path.c_str(), &s);
        std::string text;
        for (const long part : {static_cast<long>(s.st_ino), static_cast<long>(s.st_mode), static_cast<long>(s.st_uid),
                                static_cast<long>(s.st_gid), static_cast<long>(s.st_nlink),
                                static_cast<long>(s.st_size), static_cast<long>(s.st_ctim.tv_sec),
                                static_cast<long>(s.st_ctim.tv_nsec), static_cast<long>(s.st_mtim.tv_nsec)})
            text += std::to_string(part) + " ";
        all[path.string()] = text;
    };
    add(top);
    for (const auto& entry : boost::filesystem::recursive_directory_iterator(top)) add(entry.path());
    return all;
}

/// The files below a directory, by their names; directories do not count.
inline std::set<std::string> files_below(const boost::filesystem::path& top)
{
    std::set<std::string> names;
    for (const auto& entry : boost::filesystem::recursive_directory_iterator(top))
        if (!boost::filesystem::is_directory(entry.symlink_status())) names.insert(entry.path().string());
    return names;
}

/// What is in `now` and not in `before`, for people; empty if there is nothing.
inline std::string added(const std::set<std::string>& before, const std::set<std::string>& now)
{
    std::string text;
    for (const auto& name : now)
        if (before.count(name) == 0) text += (text.empty() ? "" : ", ") + name;
    return text;
}

} // namespace daemonkit::testing::detail
