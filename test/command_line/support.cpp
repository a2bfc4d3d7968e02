// SPDX-License-Identifier: BSL-1.0
#include "support.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <sstream>

std::vector<std::string> listing(const boost::filesystem::path& directory, bool directory_times)
{
    std::vector<std::string> lines;
    const auto add = [&](const boost::filesystem::path& path) {
        struct stat s = {};
        if (::lstat(path.c_str(), &s) == -1) return;
        std::ostringstream line;
        line << path.string() << ' ' << std::oct << s.st_mode << std::dec << ' ' << s.st_uid << ':' << s.st_gid;
        if (!S_ISDIR(s.st_mode)) line << ' ' << s.st_size << " bytes, " << s.st_nlink << " names, inode " << s.st_ino;
        if (!S_ISDIR(s.st_mode) || directory_times) line << ", " << s.st_mtim.tv_sec << '.' << s.st_mtim.tv_nsec;
        if (S_ISLNK(s.st_mode)) line << " -> " << boost::filesystem::read_symlink(path).string();
        lines.push_back(line.str());
    };
    add(directory);
    for (boost::filesystem::recursive_directory_iterator at(directory), end; at != end; ++at) add(at->path());
    std::sort(lines.begin(), lines.end());
    return lines;
}
