// SPDX-License-Identifier: BSL-1.0
// What a program is made of, as size(1), readelf(1) and nm(1) tell of its file.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bench {

struct program_facts
{
    double text = 0; ///< everything that is only read: code, constants, tables for exceptions and for the linker
    double code = 0; ///< of that, the machine code
    double data = 0;
    double zeroed = 0; ///< data that takes no place in the file
    double relocations = 0;
    double initialisers = 0; ///< functions that run before main()
    double guards = 0;       ///< of daemonkit: variables that are initialised when they are first met
    double tables = 0;       ///< of daemonkit: virtual ones
    std::vector<std::string> table_names{};
};

[[nodiscard]] program_facts facts_of(const std::string& file);

/// The largest functions of daemonkit in it, with their bytes.
[[nodiscard]] std::vector<std::pair<std::string, double>> largest_functions(const std::string& file, std::size_t count);

} // namespace bench
