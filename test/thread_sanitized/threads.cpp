// SPDX-License-Identifier: BSL-1.0
// threads POLICY PID_FILE: daemons whose run() has threads, while signals arrive as fast as they can be sent. The
// threads call stop_requested(), fork(), and read what on_reload() writes. Once in the foreground and once detached.
#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork/double_fork.hpp>
#include <daemonkit/pid/flock_pid_file.hpp>
#include <daemonkit/signal.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <vector>

using namespace daemonkit;
using namespace daemonkit::detail;
using namespace std::chrono_literals;

namespace {

/// The progress of the daemon, in memory shared with the sender of its signals.
struct progress
{
    std::atomic<int> reloads{0};
    std::atomic<int> chosen{0};
    std::atomic<int> read{0};
    std::atomic<int> forked{0};
    std::atomic<int> stopped{0};
    std::atomic<bool> calm{false};
    std::atomic<bool> failed{false};

    [[nodiscard]] bool enough() const { return reloads > 100 && chosen > 100 && read > 100 && forked > 20; }
};

template <class Signals>
class threaded : public basic_daemon<threaded<Signals>, double_fork, flock_pid_file, Signals, null_stdio>
{
public:
    explicit threaded(progress& p) : progress_(p) {}

    void on_reload()
    {
        const std::scoped_lock lock(state_);
        text_ = std::to_string(++reloads_);
        ++progress_.reloads;
    }
    void on_signal(int) { ++progress_.chosen; }
    /// The senders go on until the daemon has received its stop. A signal that arrives after the dispositions were
    /// restored ends any process.
    void on_stop()
    {
        ++progress_.stopped;
        while (!progress_.calm) std::this_thread::yield();
    }

    int run()
    {
        std::vector<std::thread> threads;
        for (int i = 0; i < 2; ++i) threads.emplace_back([this] { read(); });
        for (int i = 0; i < 2; ++i) threads.emplace_back([this] { fork(); });
        // ThreadSanitizer runs handlers later than the kernel does, after the look of wait(), which then sleeps: only a
        // descriptor wakes it under this sanitizer.
        constexpr bool wakes = has_signal_fd<signals_type<Signals>>;
        while (this->wait_for(1ms) && (!wakes || this->wait())) {}
        over_ = true;
        for (auto& thread : threads) thread.join();
        return 0;
    }

private:
    [[nodiscard]] bool ends() const
    {
        if constexpr (has_stop_requested<signals_type<Signals>>) return this->stop_requested();
        return over_;
    }

    void read()
    {
        while (!ends()) {
            const std::scoped_lock lock(state_);
            if (text_ != std::to_string(reloads_)) progress_.failed = true;
            ++progress_.read;
        }
    }

    /// Children that end by themselves, and one that a TERM ends, which must not stop the daemon.
    void fork()
    {
        while (!ends()) {
            const pid_t child = ::fork();
            if (child == 0) {
                if (progress_.forked % 2 == 0) ::_exit(7);
                for (;;) ::pause();
            }
            if (child == -1) {
                progress_.failed = true;
                return;
            }
            ::kill(child, SIGTERM);
            int status = 0;
            sys::retry([&] { return ::waitpid(child, &status, 0); }); // flag_signals interrupts
            const bool by_itself = WIFEXITED(status) && WEXITSTATUS(status) == 7;
            if (!by_itself && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM)) progress_.failed = true;
            ++progress_.forked;
        }
    }

    std::mutex state_{};
    std::string text_ = "0";
    int reloads_ = 0;
    std::atomic<bool> over_{false};
    progress& progress_;
};

/// HUP and USR1 at full speed, among them the verb reload, and one TERM.
template <class Daemon>
bool storm(const typename Daemon::settings& s, pid_t daemon, progress& p)
{
    while (!p.enough()) {
        ::kill(daemon, SIGHUP);
        ::kill(daemon, SIGUSR1);
        if (Daemon::reload(s).pid != daemon) return false;
    }
    const pid_t sender = ::fork();
    if (sender == 0) {
        while (p.stopped == 0) ::kill(daemon, SIGHUP);
        p.calm = true;
        ::_exit(0);
    }
    const bool stopped = Daemon::stop(s).pid == daemon;
    int status = 0;
    ::waitpid(sender, &status, 0);
    return stopped && ::waitpid(daemon, &status, 0) == daemon && status == 0 && p.stopped == 1 && !p.failed;
}

template <class Signals>
int play(const std::string& pid_file)
{
    using daemon = threaded<Signals>;
    const typename daemon::settings s{
        .pid = {.path = pid_file}, .process = {.name = "threaded"}, .stop = {{SIGTERM, 120s}}};
    void* const memory =
        ::mmap(nullptr, 2 * sizeof(progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return 124;
    auto* const its = new (memory) progress[2]{};
    ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL); // to get the status of the detached daemon

    const pid_t foreground = ::fork();
    if (foreground == 0) return daemon(its[0]).run_in_foreground(s);
    while (daemon::status(s).pid != foreground) std::this_thread::sleep_for(1ms);
    if (!storm<daemon>(s, foreground, its[0])) return 3;

    daemon d(its[1]);
    const start_result r = d.start(s);
    if (!r.in_launcher) return r;
    if (r.outcome != start_outcome::ready) {
        std::fprintf(stderr, "%s\n", r.message.c_str());
        return 4;
    }
    if (!storm<daemon>(s, r.pid, its[1])) return 5;
    for (int i = 0; i < 2; ++i)
        std::printf("%s: %d reloads, %d other signals, %d children of threads, %d reads in threads, 1 stop\n",
                    i == 0 ? "in the foreground" : "detached", its[i].reloads.load(), its[i].chosen.load(),
                    its[i].forked.load(), its[i].read.load());
    return 0;
}

int race()
{
    int shared = 0;
    std::thread other([&] { ++shared; });
    ++shared;
    other.join();
    return shared == 2 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "nothing") return 0;
    if (what == "sees_a_race") return race();
    if (argc == 3 && what == "flag_signals") return play<basic_flag_signals<SIGUSR1>>(argv[2]);
    if (argc == 3 && what == "self_pipe_signals") return play<basic_self_pipe_signals<SIGUSR1>>(argv[2]);
    if (argc == 3 && what == "signalfd_signals") return play<basic_signalfd_signals<SIGUSR1>>(argv[2]);
    return 125;
}
