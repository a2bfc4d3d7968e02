// SPDX-License-Identifier: BSL-1.0
// Shared by the tests of many simultaneous processes: all processes below the test, a journal in shared memory, a
// daemon that writes to it, and a source of random moments.
#pragma once

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork.hpp>
#include <daemonkit/pid.hpp>
#include <daemonkit/signal.hpp>
#include <daemonkit/stdio.hpp>

#include <boost/test/unit_test.hpp>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <new>
#include <random>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace fs = boost::filesystem;
using namespace daemonkit;
using namespace std::chrono_literals;

/// Nanoseconds of a clock that all processes share.
inline long now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

/// The number of repetitions: the environment variable if it is set, for longer runs.
inline int times(const char* variable, int otherwise)
{
    const char* const value = std::getenv(variable);
    return value != nullptr ? std::atoi(value) : otherwise;
}

/// Random numbers. DAEMONKIT_SEED repeats a sequence.
class dice
{
public:
    dice() : seed_(static_cast<unsigned>(times("DAEMONKIT_SEED", static_cast<int>(std::random_device{}() >> 1U)))) {}

    [[nodiscard]] unsigned seed() const noexcept { return seed_; }
    int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(engine_); }
    template <class Range>
    void shuffle(Range& range)
    {
        std::shuffle(range.begin(), range.end(), engine_);
    }

private:
    unsigned seed_;
    std::mt19937 engine_{seed_};
};

/// A T in memory shared by this process and its children.
template <class T>
class shared
{
public:
    shared()
    {
        void* const memory = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        object_ = new (memory) T{};
    }
    shared(const shared&) = delete;
    shared& operator=(const shared&) = delete;
    ~shared() { ::munmap(object_, sizeof(T)); }

    T& operator*() const noexcept { return *object_; }
    T* operator->() const noexcept { return object_; }

private:
    T* object_ = nullptr;
};

/// One record of the journal.
struct happening
{
    enum class kind { up, down, second, start, restart, stop, reload, status };

    kind what = kind::up;
    pid_t pid = 0;  ///< the daemon that it is about; 0: none
    long begin = 0; ///< of the call; for up and down both are that moment
    long end = 0;
    int status = 0;                                ///< exit status of the verb
    start_outcome outcome = start_outcome::failed; ///< of start and restart
    std::array<char, 160> said{};                  ///< its sentence
    bool gone = true;                              ///< whether `pid` had ended when stop returned
    std::atomic<bool> written{false};              ///< a killed writer leaves a line unfinished
};

/// The journal of all processes. It takes no lock.
class journal
{
public:
    happening& line()
    {
        const auto at = count_.fetch_add(1);
        if (at >= lines_.size()) std::abort();
        return lines_[at];
    }
    void moment(happening::kind what, pid_t pid)
    {
        auto& h = line();
        h.what = what;
        h.pid = pid;
        h.begin = h.end = now();
        h.written = true;
    }
    /// For the test, while no process writes.
    [[nodiscard]] std::span<const happening> lines() const noexcept { return {lines_.data(), count_.load()}; }
    [[nodiscard]] long count(happening::kind what) const
    {
        return std::count_if(lines().begin(), lines().end(),
                             [=](const happening& h) { return h.written && h.what == what; });
    }
    void clear()
    {
        for (auto& h : std::span(lines_.data(), count_.exchange(0))) h.written = false;
    }

private:
    std::atomic<std::size_t> count_{0};
    std::array<happening, 4096> lines_{};
};

/// The processes below this one. Orphans become its children (subreaper), so that none is missed.
class family
{
public:
    family() { ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL); }
    family(const family&) = delete;
    family& operator=(const family&) = delete;
    ~family()
    {
        for (auto left = alive(); !left.empty(); left = alive())
            for (const pid_t pid : left) put_down(pid);
    }

    /// Runs `body` in a child, which ends with _exit. So does every process that returns from `body`.
    template <class Body>
    static pid_t fork(Body body)
    {
        std::fflush(nullptr);
        const pid_t child = ::fork();
        if (child == -1) std::abort(); // a signal to -1 would reach every process
        if (child == 0) {
            int status = 125;
            try {
                status = body();
            } catch (const std::exception& e) {
                std::fprintf(stderr, "exception out of the child: %s\n", e.what());
            }
            ::_exit(status);
        }
        return child;
    }

    /// The exit status of a child; 128 + N if signal N ended it; -1 if it did not end within the bound.
    static int status_of(pid_t child)
    {
        int status = 0;
        if (!ends(child) || ::waitpid(child, &status, 0) != child) return -1;
        return shell_status(status);
    }

    /// The processes that run below this one now. Dead ones are collected.
    static std::set<pid_t> alive()
    {
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {}
        std::set<pid_t> all;
        add_below(::getpid(), all);
        return all;
    }

private:
    static void add_below(pid_t parent, std::set<pid_t>& all)
    {
        for (const pid_t child : children_of(parent))
            if (all.insert(child).second) add_below(child, all);
    }
};

/// A daemon that records when it is up and when it ends. In between it holds a file open exclusively, independently of
/// the pid file: a second daemon at the same time is recorded.
template <class Pid, class Fork = double_fork>
class witnessed : public basic_daemon<witnessed<Pid, Fork>, Fork, Pid, signalfd_signals, null_stdio>
{
public:
    witnessed(journal& j, const fs::path& witness) : journal_(j), witness_(witness.string()) {}

    void on_start()
    {
        alone_.reset(sys::open(witness_.c_str(), O_RDWR | O_CREAT, 0600));
        if (!sys::try_lock(alone_.get())) journal_.moment(happening::kind::second, ::getpid());
        journal_.moment(happening::kind::up, ::getpid());
    }
    void on_reload() {}
    void on_stop()
    {
        journal_.moment(happening::kind::down, ::getpid());
        alone_.reset();
    }
    int run()
    {
        while (this->wait()) {}
        return 0;
    }

private:
    journal& journal_;
    std::string witness_;
    sys::unique_fd alone_{};
};

/// An instance in a temporary directory: its daemon class, its settings, and every verb with a journal record.
template <class Pid, class Fork = double_fork>
class instance
{
public:
    using daemon = witnessed<Pid, Fork>;

    explicit instance(const std::string& pid_file = "daemon.pid") : path_(top_ / pid_file) {}

    [[nodiscard]] const fs::path& pid_file() const noexcept { return path_; }
    [[nodiscard]] journal& written() const noexcept { return *journal_; }
    [[nodiscard]] typename daemon::settings settings() const
    {
        // No test here needs KILL: a daemon that must be killed has lost a signal, and the check of the journal fails.
        return {.pid = {.path = path_}, .process = {.name = "witnessed"}, .stop = {{SIGTERM, 60s}, {SIGKILL, 60s}}};
    }
    [[nodiscard]] status_report status() const { return daemon::status(settings()); }
    [[nodiscard]] control_result stop() const { return daemon::stop(settings()); }

    /// Calls the verb and records its result. It does not return in a daemon.
    void call(happening::kind verb) const
    {
        using kind = happening::kind;
        happening heard;
        heard.what = verb;
        heard.begin = now();
        std::string said;
        if (verb == kind::start || verb == kind::restart) {
            const start_report r = begin(verb);
            heard.pid = r.pid;
            heard.status = r.status;
            heard.outcome = r.outcome;
            said = r.message;
        } else if (verb == kind::status) {
            const auto r = status();
            heard.pid = r.pid;
            heard.status = r.status();
            said = r.message;
        } else {
            const auto r = verb == kind::stop ? stop() : daemon::reload(settings());
            heard.pid = r.pid;
            heard.status = r.status;
            said = r.message;
        }
        heard.end = now();
        heard.gone = verb != kind::stop || !alive(heard.pid);
        auto& line = journal_->line();
        line.what = heard.what;
        line.pid = heard.pid;
        line.begin = heard.begin;
        line.end = heard.end;
        line.status = heard.status;
        line.outcome = heard.outcome;
        line.gone = heard.gone;
        line.said = {};
        std::copy_n(said.begin(), std::min(said.size(), line.said.size() - 1), line.said.begin());
        line.written = true;
    }

    /// The same in a child; returns its result.
    [[nodiscard]] const happening& in_child(happening::kind verb) const
    {
        BOOST_TEST(family::status_of(family::fork([&] { return call(verb), 0; })) == 0);
        const auto lines = journal_->lines();
        const auto last =
            std::find_if(lines.rbegin(), lines.rend(), [=](const happening& h) { return h.written && h.what == verb; });
        BOOST_TEST_REQUIRE((last != lines.rend()));
        return *last;
    }

    /// Either the daemon is the only process below the test and status reports it, or there is none and status says so.
    [[nodiscard]] bool one_or_none() const
    {
        const auto left = family::alive();
        const auto found = status();
        if (left.empty()) return found.state == status_report::condition::stopped;
        return left.size() == 1 && found.state == status_report::condition::running && found.pid == *left.begin();
    }

private:
    [[nodiscard]] start_report begin(happening::kind verb) const
    {
        daemon d(*journal_, top_ / "witness");
        const auto go = [&] { return verb == happening::kind::start ? d.start(settings()) : d.restart(settings()); };
        if constexpr (!detail::leaves_no_launcher<Fork>) {
            const start_result r = go();
            if (!r.in_launcher) ::_exit(r.status);
            return r;
        } else { // a launcher that does not return is a child of this process
            constexpr int came_back = 100;
            const int status = family::status_of(family::fork([&] {
                const start_result r = go();
                return r.in_launcher ? came_back + static_cast<int>(r.outcome) : r.status;
            }));
            if (status == 0) return {start_outcome::ready, 0, this->status().pid, {}};
            if (status < came_back) return {start_outcome::failed, status, 0, {}};
            const auto outcome = static_cast<start_outcome>(status - came_back);
            return {outcome, outcome == start_outcome::already_running ? 0 : 1, 0, {}};
        }
    }

    temporary_directory top_;
    fs::path path_;
    shared<journal> journal_;
    family family_; // ends all processes before the directory is removed
};

/// Runs a check with both policies of pid files.
template <class Check>
void with_both(Check check)
{
    BOOST_TEST_CONTEXT("pid_file") { check.template operator()<pid_file>(); }
    BOOST_TEST_CONTEXT("flock_pid_file") { check.template operator()<flock_pid_file>(); }
}
