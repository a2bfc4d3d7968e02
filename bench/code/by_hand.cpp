// SPDX-License-Identifier: BSL-1.0
// The reference as a C++ program that takes its pid file as a path, and looks at it as ours does: what Boost.Filesystem
// brings into a program is then in both.
#include <boost/filesystem/path.hpp>

#include <cstdlib>

extern "C" int by_hand_main(int argc, char** argv);

int main(int argc, char** argv)
{
    const char* const file = std::getenv("PID_FILE");
    const boost::filesystem::path path = file != nullptr ? file : "";
    if (!path.is_absolute() || !path.has_filename() || path.filename_is_dot() || path.filename_is_dot_dot())
        return EXIT_FAILURE;
    if (path.parent_path().empty() || path.filename().empty()) return EXIT_FAILURE;
    return by_hand_main(argc, argv);
}
