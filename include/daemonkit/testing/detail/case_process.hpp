// SPDX-License-Identifier: BSL-1.0
// A contract case runs in a child of the test program, which it can neither harm nor hang. In the child, and in every
// process that it makes, expect(), fail(), step() and skip() send words to the test program, which reports them.
#pragma once

#include "processes.hpp"

#include <fcntl.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string_view>

namespace daemonkit::testing::detail {

/// What a case said, as the test program received it.
struct case_result
{
    std::vector<std::string> failures{};
    std::string skipped{}; ///< the reason; empty: it ran
    int tried = 0;         ///< runs with a fault
};

/// The channel of the case; a number that no policy is given.
inline int case_channel = -1;
/// What is tried just now, for the front of each failure.
inline std::string case_context; // NOLINT(cert-err58-cpp)

/// One line for the test program, in one write(2).
inline void send_word(char kind, std::string text)
{
    for (char& c : text)
        if (c == '\n') c = ' ';
    text.resize(std::min<std::size_t>(text.size(), 2000)); // whole lines only: PIPE_BUF
    const std::string line = kind + text + "\n";
    if (::write(case_channel, line.data(), line.size()) == -1) ::_exit(124);
}

/// The case has failed; it goes on.
inline void fail(const std::string& what) { send_word('F', case_context + what); }
/// Returns `condition`; the case has failed if it is false.
inline bool expect(bool condition, const std::string& what)
{
    if (!condition) fail(what);
    return condition;
}
/// What the case does next: the test program names it if the case hangs.
inline void step(const std::string& what) { send_word('C', case_context + what); }
/// The case cannot run, or this policy has no such row.
inline void skip(const std::string& reason) { send_word('S', reason); }

/// Puts text in front of the context while it lives.
class case_context_of
{
public:
    explicit case_context_of(const std::string& text) : before_(case_context)
    {
        case_context += text + ": ";
        step("");
    }
    case_context_of(const case_context_of&) = delete;
    case_context_of& operator=(const case_context_of&) = delete;
    ~case_context_of() { case_context = before_; }

private:
    std::string before_;
};

/// Signals as a program without handlers has them; Boost.Test may have installed some.
inline void reset_signals()
{
    for (int signal = 1; signal < _NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Executes `body` in the child, and ends it.
[[noreturn]] inline void live_case(const std::function<void()>& body)
{
    constexpr int out_of_the_way = 700;
    if (const int high = ::fcntl(case_channel, F_DUPFD_CLOEXEC, out_of_the_way); high != -1) {
        ::close(case_channel);
        case_channel = high;
    }
    reset_signals();
    if (const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC); null > 0) {
        ::dup2(null, 0);
        ::close(null);
    }
    const pid_t self = ::getpid();
    try {
        body();
    } catch (const std::exception& e) {
        fail(std::string("exception: ") + e.what());
    }
    std::fflush(nullptr);
    if (::getpid() == self) end_children();
    ::_exit(0);
}

/// Executes `body` in a child of the case, and returns its exit status; -1: it hung, which is a failure.
inline int in_process(const std::string& name, const std::function<void()>& body)
{
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == -1) return fail("no process"), -1;
    if (child == 0) {
        try {
            body();
        } catch (const std::exception& e) {
            fail(name + ": exception: " + e.what());
        }
        std::fflush(nullptr);
        ::_exit(0);
    }
    if (!expect(ends(child), name + " hangs")) {
        ::kill(child, SIGKILL);
        exit_status_of(child);
        return -1;
    }
    return exit_status_of(child);
}

/// Reads the words of a case until its process has ended, or has said nothing for the bound.
class case_listener
{
public:
    case_listener(int channel, pid_t process) : channel_(channel), process_(process) {}

    /// The wait status; -1: it was killed, because it hung.
    int listen(case_result& result)
    {
        constexpr std::chrono::seconds bound{60};
        for (auto until = std::chrono::steady_clock::now() + bound;;) {
            if (hear(result)) until = std::chrono::steady_clock::now() + bound;
            int status = 0;
            if (::waitpid(process_, &status, WNOHANG) == process_) {
                while (hear(result)) {}
                return status;
            }
            if (std::chrono::steady_clock::now() > until) {
                ::kill(process_, SIGKILL);
                exit_status_of(process_);
                while (hear(result)) {}
                return -1;
            }
        }
    }
    [[nodiscard]] const std::string& last_step() const noexcept { return step_; }

private:
    /// Waits a moment for words; false if there were none.
    bool hear(case_result& result)
    {
        pollfd p{channel_, POLLIN, 0};
        std::array<char, 4096> bytes;
        if (::poll(&p, 1, 5) != 1) return false;
        const auto size = ::read(channel_, bytes.data(), bytes.size());
        if (size <= 0) {
            ::usleep(1000); // its writers have ended: the process does soon
            return false;
        }
        text_.append(bytes.data(), static_cast<std::size_t>(size));
        for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
            take(text_[0], text_.substr(1, end - 1), result);
            text_.erase(0, end + 1);
        }
        return true;
    }

    void take(char kind, std::string words, case_result& result)
    {
        switch (kind) {
        case 'F': result.failures.push_back(std::move(words)); break;
        case 'S': result.skipped = std::move(words); break;
        case 'T': result.tried += std::atoi(words.c_str()); break;
        default: step_ = std::move(words);
        }
    }

    int channel_;
    pid_t process_;
    std::string text_{};
    std::string step_{};
};

/// Makes the calling process the parent of the processes that its children leave, and ends those.
class left_processes
{
public:
    left_processes() : before_(children_of(::getpid()))
    {
        ::prctl(PR_GET_CHILD_SUBREAPER, &was_subreaper_);
        ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
    }
    left_processes(const left_processes&) = delete;
    left_processes& operator=(const left_processes&) = delete;
    ~left_processes()
    {
        for (bool some = true; some;) {
            some = false;
            for (const pid_t child : children_of(::getpid()))
                if (std::find(before_.begin(), before_.end(), child) == before_.end()) {
                    ::kill(child, SIGKILL);
                    exit_status_of(child);
                    some = true;
                }
        }
        ::prctl(PR_SET_CHILD_SUBREAPER, static_cast<unsigned long>(was_subreaper_), 0UL, 0UL, 0UL);
    }

private:
    std::vector<pid_t> before_;
    int was_subreaper_ = 0;
};

/// Runs a case in a child of the calling process. Returns what it said.
inline case_result run_case(const std::function<void()>& body)
{
    case_result result;
    std::array<int, 2> channel{};
    if (::pipe2(channel.data(), O_CLOEXEC) == -1) return {{"no pipe"}};
    const left_processes left;
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == -1) return {{"no process"}};
    if (child == 0) {
        ::close(channel[0]);
        case_channel = channel[1];
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
        live_case(body);
    }
    ::close(channel[1]);
    case_listener listener(channel[0], child);
    const int status = listener.listen(result);
    ::close(channel[0]);
    const auto doing = listener.last_step().empty() ? std::string() : ", doing: " + listener.last_step();
    if (status == -1)
        result.failures.push_back("the case hangs" + doing);
    else if (status != 0)
        result.failures.push_back("the case ended with status " + std::to_string(shell_status(status)) + doing);
    return result;
}

} // namespace daemonkit::testing::detail
