// SPDX-License-Identifier: BSL-1.0
// One step of a policy, run again and again in a traced process: killed before each of its system calls, and with each
// call answered by each plausible error.
#pragma once

#include "../../core/pid_holder.hpp"
#include "../../sys/raw/shared_memory.hpp"
#include "case_process.hpp"
#include "tracer.hpp"

#include <new>

namespace daemonkit::testing::detail {

/// How a traced step ended, as exit status of its process.
namespace ended {
inline constexpr int done = 0;
inline constexpr int refused = 10; ///< startup_error
inline constexpr int lost = 11;    ///< already_running
inline constexpr int wrong = 12;   ///< reported by fail()
} // namespace ended

/// Marks the begin or the end of the step for the tracer.
inline void mark_step()
{
    sigset_t mark;
    sigset_t before;
    ::sigemptyset(&mark);
    ::sigaddset(&mark, SIGURG);
    ::pthread_sigmask(SIG_UNBLOCK, &mark, &before);
    std::raise(SIGURG);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

/// Executes the step `body` between two marks, in the traced process. Returns how it ended. `name`: "claim()".
template <class StepBody>
int execute_step(const std::string& name, StepBody body)
{
    mark_step();
    try {
        body();
        mark_step();
        return ended::done;
    } catch (const already_running&) {
        mark_step();
        return ended::lost;
    } catch (const startup_error& e) {
        mark_step();
        return expect(!e.step().empty() && e.status() > 0, name + " throws a startup_error without a step or status")
                   ? ended::refused
                   : ended::wrong;
    } catch (const std::bad_alloc&) {
        mark_step();
        return ended::refused;
    } catch (const std::exception& e) {
        mark_step();
        fail(name + " throws something else than startup_error: " + e.what());
        return ended::wrong;
    }
}

/// Why no system call can be traced here; empty if they can.
inline std::string no_tracing()
{
    if constexpr (sys::under_sanitizer) return "the sanitizers make system calls of their own";
#ifdef __x86_64__
    return can_trace() ? "" : "may not trace its own children (ptrace)";
#else
    return "faults are put into the registers of an x86-64";
#endif
}

#ifdef __x86_64__

/// The answers with which a call is tried.
inline std::vector<answer> refusals_of(const system_call& call)
{
    auto all = plausible(call);
    if (!is_basic(call.number))
        for (const int error : {EPERM, ENOSYS}) {
            bool known = false;
            for (const auto& a : all) known = known || (a.how == answer::kind::once && a.error == error);
            if (!known) all.push_back({answer::kind::once, error});
        }
    return all;
}

/// The runs of one step, in each process that takes part. `body` returns the exit status of the traced process.
class step_faults
{
public:
    step_faults(std::string name, std::function<int()> body, int forks = 2)
        : name_(std::move(name)), body_(std::move(body)), forks_(forks)
    {
    }

    /// These calls are never answered by an error.
    step_faults& without(std::vector<long> calls)
    {
        without_ = std::move(calls);
        return *this;
    }

    /// `check(course)` after each run in which a process was killed before a call.
    template <class AfterCheck>
    void crash(AfterCheck check)
    {
        for_each_call([&](role who, std::size_t index, const system_call& call) {
            run({who, index, {}, SIGKILL, false}, call, "killed before it", check);
        });
    }

    /// `check(course)` after each run in which a call was answered by an error.
    template <class AfterCheck>
    void refuse(AfterCheck check)
    {
        for_each_call([&](role who, std::size_t index, const system_call& call) {
            if (std::find(without_.begin(), without_.end(), call.number) != without_.end()) return;
            for (const auto& a : refusals_of(call)) run({who, index, a, 0, false}, call, describe(a), check);
        });
    }

private:
    [[nodiscard]] course execute(const injection& fault) const
    {
        return trace([&] { ::_exit(body_()); }, {0, fault, forks_});
    }

    template <class CallVisitor>
    void for_each_call(CallVisitor visit)
    {
        step(name_ + ", without any fault");
        const auto plain = execute({});
        if (!expect(!plain.hung, name_ + " hangs: " + plain.busy)) return;
        for (const role who : roles)
            if (const auto* const p = plain.of(who))
                for (std::size_t i = 0; i < p->calls.size(); ++i) visit(who, i, p->calls[i]);
        send_word('T', std::to_string(tried_));
    }

    template <class AfterCheck>
    void run(const injection& fault, const system_call& call, const std::string& what, AfterCheck check)
    {
        const case_context_of context(name_ + (forks_ == 0 ? "" : std::string(", ") + name_of(fault.who)) + ", call " +
                                      std::to_string(fault.call) + " (" + name_of(call.number) + "), " + what);
        const auto happened = execute(fault);
        if (!happened.hit) return; // the order of two processes varies
        ++tried_;
        if (expect(!happened.hung, "hangs: " + happened.busy)) check(happened);
    }

    std::string name_;
    std::function<int()> body_;
    int forks_;
    std::vector<long> without_{};
    int tried_ = 0;
};

#else

/// Tries nothing: no_tracing() says why.
struct step_faults
{
    step_faults(const std::string&, const std::function<int()>&, int = 2) {}
    step_faults& without(const std::vector<long>&) { return *this; }
    template <class AfterCheck>
    void crash(AfterCheck)
    {
    }
    template <class AfterCheck>
    void refuse(AfterCheck)
    {
    }
};

#endif

} // namespace daemonkit::testing::detail
