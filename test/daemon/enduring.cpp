// SPDX-License-Identifier: BSL-1.0
// A daemon with either pid policy: PID_POLICY is pid_file or, if it is not set, flock_pid_file. It sleeps until it is
// told to stop; nothing else wakes it. WORKER names a way to create a process that can outlive it. The worker blocks
// every signal, so that each signal sent to it stays pending, and writes its pid to PID_FILE.worker. If ON_START is
// "waits", on_start() waits for signals; it then leaves PID_FILE.on_start, and on_stop() PID_FILE.on_stop.
#include "support/environment.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>

#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

/// What every worker runs; it renames the file into place when it is complete.
[[noreturn]] void work()
{
    daemonkit::sys::set_mask(daemonkit::sys::all_signals());
    const std::string name = environment_variable("PID_FILE");
    std::FILE* const file = std::fopen((name + ".new").c_str(), "we");
    std::fprintf(file, "%d\n", static_cast<int>(::getpid()));
    std::fclose(file);
    ::rename((name + ".new").c_str(), (name + ".worker").c_str());
    for (;;) ::pause();
}

void make_worker(const std::string& how)
{
    static std::string program = boost::filesystem::read_symlink("/proc/self/exe").string();
    static std::string verb = "work";
    static char* const arguments[]{program.data(), verb.data(), nullptr};
    static const std::string command = "exec '" + program + "' " + verb;
    if (how == "fork") {
        if (::fork() == 0) work();
    } else if (how == "clone") { // like fork() in the kernel, but without the C library's part
        if (::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr) == 0) work();
    } else if (how == "vfork") {
        if (::vfork() == 0) {
            ::execv(arguments[0], arguments);
            ::_exit(127);
        }
    } else if (how == "posix_spawn") {
        pid_t pid = 0;
        ::posix_spawn(&pid, arguments[0], nullptr, nullptr, arguments, environ);
    } else if (how == "popen") {
        if (::popen(command.c_str(), "r") == nullptr) throw std::runtime_error("popen");
    } else if (how == "system") {
        std::thread([] { std::exit(std::system(command.c_str())); }).detach();
    } else if (!how.empty()) {
        throw std::runtime_error("no such WORKER: " + how);
    }
}

/// Leaves a file beside the pid file, if it is asked to.
void leave(const std::string& what)
{
    if (environment_variable("ON_START").empty()) return;
    std::FILE* const file = std::fopen((environment_variable("PID_FILE") + "." + what).c_str(), "we");
    if (file != nullptr) std::fclose(file);
}

template <class PidPolicy>
struct enduring : daemonkit::sysv_daemon<enduring<PidPolicy>, PidPolicy>
{
    void on_start()
    {
        if (environment_variable("ON_START") != "waits") return;
        leave("on_start");
        while (this->wait()) {}
    }
    void on_reload() {}
    void on_stop() { leave("on_stop"); }
    int run()
    {
        make_worker(environment_variable("WORKER"));
        while (this->wait()) {}
        return 0;
    }
};

template <class PidPolicy>
int command_line(int argc, char** argv)
{
    // A stop that sends TERM only.
    return daemonkit::command_line<enduring<PidPolicy>>(
        argc, argv, {.pid = {.path = environment_variable("PID_FILE")}, .stop = {{SIGTERM, std::chrono::hours(1)}}});
}

} // namespace

int main(int argc, char** argv)
{
    if (argc == 2 && std::string(argv[1]) == "work") work();
    return environment_variable("PID_POLICY") == "pid_file" ? command_line<daemonkit::pid_file>(argc, argv)
                                                            : command_line<daemonkit::flock_pid_file>(argc, argv);
}
