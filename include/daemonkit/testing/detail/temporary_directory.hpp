// SPDX-License-Identifier: BSL-1.0
// A new directory (mode 0755) that is removed at the end of the test.
#pragma once

#include <boost/filesystem/operations.hpp>
#include <boost/filesystem/path.hpp>

#include <string>

namespace daemonkit::testing::detail {

class temporary_directory
{
public:
    temporary_directory()
        : path_(boost::filesystem::temp_directory_path() / boost::filesystem::unique_path("daemonkit-%%%%-%%%%-%%%%"))
    {
        boost::filesystem::create_directory(path_);
        boost::filesystem::permissions(path_, boost::filesystem::perms(0755));
    }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;
    ~temporary_directory()
    {
        boost::system::error_code ignored;
        boost::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const boost::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] boost::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
    boost::filesystem::path path_;
};

} // namespace daemonkit::testing::detail
