// SPDX-License-Identifier: BSL-1.0
// A function in a child under ptrace(2), and every process that it creates: how they begin, stop and end. What happens
// at their system calls is up to tracer.hpp.
#pragma once

#include "course.hpp"
#include "tracer_parts.hpp"

#ifdef __x86_64__

#include <sys/ptrace.h>
#include <sys/user.h>

#include <functional>
#include <set>
#include <utility>

namespace daemonkit::testing::detail {

inline constexpr int here = SIGURG;          ///< a traced process raises it to mark what is counted; ignored by default
inline constexpr int reload_hook = SIGWINCH; ///< the same: its hook ran

inline long request(int what, pid_t pid, unsigned long address = 0, unsigned long data = 0)
{
    return ::ptrace(static_cast<__ptrace_request>(what), pid, address, data);
}

inline constexpr auto register_of_call = offsetof(user_regs_struct, orig_rax);
inline constexpr auto register_of_result = offsetof(user_regs_struct, rax);
inline constexpr auto first_argument = offsetof(user_regs_struct, rdi);
inline constexpr auto third_argument = offsetof(user_regs_struct, rdx);

class traced_processes
{
public:
    explicit traced_processes(const plan& what) : plan_(what) {}
    traced_processes(const traced_processes&) = delete;
    traced_processes& operator=(const traced_processes&) = delete;
    virtual ~traced_processes() = default;

    /// `start` runs in the child, which exits with status 0 if it returns.
    course run(const std::function<void()>& start)
    {
        const watchdog bound;
        begin(start);
        while (busy()) {
            int status = 0;
            const pid_t pid = ::waitpid(-1, &status, __WALL);
            if (pid == -1) {
                give_up();
                break;
            }
            if (WIFSTOPPED(status))
                stopped(pid, status);
            else
                ended(pid, status);
        }
        // A process that was released while it listened may have been ended since, by a launcher that had given up.
        for (auto& [pid, p] : course_.processes)
            if (!p.gone && !alive(pid)) {
                ::waitpid(pid, &p.wait_status, __WALL);
                p.gone = true;
            }
        const bool all_said = out_.hear(course_.out);
        course_.streams_held = !err_.hear(course_.err) || !all_said;
        return std::move(course_);
    }

protected:
    enum class pace {
        unseen,  ///< not yet counted
        counted, ///< stops at every call
        free,    ///< stops only at the progress signals
        let_go   ///< not traced any more
    };
    struct tracee
    {
        pace at = pace::unseen;
        bool listening = false; ///< as far as the plan goes
        bool replaced = false;  ///< the answer of the current call is replaced at its end
        bool hit = false;       ///< the fault is in the current call
    };

    virtual void at_call(pid_t pid) = 0; ///< it stopped at the begin or the end of a system call
    virtual void told(pid_t pid) = 0;    ///< it raised `here`

    void resume(pid_t pid, int signal = 0)
    {
        const int how = tracees_[pid].at == pace::counted ? PTRACE_SYSCALL : PTRACE_CONT;
        request(how, pid, 0, static_cast<unsigned long>(signal)); // fails if it was killed meanwhile
    }

    void let_go(pid_t pid)
    {
        tracees_[pid].at = pace::let_go;
        request(PTRACE_DETACH, pid);
    }

    const plan& plan_;
    course course_{};
    std::map<pid_t, tracee> tracees_{};

private:
    void begin(const std::function<void()>& start)
    {
        std::array<int, 2> gate{};
        if (::pipe2(gate.data(), O_CLOEXEC) == -1) throw std::runtime_error("no pipe");
        const pid_t pid = ::fork();
        if (pid == -1) throw std::runtime_error("no process");
        if (pid == 0) {
            ::close(gate[1]);
            char byte = 0;
            if (::read(gate[0], &byte, 1) != 1) ::_exit(127);
            take_streams();
            start();
            ::_exit(0);
        }
        ::close(gate[0]);
        out_.deaf();
        err_.deaf();
        constexpr unsigned long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                                          PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
        const bool seized = request(PTRACE_SEIZE, pid, 0, options) == 0;
        course_.launcher = pid;
        course_.processes[pid].who = role::launcher;
        tracees_[pid] = {};
        const bool opened = seized && ::write(gate[1], "", 1) == 1;
        ::close(gate[1]);
        if (!opened) throw std::runtime_error("cannot trace a child");
    }

    void take_streams() const
    {
        const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::dup2(null, 0);
        ::close(null);
        ::dup2(out_.mouth(), 1);
        ::dup2(err_.mouth(), 2);
        for (const int fd : {1, 2}) ::fcntl(fd, F_SETFL, O_WRONLY);
    }

    /// Whether any process is still traced, or the launcher has not ended.
    [[nodiscard]] bool busy() const
    {
        for (const auto& [pid, t] : tracees_)
            if (t.at != pace::let_go && !course_.processes.at(pid).gone) return true;
        return false;
    }

    void give_up()
    {
        course_.hung = true;
        for (auto& [pid, p] : course_.processes)
            if (!p.gone) {
                std::ifstream call("/proc/" + std::to_string(pid) + "/syscall");
                long number = -1;
                call >> number; // fails in a process that runs
                course_.busy += std::string(course_.busy.empty() ? "" : ", ") + name_of(p.who) + " in " +
                                name_of(number) + " (" + proc_status(pid, "State") + ")";
                ::kill(pid, SIGKILL);
                do ::waitpid(pid, &p.wait_status, __WALL);
                while (WIFSTOPPED(p.wait_status));
                p.gone = true;
            }
    }

    void ended(pid_t pid, int status)
    {
        const auto found = course_.processes.find(pid);
        if (found == course_.processes.end()) return; // a daemon that ran before
        found->second.gone = true;
        found->second.wait_status = status;
        if (pid != course_.launcher || !WIFEXITED(status) || WEXITSTATUS(status) == 0) return;
        for (const auto& [other, p] : course_.processes)
            if (!p.gone && alive(other) && !course_.waited) course_.outlived = true;
    }

    void stopped(pid_t pid, int status)
    {
        const int signal = WSTOPSIG(status);
        const int event = status >> 16;
        if (tracees_.count(pid) == 0) {
            early_.insert(pid); // its parent's stop has not been seen yet
            return;
        }
        if (signal == (SIGTRAP | 0x80)) return at_call(pid);
        if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
            born(pid);
            return resume(pid);
        }
        if (event != 0) return resume(pid);
        if (signal == here) return told(pid);
        if (signal == reload_hook) {
            course_.processes[pid].reloaded = true;
            return resume(pid);
        }
        resume(pid, signal);
    }

    void born(pid_t parent)
    {
        unsigned long child_number = 0;
        request(PTRACE_GETEVENTMSG, parent, 0, reinterpret_cast<unsigned long>(&child_number));
        const auto child = static_cast<pid_t>(child_number);
        const bool last = course_.processes[parent].who == role::middle || plan_.forks < 2;
        course_.processes[child].who = last ? role::daemon : role::middle;
        if (last) course_.daemon = child;
        tracees_[child].at = tracees_[parent].at;
        if (early_.erase(child) == 1) resume(child);
    }

    std::set<pid_t> early_{};
    ear out_{};
    ear err_{};
};

} // namespace daemonkit::testing::detail

#endif
