// SPDX-License-Identifier: BSL-1.0
#include "support/count.hpp"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace bench {

std::vector<system_call> system_calls(const contender& who, const std::string& pid_file)
{
    const temporary_directory directory;
    const auto list = directory / "calls";
    words command{"strace", "-f", "-qq", "-e", "signal=none", "-s", "160", "-o", list};
    command.insert(command.end(), who.start.begin(), who.start.end());

    // strace stays until the daemon ends, so the end of start shows in what start prints.
    auto pipe = make_pipe();
    const pid_t strace = spawn(command, {"PID_FILE=" + pid_file}, pipe.write.get());
    pipe.write.close();
    wait_readable(pipe.read.get(), who.name + " under strace");
    end(pid_in(pid_file));
    if (const int status = wait_for(strace); status != 0)
        throw std::runtime_error(who.name + " under strace ended with status " + std::to_string(status));

    std::vector<system_call> calls;
    std::map<std::string, int> numbers;
    bool in_main = false;
    int ready_in = -1;
    std::istringstream lines(text_of(list));
    for (std::string line; std::getline(lines, line);) {
        // "1234 name(arguments) = result", "1234 name(arguments <unfinished ...>", "1234 <... name resumed>…"
        const auto pid_end = line.find(' ');
        const int process =
            numbers.try_emplace(line.substr(0, pid_end), static_cast<int>(numbers.size())).first->second;
        const auto text = line.substr(line.find_first_not_of(' ', pid_end));
        const auto name = text.substr(0, text.find('('));
        if (text.starts_with("write(-1, \"main\"")) {
            in_main = true;
            continue;
        }
        if (text.starts_with("write(-1, \"ready\"")) ready_in = process;
        if (in_main && process != ready_in && !text.starts_with("<...")) calls.push_back({process, name, text});
    }
    if (ready_in == -1) throw std::runtime_error(who.name + " has no marks: its system calls cannot be counted");
    return calls;
}

namespace {

/// Where a stopped process is, and what it would ask of the kernel if a system call were next.
struct position
{
    unsigned long long instruction, call, first, second, third;

    /// The text of a mark (contender/mark.h); empty if none is written next.
    [[nodiscard]] std::string mark(pid_t process) const
    {
        if (call != SYS_write || (first & 0xffffffffU) != 0xffffffffU) return {};
        std::string text(std::min<std::size_t>(third, 120), '\0');
        const iovec here{text.data(), text.size()};
        const iovec there{reinterpret_cast<void*>(second), text.size()}; // NOLINT(*-no-int-to-ptr)
        return ::process_vm_readv(process, &here, 1, &there, 1, 0) == static_cast<ssize_t>(text.size()) ? text : "";
    }
};

position position_of(pid_t process)
{
    user_regs_struct r = {};
    iovec all{&r, sizeof r};
    check(static_cast<int>(::ptrace(PTRACE_GETREGSET, process, 1 /* NT_PRSTATUS */, &all)), "read registers");
#if defined(__x86_64__)
    return {r.rip, r.rax, r.rdi, r.rsi, r.rdx};
#elif defined(__aarch64__)
    return {r.pc, r.regs[8], r.regs[0], r.regs[1], r.regs[2]};
#else
    throw std::runtime_error("instructions are counted on x86-64 and aarch64 only");
#endif
}

/// A start that is stopped before its first instruction, as is whatever it forks.
pid_t spawn_traced(const words& command, const std::string& pid_file)
{
    const pid_t child = check(::fork(), "fork");
    if (child == 0) {
        std::vector<char*> argv;
        for (const auto& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
        argv.push_back(nullptr);
        ::setenv("PID_FILE", pid_file.c_str(), 1);
        ::setenv("LD_BIND_NOW", "1", 1);
        ::dup2(::open("/dev/null", O_RDWR | O_CLOEXEC), STDOUT_FILENO);
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::execvp(argv.front(), argv.data());
        ::_exit(127);
    }
    if (::waitpid(child, nullptr, 0) == child)
        check(static_cast<int>(::ptrace(PTRACE_SETOPTIONS, child, nullptr,
                                        PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                                            PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)),
              "trace " + command.front());
    return child;
}

void run_to_main(pid_t process)
{
    for (int status = 0;;) {
        check(static_cast<int>(::ptrace(PTRACE_SYSCALL, process, nullptr, nullptr)), "trace");
        check(::waitpid(process, &status, 0), "trace");
        if (!WIFSTOPPED(status)) throw std::runtime_error("no mark in main(): instructions cannot be counted");
        __ptrace_syscall_info info = {};
        ::ptrace(PTRACE_GET_SYSCALL_INFO, process, sizeof info, &info);
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_write && info.entry.args[2] == 4 &&
            static_cast<int>(info.entry.args[0]) == -1)
            return;
    }
}

struct steps
{
    long count = 0;
    std::map<std::string, long> by_mark{}; ///< of `count`, what follows a mark "for: …", without that
    int status = 0;                        ///< of the first process
    pid_t daemon = 0;                      ///< that has shown the mark of readiness
};

/// Of a command from main() on, until all its processes have ended or are ready.
steps steps_of(const words& command, const std::string& pid_file)
{
    const pid_t launcher = spawn_traced(command, pid_file);
    run_to_main(launcher);
    const auto step = [](pid_t process, int signal) {
        check(static_cast<int>(::ptrace(PTRACE_SINGLESTEP, process, nullptr, signal)), "step");
    };
    steps all;
    std::map<pid_t, unsigned long long> at{{launcher, position_of(launcher).instruction}};
    std::map<pid_t, std::string> marks;
    for (step(launcher, 0); !at.empty();) {
        int status = 0;
        const pid_t process = check(::waitpid(-1, &status, __WALL), "wait for a step");
        if (!WIFSTOPPED(status)) {
            if (process == launcher) all.status = status;
            at.erase(process);
            continue;
        }
        const int signal = WSTOPSIG(status);
        const auto place = position_of(process);
        const auto [seen, first_stop] = at.try_emplace(process, place.instruction);
        const bool stepped = !first_stop && signal == SIGTRAP && status >> 16 == 0;
        // A string instruction stops after each element and is still one.
        if (stepped && std::exchange(seen->second, place.instruction) != place.instruction) {
            ++all.count;
            ++all.by_mark[marks[process]];
        }
        const auto mark = stepped ? place.mark(process) : "";
        if (mark.starts_with("for: ")) marks[process] = mark.substr(5);
        if (mark == "ready") {
            all.daemon = process;
            at.erase(process);
            check(static_cast<int>(::ptrace(PTRACE_DETACH, process, nullptr, nullptr)), "let the daemon go");
            continue;
        }
        step(process, first_stop || signal == SIGTRAP ? 0 : signal);
    }
    return all;
}

} // namespace

long user_instructions(const contender& who, const std::string& pid_file)
{
    const auto all = steps_of(who.start, pid_file);
    if (all.daemon == 0) throw std::runtime_error(who.name + " was never ready: its instructions cannot be counted");
    end(all.daemon);
    return all.count;
}

std::map<std::string, long> user_instructions_by_mark(const contender& who, const std::string& pid_file)
{
    auto all = steps_of(who.start, pid_file);
    if (all.daemon == 0) throw std::runtime_error(who.name + " was never ready: its instructions cannot be counted");
    end(all.daemon);
    return std::move(all.by_mark);
}

long user_instructions_of_verb(const words& verb, const std::string& pid_file)
{
    const auto all = steps_of(verb, pid_file);
    if (all.status != 0) throw std::runtime_error(verb.front() + " failed while its instructions were counted");
    return all.count;
}

} // namespace bench
