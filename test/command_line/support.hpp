// SPDX-License-Identifier: BSL-1.0
// The content of a directory, before and after a program was called.
#pragma once

#include "support/program.hpp"

#include <boost/filesystem/operations.hpp>

#include <string>
#include <vector>

/// What a user sees below a directory: names, kinds, modes, owners, sizes, link targets and modification times.
/// Modification times of directories change where a file was made and removed.
std::vector<std::string> listing(const boost::filesystem::path& directory, bool directory_times = true);
