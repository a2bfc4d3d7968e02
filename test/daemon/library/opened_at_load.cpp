// SPDX-License-Identifier: BSL-1.0
// A shared library that opens its log in a constructor, which runs before those of the program.
#include <cstdlib>
#include <fstream>
#include <string>

namespace {

std::string log_path()
{
    const char* const directory = std::getenv("OWNING");
    return std::string(directory != nullptr ? directory : "/nowhere") + "/library";
}

std::ofstream log_file(log_path()); // NOLINT(cert-err58-cpp)

} // namespace

/// Whether it can write to its log.
bool library_writes() { return static_cast<bool>(log_file << "line\n" << std::flush); }
