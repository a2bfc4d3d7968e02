// SPDX-License-Identifier: BSL-1.0
// What is in a directory, before and after a program was called.
#pragma once

#include "support/program.hpp"

#include <boost/filesystem/operations.hpp>

#include <string>
#include <vector>

/// What a user sees below a directory: names, kinds, modes, owners, sizes, targets and modification times. `times` of
/// directories change where a file was made and taken away again.
std::vector<std::string> listing(const boost::filesystem::path& directory, bool directory_times = true);
