// SPDX-License-Identifier: BSL-1.0
// A plain pid file, for readers that know nothing else. No lock outlives the start, so that a daemon is known by its
// stamped file alone: a file that is touched or deleted under it is believed no more, and a second one may start.
// Where that matters take flock_pid_file.
#pragma once

#include "../required.hpp"
#include "concept.hpp"
#include "pid_file_guard.hpp"

namespace daemonkit {

struct pid_file
{
    /// Absolute; missing directories above it are made with mode 0755 and go with the file if they are empty.
    required<boost::filesystem::path> path;
    mode_t mode = 0644;

    static constexpr bool records_pid = true;

    [[nodiscard]] pid_file_guard claim() const { return {path, mode, lock_held::until_published}; }
    [[nodiscard]] holder find() const { return find_by_pid_file(path); }
    [[nodiscard]] std::string where() const { return path.string(); }
};

} // namespace daemonkit
