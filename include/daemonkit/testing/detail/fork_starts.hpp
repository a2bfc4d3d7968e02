// SPDX-License-Identifier: BSL-1.0
// What the contract cases of a ForkPolicy have in common: a launcher in a process of its own, and the daemon that it
// makes, as start() does it.
#pragma once

#include "../../fork/concept.hpp"
#include "other_process.hpp"
#include "signal_lives.hpp"
#include "step_faults.hpp"
#include "suite.hpp"

#include <sys/mman.h>

#include <atomic>

namespace daemonkit::testing::detail {

using namespace std::chrono_literals;

template <class ForkPolicy>
inline constexpr bool forks = daemonkit::detail::detaches<ForkPolicy>;

inline constexpr const char* detaches_not = "P::detaches is false: the daemon is the process that calls start()";

/// What launcher and daemon leave for the case, in memory that all its processes share.
struct start_facts
{
    std::atomic<int> daemon{0}; ///< its pid
    std::atomic<int> session{0};
    std::atomic<int> group{0};
    std::atomic<long> terminal{-1};
    std::atomic<bool> all_blocked{false}; ///< all signals, in the daemon after detach()
    std::atomic<bool> calls_ready{false};
    std::atomic<int> outcome{-1};    ///< of the start_report; -1: there was none
    std::atomic<int> status{-1};     ///< the same
    std::atomic<int> pid{0};         ///< the same
    std::atomic<bool> zombie{false}; ///< the launcher had a child to collect when the start had failed
};

inline start_facts& shared_facts()
{
    void* const memory =
        ::mmap(nullptr, sizeof(start_facts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("no shared memory"); // NOLINT(*-cstyle-cast)
    return *new (memory) start_facts;
}

/// In the launcher, with all signals blocked: waits as start() does. `before` is the mask of the launcher.
template <class ForkLink>
start_report wait_for_start(ForkLink& link, const sigset_t& before)
{
    if constexpr (daemonkit::detail::waits_with_mask<ForkLink>) return link.wait(no_progress{}, before);
    sys::set_mask(before);
    return link.wait(no_progress{});
}

/// In the launcher. All signals are blocked while detach() runs, as in start(), and in the daemon until it is checked.
/// `daemon(link)` runs in the daemon, which then ends with status 0. Returns the exit status.
template <class ForkPolicy, class DaemonBody>
int launch(const ForkPolicy& policy, start_facts& facts, DaemonBody daemon)
{
    const sigset_t before = sys::current_mask();
    const auto live = [&](auto& link) {
        facts.all_blocked = difference(mask_now(), sys::all_signals()).empty();
        sys::set_mask(before);
        facts.session = ::getsid(0);
        facts.group = ::getpgid(0);
        facts.terminal = proc_stat(::getpid(), 7);
        facts.daemon = ::getpid();
        try {
            daemon(link);
        } catch (const std::exception& e) {
            fail(std::string("exception in the daemon: ") + e.what());
        }
        ::_exit(0);
    };
    try {
        if constexpr (daemonkit::detail::leaves_no_launcher<ForkPolicy>) {
            const sys::blocked_signals all(sys::all_signals());
            auto link = policy.detach(launcher_plan{.mask = before});
            live(link);
        } else if constexpr (forks<ForkPolicy>) {
            const sys::blocked_signals all(sys::all_signals());
            auto link = policy.detach();
            if (!link.in_launcher()) live(link);
            const start_report report = wait_for_start(link, before);
            mark_step();
            facts.status = report.status;
            facts.pid = report.pid;
            const bool failed = report.outcome != start_outcome::ready;
            facts.zombie = failed && ::waitpid(-1, nullptr, WNOHANG) != -1;
            facts.outcome = static_cast<int>(report.outcome);
            if (!report.message.empty()) std::fprintf(stderr, "%s\n", report.message.c_str());
            return report.status;
        }
    } catch (const startup_error& e) {
        mark_step();
        std::fprintf(stderr, "%s\n", e.what());
        return e.status();
    } catch (const std::exception& e) {
        fail(std::string("detach() throws something else than startup_error: ") + e.what());
    }
    return 99;
}

/// A start: the launcher is a child of the case, and prints the message on its standard error.
template <class ForkPolicy>
class started
{
public:
    /// `prepare()` runs in the launcher before detach(); `daemon(link, channel)` in the daemon. `channel.await()` there
    /// returns after go().
    template <class DaemonBody>
    started(
        const ForkPolicy& policy, DaemonBody daemon, const std::function<void()>& prepare = [] {})
        : facts_(shared_facts()), errors_(make_pipe()), launcher_([&](const other_process& channel) {
              ::dup2(errors_[1], 2);
              ::close(errors_[1]);
              ::close(errors_[0]);
              prepare();
              return launch(policy, facts_, [&](auto& link) { daemon(link, channel); });
          })
    {
        ::close(errors_[1]);
    }
    started(const started&) = delete;
    started& operator=(const started&) = delete;
    ~started()
    {
        ::close(errors_[0]);
        ::munmap(&facts_, sizeof facts_);
    }

    [[nodiscard]] const start_facts& facts() const noexcept { return facts_; }
    [[nodiscard]] pid_t launcher() const noexcept { return launcher_.pid(); }
    [[nodiscard]] const other_process& channel() const noexcept { return launcher_; }
    /// The exit status of the launcher; -1 after a failure: it hangs.
    int status()
    {
        const int status = launcher_.status();
        expect(status != -1, "the launcher hangs");
        expect(status != 99, "detach() returns nowhere");
        return status;
    }
    /// What the launcher printed, after status().
    std::string message()
    {
        std::string text(4096, '\0');
        ::fcntl(errors_[0], F_SETFL, O_NONBLOCK);
        const auto size = ::read(errors_[0], text.data(), text.size());
        text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return text;
    }

    void expect_success()
    {
        const bool good = status() == 0;
        expect(good, "the start fails: " + message());
    }
    /// The start has ended so; a launcher that is not left does not tell.
    void expect_outcome(start_outcome outcome, const char* name, const std::string& when) const
    {
        if constexpr (!daemonkit::detail::leaves_no_launcher<ForkPolicy>)
            expect(facts_.outcome == static_cast<int>(outcome),
                   when + ": the outcome is not `" + name + "`, but number " + std::to_string(facts_.outcome));
    }
    /// A start that failed: its processes have ended, and the reason was told.
    void expect_nothing_left(const std::string& when)
    {
        expect(!facts_.zombie, when + ": the launcher has a zombie to collect");
        expect(!message().empty(), when + ": the launcher is told no reason");
        std::string left;
        const bool gone = eventually(
            [&] {
                while (::waitpid(-1, nullptr, WNOHANG) > 0) {} // as init does
                left.clear();
                for (const pid_t child : children_of(::getpid())) left += " " + std::to_string(child);
                return left.empty();
            },
            5s);
        expect(gone, when + ": processes are left:" + left);
        end_children();
    }

private:
    static std::array<int, 2> make_pipe()
    {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) == -1) throw std::runtime_error("no pipe");
        return ends;
    }

    start_facts& facts_;
    std::array<int, 2> errors_;
    other_process launcher_;
};

} // namespace daemonkit::testing::detail
