// SPDX-License-Identifier: BSL-1.0
// One run of a function under ptrace(2). Every process that it creates is traced and has a role; the system calls of
// each role are counted, and a fault is injected at one of them. The function marks by here() what is counted; the
// dynamic loader is not.
//
// A process that is not counted runs at full speed, and so do all once the fault has happened. At the end the daemon is
// released while it listens, so that later calls are not traced.
#pragma once

#include "traced_processes.hpp"

#ifdef __x86_64__

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

namespace daemonkit::testing::detail {

class tracer : public traced_processes
{
public:
    using traced_processes::traced_processes;

private:
    /// A progress signal of the process.
    void told(pid_t pid) override
    {
        auto& t = tracees_[pid];
        const bool daemon = course_.processes[pid].who == role::daemon;
        if (daemon) {
            t.listening = true;
            if (plan_.heard != 0 && t.at == pace::unseen) t.at = pace::counted;
            if (had_enough(pid)) return let_go(pid);
        } else if (plan_.heard == 0) {
            t.at = t.at == pace::unseen ? pace::counted : pace::free;
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

    void at_call(pid_t pid) override
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
        const bool meant = is_meant(p, call);
        p.calls.push_back(call);
        if (p.who == role::launcher) launcher_calls_ = std::chrono::steady_clock::now();
        const auto& f = plan_.fault;
        if (!course_.hit && meant) {
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
            if (p.who == role::launcher && last.number == SYS_ppoll && result == 0 &&
                std::chrono::steady_clock::now() - launcher_calls_ >= std::chrono::milliseconds(900))
                course_.waited = true;
        }
        if (std::exchange(t.replaced, false))
            request(PTRACE_POKEUSER, pid, register_of_result, static_cast<unsigned long>(-f.answered->error));
        if (std::exchange(t.hit, false) && f.signal != 0 && f.after) send(pid, f.signal);
        if (had_enough(pid)) return let_go(pid);
        resume(pid);
    }

    /// Whether the fault is for this call, which is the next one of the process.
    [[nodiscard]] bool is_meant(const process& p, const system_call& next) const
    {
        const auto& f = plan_.fault;
        if (f.who != p.who || (f.signal == 0 && !f.answered)) return false;
        if (f.number == -1) return f.call == p.calls.size();
        const auto same = [&](const system_call& call) { return call.number == next.number; };
        return f.number == next.number && f.turn == std::count_if(p.calls.begin(), p.calls.end(), same);
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

    bool heard_ = false;
    std::chrono::steady_clock::time_point launcher_calls_{}; // the last call began
};

/// Whether this process may trace its children at all.
inline bool can_trace()
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

/// Runs `start` in a child.
inline course trace(const std::function<void()>& start, const plan& what) { return tracer(what).run(start); }

} // namespace daemonkit::testing::detail

#endif
