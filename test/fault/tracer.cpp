// SPDX-License-Identifier: BSL-1.0
#include "tracer.hpp"

#include "support/process.hpp"
#include "support/text.hpp"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <utility>

namespace fault {

namespace {

constexpr int here = SIGURG; // as in subject.cpp
constexpr int reload_hook = SIGWINCH;
constexpr int bound_seconds = 20;

long request(int what, pid_t pid, unsigned long address = 0, unsigned long data = 0)
{
    return ::ptrace(static_cast<__ptrace_request>(what), pid, address, data);
}

constexpr auto register_of_call = offsetof(user_regs_struct, orig_rax);
constexpr auto register_of_result = offsetof(user_regs_struct, rax);
constexpr auto first_argument = offsetof(user_regs_struct, rdi);
constexpr auto third_argument = offsetof(user_regs_struct, rdx);

/// A pipe whose writers are the traced processes.
class ear
{
public:
    ear()
    {
        if (::pipe2(ends_.data(), O_CLOEXEC | O_NONBLOCK) == -1) throw std::runtime_error("no pipe");
    }
    ear(const ear&) = delete;
    ear& operator=(const ear&) = delete;
    ~ear()
    {
        ::close(ends_[0]);
        deaf();
    }
    [[nodiscard]] int mouth() const noexcept { return ends_[1]; }
    void deaf()
    {
        if (ends_[1] != -1) ::close(ends_[1]);
        ends_[1] = -1;
    }
    /// What was written; false if a process still has the pipe open.
    bool hear(std::string& text)
    {
        std::array<char, 4096> bytes;
        for (;;) {
            const auto n = ::read(ends_[0], bytes.data(), bytes.size());
            if (n <= 0) return n == 0;
            text.append(bytes.data(), static_cast<std::size_t>(n));
        }
    }

private:
    std::array<int, 2> ends_{};
};

/// Interrupts a wait that takes too long, repeatedly.
class watchdog
{
public:
    watchdog()
    {
        struct sigaction interrupt = {};
        interrupt.sa_handler = [](int) {};
        ::sigaction(SIGALRM, &interrupt, &before_);
        const itimerval bound{{1, 0}, {bound_seconds, 0}};
        ::setitimer(ITIMER_REAL, &bound, nullptr);
    }
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;
    ~watchdog()
    {
        const itimerval none{};
        ::setitimer(ITIMER_REAL, &none, nullptr);
        ::sigaction(SIGALRM, &before_, nullptr);
    }

private:
    struct sigaction before_ = {};
};

class tracer
{
public:
    explicit tracer(const plan& what) : plan_(what) {}

    course run(const std::string& program, const std::vector<std::string>& environment)
    {
        const watchdog bound;
        begin(program, environment);
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

private:
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

    void begin(const std::string& program, const std::vector<std::string>& environment)
    {
        std::array<int, 2> gate{};
        if (::pipe2(gate.data(), O_CLOEXEC) == -1) throw std::runtime_error("no pipe");
        const pid_t pid = ::fork();
        if (pid == -1) throw std::runtime_error("no process");
        if (pid == 0) {
            ::close(gate[1]);
            char byte = 0;
            if (::read(gate[0], &byte, 1) == 1) execute(program, environment);
            ::_exit(127);
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

    void execute(const std::string& program, const std::vector<std::string>& environment) const
    {
        const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::dup2(null, 0);
        ::dup2(out_.mouth(), 1);
        ::dup2(err_.mouth(), 2);
        for (const int fd : {1, 2}) ::fcntl(fd, F_SETFL, O_WRONLY);
        std::vector<char*> variables;
        for (const auto& v : environment) variables.push_back(const_cast<char*>(v.c_str()));
        variables.push_back(nullptr);
        std::array<char*, 3> arguments{const_cast<char*>(program.c_str()), const_cast<char*>(plan_.verb.c_str()),
                                       nullptr};
        ::execve(program.c_str(), arguments.data(), variables.data());
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
                ::kill(pid, SIGKILL);
                do ::waitpid(pid, &p.wait_status, __WALL);
                while (WIFSTOPPED(p.wait_status));
                p.gone = true;
            }
    }

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

    void ended(pid_t pid, int status)
    {
        const auto found = course_.processes.find(pid);
        if (found == course_.processes.end()) return; // a daemon that ran before
        found->second.gone = true;
        found->second.wait_status = status;
        if (pid != course_.launcher || !WIFEXITED(status) || WEXITSTATUS(status) == 0) return;
        for (const auto& [other, p] : course_.processes)
            if (!p.gone && alive(other)) course_.outlived = true;
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
        const bool last = course_.processes[parent].who == role::middle || !twice_;
        course_.processes[child].who = last ? role::daemon : role::middle;
        if (last) course_.daemon = child;
        tracees_[child].at = tracees_[parent].at;
        if (early_.erase(child) == 1) resume(child);
    }

    /// A progress signal of the process.
    void told(pid_t pid)
    {
        auto& t = tracees_[pid];
        const bool daemon = course_.processes[pid].who == role::daemon;
        if (daemon) {
            t.listening = true;
            if (plan_.heard != 0 && t.at == pace::unseen) t.at = pace::counted;
            if (had_enough(pid)) return let_go(pid);
        } else if (plan_.heard == 0 && t.at == pace::unseen) {
            t.at = pace::counted;
        }
        resume(pid);
    }

    /// Whether nothing more of a listening daemon is of interest.
    [[nodiscard]] bool is_done(pid_t pid)
    {
        const auto& f = plan_.fault;
        const bool to_daemon = f.who == role::daemon && course_.hit;
        if (plan_.heard == SIGTERM || (to_daemon && (f.signal == SIGTERM || f.signal == SIGKILL))) return false;
        return !(to_daemon && f.signal == SIGHUP) || course_.processes[pid].reloaded;
    }

    void at_call(pid_t pid)
    {
        __ptrace_syscall_info info{};
        if (request(static_cast<int>(PTRACE_GET_SYSCALL_INFO), pid, sizeof info,
                    reinterpret_cast<unsigned long>(&info)) <= 0)
            return resume(pid);
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
            system_call call{static_cast<long>(info.entry.nr), {}};
            for (std::size_t i = 0; i < call.arguments.size(); ++i)
                call.arguments[i] = static_cast<unsigned long>(info.entry.args[i]);
            before(pid, call);
        } else {
            after(pid, info.exit.rval, info.exit.is_error != 0);
        }
    }

    void before(pid_t pid, const system_call& call)
    {
        auto& t = tracees_[pid];
        auto& p = course_.processes[pid];
        if (had_enough(pid)) return let_go(pid);
        if (t.at != pace::counted || call.number == SYS_tgkill || call.number == SYS_gettid) return resume(pid);
        const bool sleeps = p.who == role::daemon && t.listening && call.number == SYS_ppoll;
        if (plan_.heard != 0 && !heard_) {
            if (!sleeps) return resume(pid);
            heard_ = true;
            t.listening = false;
            ::kill(pid, plan_.heard);
        }
        const auto index = p.calls.size();
        p.calls.push_back(call);
        const auto& f = plan_.fault;
        if (!course_.hit && f.who == p.who && f.call == index && (f.signal != 0 || f.answered)) {
            course_.hit = t.hit = true;
            course_.at = call;
            if (f.signal != 0 && !f.after) {
                if (f.signal == SIGKILL) request(PTRACE_POKEUSER, pid, register_of_call, ~0UL);
                send(pid, f.signal);
            }
            if (f.answered) put_in(pid, call);
        } else if (lasting() && shares_resource(call, f.answered->error)) {
            put_in(pid, call);
        } else if (sleeps && t.listening && is_done(pid)) {
            return let_go(pid);
        }
        resume(pid);
    }

    void after(pid_t pid, long long result, bool failed)
    {
        auto& t = tracees_[pid];
        auto& p = course_.processes[pid];
        const auto& f = plan_.fault;
        if (!p.calls.empty() && !t.replaced && !failed) {
            const auto& last = p.calls.back();
            if (p.who == role::daemon && last.number == SYS_sendto && result > 0) p.said_ready = true;
            const bool sent = last.number == SYS_pidfd_send_signal && last.arguments[1] != 0; // 0 only asks
            if (p.who == role::launcher && sent) course_.signalled = true;
        }
        if (std::exchange(t.replaced, false))
            request(PTRACE_POKEUSER, pid, register_of_result, static_cast<unsigned long>(-f.answered->error));
        if (std::exchange(t.hit, false) && f.signal != 0 && f.after) send(pid, f.signal);
        if (had_enough(pid)) return let_go(pid);
        resume(pid);
    }

    /// After the fault only the launcher stays counted, for its effects on others; a listening daemon can be released.
    bool had_enough(pid_t pid)
    {
        auto& t = tracees_[pid];
        if (!course_.hit || lasting() || pid == course_.launcher) return false;
        t.at = pace::free;
        return t.listening && is_done(pid);
    }

    /// A hook that a HUP must call has to run after this.
    void send(pid_t pid, int signal)
    {
        course_.processes[pid].reloaded = course_.processes[pid].reloaded && signal != SIGHUP;
        ::kill(pid, signal);
    }

    /// The injected answer, written into the call that begins.
    void put_in(pid_t pid, const system_call& call)
    {
        auto& t = tracees_[pid];
        if (plan_.fault.answered->how == answer::kind::cut_short) {
            request(PTRACE_POKEUSER, pid, third_argument, (call.arguments[2] + 1) / 2);
        } else if (call.number == SYS_brk) {
            request(PTRACE_POKEUSER, pid, first_argument, 0); // it fails by returning the limit
        } else {
            if (call.number != SYS_close) request(PTRACE_POKEUSER, pid, register_of_call, ~0UL);
            t.replaced = true;
        }
    }

    [[nodiscard]] bool lasting() const
    {
        const auto& f = plan_.fault;
        return course_.hit && f.answered && f.answered->how == answer::kind::for_good;
    }

    const plan& plan_;
    course course_{};
    std::map<pid_t, tracee> tracees_{};
    std::set<pid_t> early_{};
    ear out_{};
    ear err_{};
    bool heard_ = false;

public:
    bool twice_ = true;
};

} // namespace

bool can_trace()
{
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    const bool can = request(PTRACE_SEIZE, child) == 0;
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, __WALL);
    return can;
}

course trace(const std::string& program, const std::vector<std::string>& environment, const plan& what)
{
    tracer t(what);
    for (const auto& v : environment) t.twice_ = t.twice_ && !contains(v, "single_fork");
    return t.run(program, environment);
}

} // namespace fault
