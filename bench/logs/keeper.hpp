// SPDX-License-Identifier: BSL-1.0
// The contenders and how each of them is made to write a log that is rotated every 100 ms.
#pragma once

#include "findings.hpp"
#include "support/process.hpp"
#include "writer.h"

#include <string>
#include <vector>

namespace bench::logs {

enum class rotation {
    none,
    reopen, ///< the file is renamed and the daemon is sent HUP, as logrotate does with `create`
    alarm,  ///< the program behind the pipe is sent ALRM, upon which it begins a new file
    size,   ///< it begins a new file by itself, every 16 MiB
};

struct keeper
{
    std::string name{};
    words writer{};  ///< "start" as last argument: it detaches, and its pid is in the pid file
    words program{}; ///< behind a pipe from the writer, if there is one; "{directory}" stands for its directory
    rotation rotated = rotation::none;
    std::string missing{}; ///< why it cannot be measured
};

/// A bare file reopened by hand first, then the same without being reopened, then ours.
[[nodiscard]] std::vector<keeper> files();
[[nodiscard]] std::vector<keeper> programs_behind_a_pipe();

struct written
{
    log_report report{};
    std::vector<uint32_t> latencies{}; ///< of each write, nanoseconds
    nanoseconds wall{};                ///< from the first line until the last one is in its file
    nanoseconds cpu{};                 ///< of the writer and of the program behind the pipe
    findings found{};
};

/// One run in a fresh directory.
[[nodiscard]] written write_lines(const keeper& who, const std::string& mode, long lines);

} // namespace bench::logs
