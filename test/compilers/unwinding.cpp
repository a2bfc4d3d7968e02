// SPDX-License-Identifier: BSL-1.0
// pthread_exit(3) and pthread_cancel(3) of the thread that runs the lifecycle: the stack is unwound, every guard is
// released, and nothing aborts. Prints what does not hold; its exit status is the number of these.
#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork.hpp>
#include <daemonkit/pid/no_pid_file.hpp>
#include <daemonkit/signal.hpp>
#include <daemonkit/stderr_log.hpp>
#include <daemonkit/stdio/inherit_stdio.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

using namespace daemonkit;
using namespace std::chrono_literals;

namespace {

int voice = 1;
/// No cancellation point: destructors call it.
void say(const char* word) { sys::raw::write(voice, word); }

struct local
{
    const char* at_end;
    ~local() { say(at_end); }
};

/// no_pid_file that says when the daemon releases the instance.
struct telling_pid_file : no_pid_file
{
    struct guard : decltype(no_pid_file{}.claim())
    {
        using base = decltype(no_pid_file{}.claim());
        guard() noexcept : base(no_pid_file{}.claim()) {}
        guard(guard && other) noexcept : base(other), told_(std::exchange(other.told_, true)) {}
        guard& operator=(guard&& other) noexcept
        {
            std::swap(told_, other.told_);
            return *this;
        }
        ~guard()
        {
            if (!told_ && ::getpid() != launcher) say("released ");
        }
        bool told_ = false;
    };
    [[nodiscard]] guard claim() const { return {}; }
    static inline pid_t launcher = -1;
};

enum class moment { on_start, run, on_reload, wait, end_of_run, on_stop };

/// Does something at some moment.
template <class Fork, class Signals>
struct leaving : basic_daemon<leaving<Fork, Signals>, Fork, telling_pid_file, Signals,
                              std::conditional_t<Fork::detaches, null_stdio, inherit_stdio>>
{
    moment when;
    void (*leave)();

    leaving(moment at, void (*how)()) : when(at), leave(how) {}

    void at(moment now) const
    {
        const local unwound{"unwound "};
        if (when == now) leave();
    }
    void on_start() { at(moment::on_start); }
    int run()
    {
        const local unwound{"run-unwound "};
        ::alarm(20); // ends a daemon that is not cancelled
        if (when == moment::on_reload) ::raise(SIGHUP);
        if (when == moment::wait) leave();
        at(moment::run);
        if (when == moment::end_of_run) return leave(), 0;
        while (when != moment::on_stop && this->wait()) {}
        return 0;
    }
    void on_reload() { at(moment::on_reload); }
    void on_stop()
    {
        say("on_stop ");
        at(moment::on_stop);
    }
};

void exits() { ::pthread_exit(nullptr); }

void is_cancelled() { ::pthread_cancel(::pthread_self()); }

void sleeps_cancelled()
{
    is_cancelled();
    for (;;) ::pause();
}

void logs_cancelled()
{
    is_cancelled();
    stderr_log(log_level::err, "x");
    for (;;) ::pause();
}

/// Another thread cancels this one while it sleeps, and ends then.
void is_cancelled_later()
{
    static pthread_t self;
    static pid_t id;
    self = ::pthread_self();
    id = ::gettid();
    pthread_t other{};
    ::pthread_create(
        &other, nullptr,
        [](void*) -> void* {
            const std::string file = "/proc/self/task/" + std::to_string(id) + "/stat";
            for (char state = 0; state != 'S';) {
                std::FILE* const stat = std::fopen(file.c_str(), "r");
                if (stat == nullptr || std::fscanf(stat, "%*d (%*[^)]) %c", &state) != 1) std::abort();
                std::fclose(stat);
            }
            ::pthread_cancel(self);
            return nullptr;
        },
        nullptr);
    ::pthread_detach(other);
}

int failures = 0;

template <class Fork, class Signals>
void check(const std::string& name, moment when, void (*leave)(), const std::string& expected, const char* told)
{
    int out[2];
    if (::pipe(out) == -1) std::abort();
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) {
        voice = out[1];
        ::dup2(out[1], 2);
        ::close(out[0]);
        telling_pid_file::launcher = Fork::detaches ? ::getpid() : -1;
        typename leaving<Fork, Signals>::settings settings{};
        settings.process.keep_descriptors = {voice};
        const auto result = leaving<Fork, Signals>(when, leave).start(settings);
        if (result.in_launcher && result.outcome != start_outcome::ready) say(result.message.c_str());
        if (!result.in_launcher) say("returned");
        ::_exit(result.status);
    }
    ::close(out[1]);
    std::string said;
    char bytes[4096];
    for (ssize_t n = 0; (n = ::read(out[0], bytes, sizeof bytes)) > 0;) said.append(bytes, static_cast<std::size_t>(n));
    ::close(out[0]);
    bool good = true;
    int status = 0;
    for (pid_t ended = 0; (ended = ::waitpid(-1, &status, 0)) > 0;)
        good = good && (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || (told[0] != '\0' && ended == child)));
    if (Fork::detaches && told[0] != '\0') good = good && said.find(told) != std::string::npos;
    if (good && said.starts_with(expected) && (told[0] != '\0' || said == expected)) return;
    std::printf("%s: wait status %d, printed: %s\n", name.c_str(), status, said.c_str());
    ++failures;
}

template <class Fork, class Signals>
void check_each(const std::string& name)
{
    const char* const early = "the daemon exited with status 0 before it was ready";
    const auto started = [&](const std::string& how, moment when, void (*leave)(), const std::string& expected) {
        check<Fork, Signals>(name + how, when, leave, "unwound " + expected, "");
    };
    check<Fork, Signals>(name + ", exit in on_start", moment::on_start, exits, "unwound released ", early);
    started(", exit in run", moment::run, exits, "unwound run-unwound released ");
    started(", exit in on_reload", moment::on_reload, exits, "unwound unwound run-unwound released ");
    started(", exit in on_stop", moment::on_stop, exits, "unwound run-unwound on_stop unwound released ");
    started(", cancelled in run", moment::run, sleeps_cancelled, "unwound run-unwound released ");
    started(", cancelled at the end of run", moment::end_of_run, is_cancelled,
            "unwound run-unwound on_stop unwound released returned");
    started(", cancelled before stderr_log()", moment::run, logs_cancelled,
            std::string(Fork::detaches ? "" : "error: x\n") + "unwound run-unwound released ");
    started(", cancelled in wait", moment::wait, is_cancelled, "unwound run-unwound released ");
    started(", cancelled in wait by another thread", moment::wait, is_cancelled_later, "unwound run-unwound released ");
}

template <class Fork>
void check_signals(const std::string& fork)
{
    check_each<Fork, flag_signals>(fork + " flag_signals");
    check_each<Fork, self_pipe_signals>(fork + " self_pipe_signals");
    check_each<Fork, signalfd_signals>(fork + " signalfd_signals");
}

} // namespace

int main()
{
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
    check_signals<no_fork>("no_fork");
    check_signals<single_fork>("single_fork");
    check_signals<double_fork>("double_fork");
    if (sys::memory_can_be_shared()) check_signals<handoff_fork>("handoff_fork");
    return failures;
}
