// SPDX-License-Identifier: BSL-1.0
// What stands for the policies of a user in the program of the page.
#pragma once

#include <daemonkit/pid/flock_pid_file.hpp>
#include <daemonkit/stdio/log_file_stdio.hpp>

using my_record = daemonkit::flock_pid_file;
using my_log = daemonkit::log_file_stdio;
