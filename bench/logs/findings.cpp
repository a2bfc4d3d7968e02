// SPDX-License-Identifier: BSL-1.0
#include "findings.hpp"

#include "writer.h"

#include <boost/filesystem/operations.hpp>

#include <charconv>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace bench::logs {
namespace {

/// The number of a whole line, 0 if it is none; without its newline.
long number_of(std::string_view line)
{
    constexpr std::size_t digits = 10;
    long number = 0;
    if (line.size() != line_length - 1 || line.find_first_not_of('.', digits) != line.npos) return 0;
    return std::from_chars(line.data(), line.data() + digits, number).ptr == line.data() + digits ? number : 0;
}

/// text_of() is slow for a hundred megabytes.
std::string whole(const boost::filesystem::path& path)
{
    std::string text(boost::filesystem::file_size(path), '\0');
    std::ifstream file(path.string());
    if (!file.read(text.data(), static_cast<std::streamsize>(text.size())))
        throw std::runtime_error("cannot read " + path.string());
    return text;
}

bool is_log(const std::string& name) { return name == "current" || name.starts_with("log") || name.front() == '@'; }

} // namespace

findings& findings::operator+=(const findings& other)
{
    files += other.files;
    lost += other.lost;
    doubled += other.doubled;
    torn += other.torn;
    return *this;
}

findings look_through(const std::string& directory, long lines)
{
    findings found;
    std::vector<bool> seen(static_cast<std::size_t>(lines) + 1);
    for (const auto& entry : boost::filesystem::directory_iterator(directory)) {
        if (!is_log(entry.path().filename().string())) continue;
        const std::string text = whole(entry.path());
        ++found.files;
        for (std::size_t at = 0; at < text.size();) {
            const auto end = text.find('\n', at);
            const long number = end == text.npos ? 0 : number_of(std::string_view(text).substr(at, end - at));
            if (number < 1 || number > lines)
                ++found.torn;
            else if (seen[static_cast<std::size_t>(number)])
                ++found.doubled;
            else
                seen[static_cast<std::size_t>(number)] = true;
            at = end == text.npos ? text.size() : end + 1;
        }
    }
    for (std::size_t number = 1; number < seen.size(); ++number) found.lost += seen[number] ? 0 : 1;
    return found;
}

} // namespace bench::logs
