// SPDX-License-Identifier: BSL-1.0
// A host for one service manager: own pids and mounts, the files of this machine, and all changes to them in memory.
// Nothing changes outside; all its processes end with it.
#pragma once

#include "support/process.hpp"

#include <boost/filesystem/operations.hpp>

#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

class private_host
{
public:
    /// It has the installed programs of this machine and those unpacked in `packages`. `shared` is a directory outside
    /// that it has as /mnt; with one, it has a network and a host name of its own, too.
    explicit private_host(const std::string& packages, const std::string& shared = "")
    {
        int told[2];
        if (::pipe2(told, O_CLOEXEC) == -1) std::abort();
        clone_args how{};
        how.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC;
        if (!shared.empty()) how.flags |= CLONE_NEWNET | CLONE_NEWUTS;
        how.exit_signal = SIGCHLD;
        std::fflush(nullptr);
        first_ = static_cast<pid_t>(::syscall(SYS_clone3, &how, sizeof how));
        if (first_ == 0) be_the_first_process(packages, shared, told[1]);
        if (first_ == -1) reason_ = std::string("cannot make namespaces here: ") + std::strerror(errno);
        ::close(told[1]);
        char text[512];
        for (ssize_t n = 0; (n = ::read(told[0], text, sizeof text)) > 0;)
            reason_.append(text, static_cast<std::size_t>(n));
        ::close(told[0]);
    }
    private_host(const private_host&) = delete;
    private_host& operator=(const private_host&) = delete;
    ~private_host()
    {
        if (first_ <= 0) return;
        ::kill(first_, SIGKILL); // the kernel ends all others before waitpid() returns
        ::waitpid(first_, nullptr, 0);
    }

    /// Why no such host can be made here; empty if it can.
    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
    /// Its first process. All others end with it.
    [[nodiscard]] pid_t first() const noexcept { return first_; }

    /// The path outside of a file inside.
    [[nodiscard]] boost::filesystem::path operator/(const std::string& file) const
    {
        return "/proc/" + std::to_string(first_) + "/root/" + file;
    }

    /// Runs a command inside, as root.
    outcome operator()(const std::vector<std::string>& command) const
    {
        std::vector<std::string> whole{
            "nsenter", "--target", std::to_string(first_), "--mount", "--ipc", "--net", "--uts", "--pid", "--"};
        whole.insert(whole.end(), command.begin(), command.end());
        return run(whole);
    }
    outcome operator()(const std::string& line) const { return (*this)(std::vector<std::string>{"sh", "-c", line}); }

    /// Starts a program in a session of its own; its output is in /var/log/NAME.
    outcome background(const std::string& name, const std::string& line) const
    {
        return (*this)("setsid --fork sh -c 'exec " + line + "' >/var/log/" + name + " 2>&1");
    }

    [[nodiscard]] bool has(const std::string& program) const { return (*this)("command -v " + program).status == 0; }

    /// The processes inside with this name, by their pids outside.
    [[nodiscard]] std::vector<pid_t> processes(const std::string& name) const
    {
        std::vector<pid_t> found;
        for (const pid_t pid : processes())
            if (proc_status(pid, "Name") == name && alive(pid)) found.push_back(pid);
        return found;
    }

    /// The pid outside of the process with this pid inside; 0 if there is none.
    [[nodiscard]] pid_t outside(pid_t inside) const
    {
        for (const pid_t pid : processes()) {
            std::istringstream numbers(proc_status(pid, "NSpid"));
            pid_t innermost = 0;
            while (numbers >> innermost) {}
            if (innermost == inside && inside != 0) return pid; // one that has just ended has no numbers
        }
        return 0;
    }

private:
    [[nodiscard]] std::vector<pid_t> processes() const
    {
        const auto numbers = proc_link(first_, "ns/pid");
        std::vector<pid_t> found;
        for (const auto& entry : boost::filesystem::directory_iterator("/proc")) {
            const auto pid = static_cast<pid_t>(std::strtol(entry.path().filename().c_str(), nullptr, 10));
            if (pid > 0 && proc_link(pid, "ns/pid") == numbers) found.push_back(pid);
        }
        return found;
    }

    [[noreturn]] static void be_the_first_process(const std::string& packages, const std::string& shared, int told)
    {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const std::string failed = change_root(packages, shared);
        const std::string reason = failed.empty() ? "" : "cannot " + failed + " here: " + std::strerror(errno);
        if (::write(told, reason.data(), reason.size()) == -1 || !failed.empty()) ::_exit(1);
        ::signal(SIGCHLD, SIG_IGN); // the kernel collects what is left to this process
        ::close(told);
        for (;;) ::pause();
    }

    /// The step that failed; errno is the reason.
    static std::string change_root(const std::string& packages, const std::string& shared)
    {
        const auto mounts = [](const char* what, const char* where, const char* type, unsigned long flags = 0,
                               const char* data = nullptr) { return ::mount(what, where, type, flags, data) == 0; };
        if (!mounts(nullptr, "/", nullptr, MS_REC | MS_PRIVATE)) return "have mounts of my own";
        if (!mounts("tmpfs", "/run", "tmpfs")) return "mount a tmpfs";
        for (const char* const directory : {"/run/upper", "/run/work", "/run/root"}) ::mkdir(directory, 0755);
        if (!mounts("overlay", "/run/root", "overlay", 0, "lowerdir=/,upperdir=/run/upper,workdir=/run/work"))
            return "lay an overlay over /";
        if (boost::filesystem::exists(packages) && run({"cp", "-a", packages + "/.", "/run/root"}).status != 0)
            return "copy the packages in " + packages;
        if (!mounts("/dev", "/run/root/dev", nullptr, MS_BIND | MS_REC) || !mounts("tmpfs", "/run/root/run", "tmpfs") ||
            !mounts("tmpfs", "/run/root/tmp", "tmpfs") || !mounts("proc", "/run/root/proc", "proc"))
            return "mount what a host has";
        if (!shared.empty() && !mounts(shared.c_str(), "/run/root/mnt", nullptr, MS_BIND)) return "share " + shared;
        if (::chdir("/run/root") == -1 || ::syscall(SYS_pivot_root, ".", ".") == -1 || ::umount2(".", MNT_DETACH) == -1)
            return "change the root";
        return {};
    }

    pid_t first_ = -1;
    std::string reason_{};
};
