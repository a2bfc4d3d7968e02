// SPDX-License-Identifier: BSL-1.0
// Files and directories as a test reads and writes them.
#pragma once

#include <boost/filesystem/operations.hpp>
#include <boost/filesystem/path.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

/// The content of a file; empty if it cannot be read.
inline std::string read_file(const boost::filesystem::path& path)
{
    std::ostringstream content;
    content << std::ifstream(path.string(), std::ios::binary).rdbuf(); // in large blocks: some files are large
    return content.str();
}

/// The lines of a file that end with a newline.
inline std::vector<std::string> read_lines(const boost::filesystem::path& path)
{
    std::ifstream file(path.string());
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);)
        if (!file.eof()) lines.push_back(line);
    return lines;
}

/// Creates the file or replaces its content; false if that fails.
inline bool write_file(const boost::filesystem::path& path, std::string_view content)
{
    std::ofstream file(path.string(), std::ios::binary);
    return static_cast<bool>((file << content).flush());
}
/// The same, and changes its mode.
inline bool write_file(const boost::filesystem::path& path, std::string_view content, mode_t mode)
{
    return write_file(path, content) && ::chmod(path.c_str(), mode) == 0;
}
/// Creates the file or appends to it; false if that fails.
inline bool append_file(const boost::filesystem::path& path, std::string_view content)
{
    std::ofstream file(path.string(), std::ios::binary | std::ios::app);
    return static_cast<bool>((file << content).flush());
}

/// lstat(2); all zeros if the path does not exist.
inline struct stat status_of(const boost::filesystem::path& path)
{
    struct stat status{};
    ::lstat(path.c_str(), &status);
    return status;
}
/// The permission bits; 0 if the path does not exist.
inline mode_t mode_of(const boost::filesystem::path& path) { return status_of(path).st_mode & 07777U; }

/// The names in a directory, sorted.
inline std::vector<std::string> names_in(const boost::filesystem::path& directory)
{
    std::vector<std::string> names;
    for (const auto& entry : boost::filesystem::directory_iterator(directory))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}
