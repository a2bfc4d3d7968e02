// SPDX-License-Identifier: BSL-1.0
// single_fork with one mistake each, in its link or around its fork.
#include <daemonkit/fork/single_fork.hpp>
#include <daemonkit/sys/file.hpp>
#include <daemonkit/sys/signal_mask.hpp>
#include <daemonkit/testing/fork_policy.hpp>

#include <cstdlib>
#include <stdexcept>

namespace {

namespace sys = daemonkit::sys;

enum class fork_mistake {
    none,
    ready_throws,
    ready_is_not_told,
    a_death_is_success,
    the_status_is_lost,
    a_zombie_is_left,
    a_process_is_left,
    takes_a_terminal,
    leaks_a_descriptor,
    unblocks_signals,
    dies_with_its_launcher,
    extends_never,
    a_line_ends_the_wait
};

template <fork_mistake Mistake>
struct mistaken_fork
{
    static constexpr bool detaches = true;

    static constexpr bool has(fork_mistake mistake) { return Mistake == mistake; }

    class link
    {
    public:
        explicit link(daemonkit::detail::launcher_link to) : to_(std::move(to)) {}

        [[nodiscard]] bool in_launcher() const noexcept { return to_.in_launcher(); }
        template <class WaitProgress>
        daemonkit::start_report wait(WaitProgress progress)
        {
            auto report = to_.wait(progress);
            if (has(fork_mistake::a_death_is_success) && report.outcome == daemonkit::start_outcome::died)
                report = {daemonkit::start_outcome::ready, 0, report.pid, {}};
            return report;
        }
        [[nodiscard]] int descriptor() const noexcept { return to_.descriptor(); }
        void ready() noexcept
        {
            if (has(fork_mistake::ready_throws)) throw_something();
            if (!has(fork_mistake::ready_is_not_told)) to_.ready();
        }
        void fail(std::string_view sentence, int status) noexcept
        {
            to_.fail(sentence, has(fork_mistake::the_status_is_lost) ? 1 : status);
        }
        void extend(std::chrono::nanoseconds more) noexcept
        {
            if (!has(fork_mistake::extends_never)) to_.extend(more);
        }

        void status(std::string_view line) noexcept
        {
            if (has(fork_mistake::a_line_ends_the_wait))
                to_.fail(line, 1);
            else
                to_.status(line);
        }

    private:
        static void throw_something() { throw std::runtime_error("not ready"); }

        daemonkit::detail::launcher_link to_;
    };

    /// Each of many traced runs would wait for the bound.
    static bool is_traced()
    {
        std::string text;
        sys::read_file("/proc/self/status", text, 4096);
        return text.find("TracerPid:\t0") == std::string::npos;
    }

    [[nodiscard]] link detach() const
    {
        const pid_t launcher = ::getpid();
        sys::unique_fd leaked;
        if (has(fork_mistake::leaks_a_descriptor)) leaked.reset(::dup(2));
        const std::chrono::milliseconds deadline(has(fork_mistake::extends_never)       ? 1500
                                                 : has(fork_mistake::ready_is_not_told) ? 2000
                                                                                        : 30'000);
        link made(daemonkit::single_fork{deadline}.detach());
        if (made.in_launcher()) {
            if (has(fork_mistake::a_zombie_is_left)) {
                const pid_t zombie = ::fork();
                if (zombie == 0) ::_exit(0);
                siginfo_t ended{};
                ::waitid(P_PID, static_cast<id_t>(zombie), &ended, WEXITED | WNOWAIT);
            }
            if (has(fork_mistake::a_process_is_left) && !is_traced() && ::fork() == 0)
                for (;;) ::pause();
            return made;
        }
        if (has(fork_mistake::leaks_a_descriptor)) (void)::fcntl(leaked.get(), F_DUPFD, 3);
        if (has(fork_mistake::unblocks_signals)) sys::set_mask(sys::no_signals());
        if (has(fork_mistake::dies_with_its_launcher)) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (::getppid() != launcher) ::_exit(1);
        }
        if (has(fork_mistake::takes_a_terminal)) {
            const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
            if (::grantpt(terminal) == 0 && ::unlockpt(terminal) == 0)
                (void)::open(::ptsname(terminal), O_RDWR | O_CLOEXEC);
        }
        return made;
    }
};

#define DAEMONKIT_MISTAKE(name) /* NOLINT(*-macro-usage) */  \
    const daemonkit::testing::fork_policy_tests fork_##name( \
        "fork_" #name, [](const boost::filesystem::path&) { return mistaken_fork<fork_mistake::name>{}; })

DAEMONKIT_MISTAKE(none);
DAEMONKIT_MISTAKE(ready_throws);
DAEMONKIT_MISTAKE(ready_is_not_told);
DAEMONKIT_MISTAKE(a_death_is_success);
DAEMONKIT_MISTAKE(the_status_is_lost);
DAEMONKIT_MISTAKE(a_zombie_is_left);
DAEMONKIT_MISTAKE(a_process_is_left);
DAEMONKIT_MISTAKE(takes_a_terminal);
DAEMONKIT_MISTAKE(leaks_a_descriptor);
DAEMONKIT_MISTAKE(unblocks_signals);
DAEMONKIT_MISTAKE(dies_with_its_launcher);
DAEMONKIT_MISTAKE(extends_never);
DAEMONKIT_MISTAKE(a_line_ends_the_wait);
#undef DAEMONKIT_MISTAKE

} // namespace
