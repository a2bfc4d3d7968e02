// SPDX-License-Identifier: BSL-1.0
// A daemon that says more than its pid in the pid file. EXTRA is the setting `.pid.extra`; on_start() appends the line
// ADDS. PID_POLICY is pid_file, flock_pid_file or "derived": a policy that appends the line "derived" itself. RUN_AS is
// the user to drop to.
#include "support/environment.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace {

void append(const std::string& line)
{
    const daemonkit::sys::unique_fd file(
        ::open(environment_variable("PID_FILE").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    if (daemonkit::sys::write_all(file.get(), line + "\n") == -1) throw std::runtime_error("cannot append " + line);
}

/// A policy of a user's own.
struct derived : daemonkit::flock_pid_file
{
    using own_guard = decltype(std::declval<daemonkit::flock_pid_file>().claim());
    struct guard : own_guard
    {
        void publish(pid_t pid)
        {
            own_guard::publish(pid);
            append("derived");
        }
    };
    [[nodiscard]] guard claim() const { return {daemonkit::flock_pid_file::claim()}; }
};

template <class PidPolicy>
struct announcing : daemonkit::sysv_daemon<announcing<PidPolicy>, PidPolicy>
{
    void on_start() // NOLINT(*-static)
    {
        if (const auto line = environment_variable("ADDS"); !line.empty()) append(line);
    }
    void on_reload() {}
    int run()
    {
        while (this->wait()) {}
        return 0;
    }
};

template <class PidPolicy>
int command_line(int argc, char** argv, const PidPolicy& policy)
{
    return daemonkit::command_line<announcing<PidPolicy>>(
        argc, argv, {.pid = policy, .process = {.name = "announcing", .user = environment_variable("RUN_AS")}});
}

} // namespace

int main(int argc, char** argv)
{
    const daemonkit::flock_pid_file locked{.path = environment_variable("PID_FILE"),
                                           .extra = environment_variable("EXTRA")};
    const auto name = environment_variable("PID_POLICY");
    if (name == "derived") return command_line(argc, argv, derived{locked});
    if (name == "pid_file")
        return command_line(argc, argv, daemonkit::pid_file{.path = locked.path, .extra = locked.extra});
    return command_line(argc, argv, locked);
}
