// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: reload() needs a PidPolicy that records the pid: use pid_file or flock_pid_file
#include "recording.hpp"

int main() { return mine::reload({}).status; }
