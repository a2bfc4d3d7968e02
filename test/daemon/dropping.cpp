// SPDX-License-Identifier: BSL-1.0
// A daemon that drops its privileges to RUN_AS and RUN_AS_GROUP in ROOT, with NO_NEW_PRIVILEGES. Then it tries to
// regain them, in its main thread and in one that on_start() created (THREADS), before it is ready. Its LOG has the
// names of the attempts that succeeded and the output of the program EXECUTES; and, for a KEY of the session keyring of
// root, whether the daemon and a thread of on_start() can read it. on_start() sets keep-capabilities if
// KEEPS is set; run() returns at once if ENDS is set.
#include "support/environment.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>
#include <thread>

namespace {

bool regains_capabilities()
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[2] = {{1U << CAP_KILL, 1U << CAP_KILL, 0}, {}};
    return ::syscall(SYS_capset, &header, sets) == 0;
}

bool writes(const std::string& file)
{
    const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd != -1) ::close(fd);
    return fd != -1;
}

/// Each attempt succeeds for root, in this order, and does not affect the next.
std::string all_that_succeeds()
{
    const gid_t root_group = 0;
    const pid_t root_process = std::atoi(environment_variable("ROOT_PROCESS").c_str());
    const std::string root_file = environment_variable("ROOT_FILE");
    int pidfd = -1;
    const struct
    {
        const char* name;
        bool succeeds;
    } attempts[] = {
        {"setuid", ::setuid(0) == 0},
        {"seteuid", ::seteuid(0) == 0},
        {"setreuid", ::setreuid(0, 0) == 0},
        {"setresuid", ::setresuid(0, 0, 0) == 0},
        {"setfsuid", (::setfsuid(0), ::setfsuid(static_cast<uid_t>(-1)) == 0)},
        {"setgid", ::setgid(0) == 0},
        {"setegid", ::setegid(0) == 0},
        {"setregid", ::setregid(0, 0) == 0},
        {"setresgid", ::setresgid(0, 0, 0) == 0},
        {"setfsgid", (::setfsgid(0), ::setfsgid(static_cast<gid_t>(-1)) == 0)},
        {"setgroups", ::setgroups(1, &root_group) == 0},
        {"initgroups", ::initgroups("root", 0) == 0},
        {"kill", ::kill(root_process, 0) == 0},
        {"pidfd_send_signal", (pidfd = static_cast<int>(::syscall(SYS_pidfd_open, root_process, 0))) != -1 &&
                                  ::syscall(SYS_pidfd_send_signal, pidfd, 0, nullptr, 0) == 0},
        {"open", writes(root_file)},
        {"chmod", ::chmod(root_file.c_str(), 0600) == 0},
        {"chown", ::chown(root_file.c_str(), 0, 0) == 0},
        {"link", ::link(root_file.c_str(), (root_file + ".link").c_str()) == 0},
        {"unlink", ::unlink((root_file + ".link").c_str()) == 0},
        {"chown of standard output", ::fchown(1, 0, 0) == 0},
        {"chroot", ::chroot("/") == 0},
        {"capset", regains_capabilities()},
    };
    if (pidfd != -1) ::close(pidfd);
    std::string names;
    for (const auto& attempt : attempts)
        if (attempt.succeeds) (names += ' ') += attempt.name;
    return "of " + std::to_string(std::size(attempts)) + " attempts succeeded:" + names + "\n";
}

// Never destroyed: the detached threads still use them when a start fails and main() returns.
auto& gate = *new std::promise<void>;
auto& said = *new std::promise<std::string>;

/// Whether this thread can read the key with this number, keyctl(2).
const char* what_of_the_key()
{
    char data[64];
    const long key = std::atol(environment_variable("KEY").c_str());
    return ::syscall(SYS_keyctl, KEYCTL_READ, key, data, sizeof data) == -1 ? "the key is out of reach\n"
                                                                            : "the key is read\n";
}

void sleep_for_ever()
{
    for (;;) ::pause(); // the C library interrupts every thread when the user changes
}

void execute(const std::string& program)
{
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl(program.c_str(), program.c_str(), nullptr);
        ::_exit(127);
    }
    ::waitpid(child, nullptr, 0);
}

struct dropping : daemonkit::sysv_daemon<dropping, daemonkit::flock_pid_file, daemonkit::signalfd_signals,
                                         daemonkit::log_file_stdio>
{
    static constexpr bool announces_ready = true;

    void on_start()
    {
        if (std::getenv("KEEPS") != nullptr) ::prctl(PR_SET_KEEPCAPS, 1UL, 0UL, 0UL, 0UL);
        if (std::getenv("THREADS") != nullptr) {
            std::thread(sleep_for_ever).detach();
            std::thread([] {
                gate.get_future().wait();
                said.set_value(all_that_succeeds());
                sleep_for_ever();
            }).detach();
        }
        if (std::getenv("KEY") != nullptr)
            std::thread([] {
                gate.get_future().wait();
                said.set_value(what_of_the_key());
            }).detach();
        std::puts("on_start");
    }

    int run()
    {
        std::fputs(all_that_succeeds().c_str(), stdout);
        if (std::getenv("THREADS") != nullptr) {
            gate.set_value();
            std::fputs(said.get_future().get().c_str(), stdout);
        }
        if (std::getenv("KEY") != nullptr) {
            gate.set_value();
            std::fputs(what_of_the_key(), stdout);
            std::fputs(said.get_future().get().c_str(), stdout);
        }
        if (const auto program = environment_variable("EXECUTES"); !program.empty()) execute(program);
        std::puts("run");
        ready();
        while (std::getenv("ENDS") == nullptr && wait()) {}
        return 0;
    }

    void on_reload() { std::puts("reloaded"); } // NOLINT(*-static)
};

} // namespace

int main(int argc, char** argv)
{
    return daemonkit::command_line<dropping>(
        argc, argv,
        {.pid = {.path = environment_variable("PID_FILE")},
         .stdio = {.output = environment_variable("LOG")},
         .process = {.user = environment_variable("RUN_AS"),
                     .group = environment_variable("RUN_AS_GROUP"),
                     .chroot = environment_variable("ROOT"),
                     .no_new_privileges = !environment_variable("NO_NEW_PRIVILEGES").empty()}});
}
