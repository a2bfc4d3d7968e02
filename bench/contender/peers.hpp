// SPDX-License-Identifier: BSL-1.0
// Everybody else, as contenders. What Debian's packages do not give is in the list with the reason.
#pragma once

#include "support/contender.hpp"

#include <string>
#include <vector>

namespace bench {

/// `pid_file` must be what PID_FILE will say: programs that start another one take it as an option.
[[nodiscard]] std::vector<contender> peers(const std::string& pid_file);

/// For its verbs.
[[nodiscard]] words environment_of(const contender& who, const std::string& pid_file);

/// The pid in the pid file, which may be that of a supervisor; the daemon's where there is no file.
[[nodiscard]] pid_t recorded(const std::string& pid_file, pid_t daemon);

/// Ends the daemon, and its supervisor where it has one, outside of any timing.
void end(const contender& who, const std::string& pid_file, pid_t daemon);

/// What a contender needs around it (keeper, service, needs), for as long as this lives; what it made, it takes away.
class surroundings
{
public:
    surroundings(const contender& who, const std::string& pid_file);
    surroundings(const surroundings&) = delete;
    surroundings& operator=(const surroundings&) = delete;
    ~surroundings();

private:
    std::string service_;
    std::string made_;
    pid_t keeper_ = -1;
};

} // namespace bench
