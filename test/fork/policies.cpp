// SPDX-License-Identifier: BSL-1.0
// The fork policies by themselves: no_fork, single_fork, double_fork and the link they make. Every process here keeps
// the standard error of in_child() open, so `streams_ended` shows that none is left.
#include <daemonkit/fork.hpp>

#include "fork/deaths.hpp"
#include "fork/expect_good.hpp"
#include "fork/own_thread.hpp"
#include "support/disabled_call.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

using namespace daemonkit;
using link_to_launcher = daemonkit::detail::launcher_link;
using daemonkit::detail::message;
using namespace std::chrono_literals;

namespace {

/// Holds processes back until it is opened, or until every process that could open it has ended.
class gate
{
public:
    gate()
    {
        if (::pipe2(ends_.data(), O_CLOEXEC) == -1) std::abort();
    }
    gate(const gate&) = delete;
    gate& operator=(const gate&) = delete;
    ~gate()
    {
        open();
        ::close(ends_[0]);
    }
    void open()
    {
        if (ends_[1] != -1) ::close(std::exchange(ends_[1], -1));
    }
    /// In a process that waits: it closes its own end first.
    void wait()
    {
        open();
        sys::readable_within(ends_[0], sys::forever);
    }

private:
    std::array<int, 2> ends_{};
};

bool is(const start_report& report, start_outcome outcome, int status)
{
    return holds(report.outcome == outcome && report.status == status,
                 "the outcome is " + std::to_string(static_cast<int>(outcome)) + " with status " +
                     std::to_string(status) + ", but it is " + std::to_string(static_cast<int>(report.outcome)) +
                     " with status " + std::to_string(report.status) + ": " + report.message);
}

bool says(const start_report& report, const std::string& text)
{
    return holds(contains(report.message, text), "'" + report.message + "' says '" + text + "'");
}

bool has_no_child() { return holds(::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD, "no child is left"); }

/// Detaches in a child of the test: `daemon(link, hold)` runs there, `launcher(report)` here; then the hold is opened.
template <class Policy, class Daemon, class Launcher>
outcome detached(const Policy& policy, Daemon daemon, Launcher launcher)
{
    return in_child([&] {
        gate hold;
        auto link = policy.detach();
        if (!link.in_launcher()) {
            daemon(link, hold);
            return 0;
        }
        const bool good = launcher(link.wait(no_progress{}));
        hold.open();
        return good ? 0 : 1;
    });
}

/// double_fork as it is before Linux 6.15. For the calling process and its children, from detach() on.
struct watched_double_fork : daemonkit::double_fork
{
    auto detach() const
    {
        disable_call(SYS_uname, ENOSYS);
        return double_fork::detach();
    }
};

/// With each policy that forks. The deadline is an hour: whatever is not noticed at once exceeds the bound of a test.
template <class Check>
void with_both(Check check, std::chrono::nanoseconds deadline = 1h)
{
    BOOST_TEST_CONTEXT("single_fork") { check(single_fork{deadline}); }
    BOOST_TEST_CONTEXT("double_fork") { check(double_fork{deadline}); }
    BOOST_TEST_CONTEXT("double_fork before Linux 6.15") { check(watched_double_fork{{deadline}}); }
}

/// Whether the intermediate process leaves at once here.
bool leaves_at_once() { return sys::memory_can_be_shared() && sys::pidfd_tells_death(); }

bool discards_children()
{
    struct sigaction action = {};
    ::sigaction(SIGCHLD, nullptr, &action);
    return (action.sa_flags & SA_NOCLDWAIT) != 0;
}

constexpr auto is_ready = [](auto& link, gate& hold) {
    link.ready();
    hold.wait();
};

} // namespace

// ---- concepts -----------------------------------------------------------------------------------------------------

static_assert(fork_policy<no_fork> && fork_policy<single_fork> && fork_policy<double_fork>);
static_assert(!no_fork::detaches && single_fork::detaches && double_fork::detaches);
static_assert(fork_link_to_launcher<link_to_launcher>);
static_assert(!std::copyable<link_to_launcher>, "the link owns what it is made of");
static_assert(!fork_policy<int> && !fork_link<int>);

struct lacks_detach
{
    static constexpr bool detaches = true;
};
struct lacks_detaches
{
    link_to_launcher detach() const;
};
struct detaches_to_nothing
{
    static constexpr bool detaches = true;
    int detach() const;
};
struct is_not_copyable : no_fork
{
    std::unique_ptr<int> owned{};
};
static_assert(!fork_policy<lacks_detach> && !fork_policy<lacks_detaches> && !fork_policy<detaches_to_nothing> &&
              !fork_policy<is_not_copyable>);

BOOST_FIXTURE_TEST_SUITE(single_fork, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(leads_its_session_and_stays_a_child_of_the_launcher)
{
    expect_good(detached(daemonkit::single_fork{}, is_ready, [](const start_report& report) {
        return is(report, start_outcome::ready, 0) && holds(alive(report.pid), "the daemon lives") &&
               holds(proc_stat(report.pid, 4) == ::getpid(), "the launcher is its parent") &&
               holds(proc_stat(report.pid, 5) == report.pid, "it leads its process group") &&
               holds(proc_stat(report.pid, 6) == report.pid, "it leads its session") &&
               holds(report.message.empty(), "there is no message");
    }));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(double_fork, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(leads_no_session_and_is_no_child_of_the_start)
{
    expect_good(detached(daemonkit::double_fork{}, is_ready, [](const start_report& report) {
        const long session = proc_stat(report.pid, 6);
        return is(report, start_outcome::ready, 0) && holds(alive(report.pid), "the daemon lives") &&
               holds(report.message.empty(), "there is no message") && has_no_child() &&
               holds(proc_stat(report.pid, 4) != ::getpid(), "the launcher is not its parent") &&
               holds(session != ::getsid(0), "the session is not the launcher's") &&
               holds(session > 0 && session != report.pid, "it does not lead it") &&
               holds(proc_stat(report.pid, 4) != session, "its parent is not the intermediate process") &&
               holds(!alive(static_cast<pid_t>(session)), "which has gone") &&
               holds(proc_stat(report.pid, 5) == session, "its process group is the session's");
    }));
}

BOOST_AUTO_TEST_CASE(a_launcher_that_is_subreaper_gets_the_daemon_and_no_zombie)
{
    expect_good(in_child([] {
        ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
        gate hold;
        auto link = daemonkit::double_fork{}.detach();
        if (!link.in_launcher()) {
            link.ready();
            hold.wait();
            return 9;
        }
        const auto report = link.wait(no_progress{});
        if (!is(report, start_outcome::ready, 0)) return 1;
        if (!holds(proc_stat(report.pid, 4) == ::getpid(), "the nearest subreaper is its parent")) return 1;
        if (!holds(::waitpid(-1, nullptr, WNOHANG) == 0, "there is a child, and it lives")) return 1;
        hold.open();
        int status = 0;
        return holds(::waitpid(-1, &status, 0) == report.pid && WEXITSTATUS(status) == 9, "it can be collected") &&
                       has_no_child()
                   ? 0
                   : 1;
    }));
}

// The daemon's registration with rseq(2) is not inherited from an intermediate process that shares memory.
BOOST_AUTO_TEST_CASE(the_processor_is_known_where_rseq_fails)
{
    const auto child = in_child([] {
        if (!disable_call(SYS_rseq, EINVAL)) return 77;
        auto link = daemonkit::double_fork{}.detach();
        if (!link.in_launcher()) {
            const auto wrong = wrong_with_processor();
            if (holds(wrong.empty(), wrong)) link.ready();
            return 0;
        }
        return is(link.wait(no_progress{}), start_outcome::ready, 0) ? 0 : 1;
    });
    if (child.status == 77) DAEMONKIT_SKIP("system calls cannot be filtered here");
    expect_good(child);
}

BOOST_AUTO_TEST_CASE(an_intermediate_process_that_was_killed_is_not_taken_for_the_daemon)
{
    if (in_child([] { return disable_call(SYS_uname, ENOSYS) ? 0 : 77; }).status == 77)
        DAEMONKIT_SKIP("system calls cannot be filtered here");
    const auto without_intermediate_process = [](auto then) {
        return [then](link_to_launcher& link, gate& hold) {
            const pid_t middle = ::getppid();
            if (!holds(middle > 1 && middle == ::getsid(0),
                       "the parent is the intermediate process and leads the session"))
                ::_exit(99);
            ::kill(middle, SIGKILL);
            holds(ends(middle), "the intermediate process has gone");
            then(link, hold);
        };
    };
    expect_good(
        detached(watched_double_fork{{1h}}, without_intermediate_process(is_ready), [](const start_report& report) {
            return is(report, start_outcome::ready, 0) && holds(alive(report.pid), "the daemon lives") &&
                   has_no_child();
        }));
    expect_good(detached(watched_double_fork{{1h}}, without_intermediate_process([](auto&, gate&) { ::_exit(0); }),
                         [](const start_report& report) {
                             return is(report, start_outcome::died, 1) &&
                                    says(report, "the daemon died before it was ready") && has_no_child();
                         }));
    expect_good(detached(watched_double_fork{{500ms}},
                         without_intermediate_process([](auto&, gate& hold) { hold.wait(); }),
                         [](const start_report& report) {
                             return is(report, start_outcome::late, 1) && says(report, "could not be ended") &&
                                    report.lives_on && has_no_child();
                         }));
}

BOOST_AUTO_TEST_CASE(the_intermediate_process_does_not_stay_where_a_pidfd_tells_of_deaths)
{
    if (!leaves_at_once()) DAEMONKIT_SKIP("a pidfd tells no death here, or memory cannot be shared");
    expect_good(in_child([] {
        ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
        gate hold;
        auto link = daemonkit::double_fork{1h}.detach();
        if (!link.in_launcher()) {
            hold.wait();
            return 0;
        }
        // The daemon is not ready, and has this process as parent already: it is the only child.
        const pid_t daemon = children_of(::getpid()).front();
        const bool good = holds(children_of(::getpid()).size() == 1, "there is one child") &&
                          holds(proc_stat(daemon, 6) != daemon, "the daemon leads no session");
        hold.open();
        const auto report = link.wait(no_progress{});
        ::waitpid(daemon, nullptr, 0);
        return good && is(report, start_outcome::died, 1) && says(report, "exited with status 0") ? 0 : 1;
    }));
}

// Here every process that init inherits is a zombie for a while; a reaper that is fast must hide no wait status.
BOOST_AUTO_TEST_CASE(a_death_is_told_though_another_process_reaps)
{
    if (!leaves_at_once()) DAEMONKIT_SKIP("a pidfd tells no death here, or memory cannot be shared");
    for (const auto& d : deaths)
        expect_good(in_child([&] {
            ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
            const pid_t launcher = ::fork();
            if (launcher == 0) {
                auto link = daemonkit::double_fork{1h}.detach();
                if (!link.in_launcher()) {
                    d.die();
                    ::_exit(99);
                }
                const auto report = link.wait(no_progress{});
                ::_exit(is(report, start_outcome::died, d.status) && says(report, d.sentence) ? 0 : 1);
            }
            int good = 1;
            for (int status = 0; const pid_t ended = ::waitpid(-1, &status, 0);) {
                if (ended == -1) return good;
                if (ended == launcher) good = status;
            }
            return good;
        }));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(launcher_link, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(a_daemon_has_no_controlling_terminal)
{
    with_both([](const auto& policy) {
        const auto child = in_child([&] {
            ::setsid();
            const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
            if (master == -1 || ::grantpt(master) == -1 || ::unlockpt(master) == -1) return 77;
            const int terminal = ::open(::ptsname(master), O_RDWR);
            if (terminal == -1 || proc_stat(::getpid(), 7) == 0) return 77;
            const int other = ::posix_openpt(O_RDWR | O_NOCTTY);
            if (other == -1 || ::grantpt(other) == -1 || ::unlockpt(other) == -1) return 77;
            auto link = policy.detach();
            if (!link.in_launcher()) {
                const bool had_none = holds(proc_stat(::getpid(), 7) == 0, "it has no controlling terminal");
                // Only a session leader acquires a terminal by opening it.
                constexpr bool acquires = std::is_same_v<decltype(policy), const daemonkit::single_fork&>;
                const bool opened = ::open(::ptsname(other), O_RDWR) != -1;
                ::signal(SIGHUP, SIG_IGN);
                if (had_none && holds(opened && (proc_stat(::getpid(), 7) != 0) == acquires, "nor does it get one"))
                    link.ready();
                ::_exit(0);
            }
            return is(link.wait(no_progress{}), start_outcome::ready, 0) ? 0 : 1;
        });
        BOOST_TEST((child.status == 0 || child.status == 77), child.err);
        if (child.status == 77) support::report_skipped("there are no pseudo terminals here");
    });
}

BOOST_AUTO_TEST_CASE(a_failure_arrives_as_sentence_and_status)
{
    struct failure
    {
        std::string sentence;
        int status;
    };
    const failure failures[]{
        {"cannot bind port 80: taken", 6}, {"", 1}, {"two\nlines", 255}, {std::string(1024, 'x'), 4}};
    with_both([&](const auto& policy) {
        for (const auto& failure : failures)
            expect_good(detached(
                policy,
                [&](auto& link, gate&) {
                    link.fail(failure.sentence, failure.status);
                    ::_exit(0);
                },
                [&](const start_report& report) {
                    return is(report, start_outcome::failed, failure.status) &&
                           holds(report.message == failure.sentence, "the sentence is whole") && has_no_child();
                }));
    });
}

BOOST_AUTO_TEST_CASE(a_sentence_without_end_is_cut)
{
    with_both([](const auto& policy) {
        expect_good(detached(
            policy, [](auto& link, gate&) { link.fail(std::string(1'000'000, 'x'), 1); },
            [](const start_report& report) {
                return is(report, start_outcome::failed, 1) &&
                       holds(report.message == std::string(message::longest, 'x'), "as much as there is room for");
            }));
    });
}

BOOST_AUTO_TEST_CASE(a_death_is_noticed_at_once_and_named)
{
    with_both([&](const auto& policy) {
        for (const auto& death : deaths)
            expect_good(detached(
                policy, [&](auto&, gate&) { death.die(); },
                [&](const start_report& report) {
                    return is(report, start_outcome::died, death.status) &&
                           holds(report.message == std::string("the daemon ") + death.sentence + " before it was ready",
                                 report.message + " is: " + death.sentence) &&
                           has_no_child();
                }));
    });
}

BOOST_AUTO_TEST_CASE(a_late_daemon_is_ended)
{
    with_both(
        [](const auto& policy) {
            expect_good(detached(
                policy,
                [](auto&, gate&) {
                    for (;;) ::pause();
                },
                [](const start_report& report) {
                    return is(report, start_outcome::late, 1) && says(report, "within 0.1 s") &&
                           says(report, "was ended") && has_no_child();
                }));
        },
        100ms);
}

BOOST_AUTO_TEST_CASE(a_late_daemon_may_end_by_itself_on_term)
{
    with_both(
        [](const auto& policy) {
            const auto child = in_child([&] {
                sigset_t term;
                sigemptyset(&term);
                sigaddset(&term, SIGTERM);
                ::sigprocmask(SIG_BLOCK, &term, nullptr);
                auto link = policy.detach();
                if (link.in_launcher()) return is(link.wait(no_progress{}), start_outcome::late, 1) ? 0 : 1;
                int heard = 0;
                ::sigwait(&term, &heard);
                std::printf("heard %d\n", heard);
                return 0;
            });
            expect_good(child);
            BOOST_TEST(child.out == "heard 15\n");
        },
        100ms);
}

BOOST_AUTO_TEST_CASE(a_late_daemon_that_ignores_term_is_killed)
{
    with_both(
        [](const auto& policy) {
            expect_good(detached(
                policy,
                [](auto&, gate&) {
                    ::signal(SIGTERM, SIG_IGN);
                    for (;;) ::pause();
                },
                [](const start_report& report) { return is(report, start_outcome::late, 1) && has_no_child(); }));
        },
        100ms);
}

BOOST_AUTO_TEST_CASE(a_poll_that_fails_makes_no_launcher_wait_past_its_deadline)
{
    const auto blind = [](const auto& policy, auto daemon, start_outcome expected) {
        expect_good(in_child([&] {
            if (!disable_call(SYS_ppoll, ENOMEM)) return 2;
            auto link = policy.detach();
            if (!link.in_launcher()) {
                daemon(link);
                return 0;
            }
            const auto report = link.wait(no_progress{});
            const bool is_good = is(report, expected, expected == start_outcome::ready ? 0 : 1);
            return is_good && (expected == start_outcome::ready || has_no_child()) ? 0 : 1;
        }));
    };
    with_both([&](const auto& policy) { blind(policy, [](auto&) { ::pause(); }, start_outcome::late); }, 100ms);
    with_both([&](const auto& policy) { blind(policy, [](auto& link) { link.ready(); }, start_outcome::ready); });
}

BOOST_AUTO_TEST_CASE(a_late_daemon_is_ended_without_pidfd_send_signal)
{
    with_both(
        [](const auto& policy) {
            expect_good(in_child([&] {
                if (!disable_call(SYS_pidfd_send_signal, EPERM)) return 2;
                auto link = policy.detach();
                if (!link.in_launcher())
                    for (;;) ::pause();
                return is(link.wait(no_progress{}), start_outcome::late, 1) && has_no_child() ? 0 : 1;
            }));
        },
        100ms);
}

BOOST_AUTO_TEST_CASE(a_daemon_without_a_session_of_its_own_is_no_daemon)
{
    with_both([](const auto& policy) {
        expect_good(in_child([&] {
            if (!disable_call(SYS_setsid, EPERM)) return 2;
            auto link = policy.detach();
            if (!link.in_launcher()) return 0;
            const auto report = link.wait(no_progress{});
            return is(report, start_outcome::failed, 1) &&
                           says(report, "cannot start a session: the system call setsid is refused") && has_no_child()
                       ? 0
                       : 1;
        }));
    });
}

BOOST_AUTO_TEST_CASE(two_forks_work_where_no_memory_or_descriptor_can_be_shared)
{
    for (const long call : {SYS_close_range, SYS_futex})
        for (const unsigned error : {1U * EPERM, 1U * ENOSYS})
            expect_good(in_child([&] {
                if (!disable_call(call, error)) return 2;
                auto link = daemonkit::double_fork{1h}.detach();
                if (!link.in_launcher()) return 7;
                const auto report = link.wait(no_progress{});
                return is(report, start_outcome::died, 7) && has_no_child() ? 0 : 1; // the intermediate process told
            }));
}

BOOST_AUTO_TEST_CASE(extend_moves_the_deadline_away)
{
    with_both(
        [](const auto& policy) {
            expect_good(detached(
                policy,
                [](auto& link, gate& hold) {
                    link.extend(1h);
                    sys::sleep_for(2500ms); // beyond the deadline
                    is_ready(link, hold);
                },
                [](const start_report& report) { return is(report, start_outcome::ready, 0); }));
        },
        2s);
}

BOOST_AUTO_TEST_CASE(extend_counts_from_now_and_can_bring_the_deadline_nearer)
{
    with_both([](const auto& policy) {
        expect_good(detached(
            policy,
            [](auto& link, gate& hold) {
                link.extend(10ms);
                hold.wait();
            },
            [](const start_report& report) { return is(report, start_outcome::late, 1) && has_no_child(); }));
    });
}

BOOST_AUTO_TEST_CASE(a_deadline_that_never_comes_is_no_deadline)
{
    for (const auto deadline : {std::chrono::nanoseconds::max(), std::chrono::nanoseconds::max() - 1ns})
        with_both(
            [](const auto& policy) {
                expect_good(detached(policy, is_ready,
                                     [](const start_report& report) { return is(report, start_outcome::ready, 0); }));
            },
            deadline);
}

BOOST_AUTO_TEST_CASE(a_deadline_that_is_not_positive_is_refused_before_anything_is_made)
{
    for (const auto deadline : {0ns, -1ns, std::chrono::nanoseconds(-1h), std::chrono::nanoseconds::min()})
        with_both(
            [](const auto& policy) {
                const auto before = open_descriptors(::getpid());
                BOOST_CHECK_EXCEPTION((void)policy.detach(), startup_error, [](const startup_error& e) {
                    return e.status() == exit_status::not_configured && contains(e.what(), "must be positive");
                });
                BOOST_TEST(::waitpid(-1, nullptr, WNOHANG) == -1);
                BOOST_TEST((open_descriptors(::getpid()) == before));
            },
            deadline);
}

BOOST_AUTO_TEST_CASE(progress_is_told_while_the_launcher_waits)
{
    with_both([](const auto& policy) {
        expect_good(in_child([&] {
            gate hold;
            auto link = policy.detach();
            if (!link.in_launcher()) {
                hold.wait(); // for the second call, so that it is no accident
                link.ready();
                return 0;
            }
            int calls = 0;
            const auto report = link.wait([&](std::chrono::nanoseconds elapsed) {
                if (holds(elapsed >= 1s * (calls + 1), "it is told the time spent") && ++calls == 2) hold.open();
            });
            return is(report, start_outcome::ready, 0) && holds(calls == 2, "two calls") ? 0 : 1;
        }));
    });
}

BOOST_AUTO_TEST_CASE(a_daemon_goes_on_when_its_launcher_is_killed)
{
    with_both([](const auto& policy) {
        const auto child = in_child([&] {
            const pid_t launcher = ::fork();
            if (launcher == 0) {
                const pid_t self = ::getpid();
                auto link = policy.detach();
                if (link.in_launcher()) {
                    (void)link.wait(no_progress{});
                    return 3;
                }
                ::signal(SIGPIPE, SIG_DFL);
                ::kill(self, SIGKILL);
                if (!holds(ends(self), "the launcher has gone")) return 1;
                link.extend(1h); // neither of these may raise SIGPIPE
                link.ready();
                // The intermediate process leads the session and notices by itself.
                if (::getsid(0) != ::getpid() && !holds(ends(::getsid(0)), "so has the intermediate process")) return 1;
                std::printf("went on\n");
                return 0;
            }
            ::waitpid(launcher, nullptr, 0);
            return 0;
        });
        expect_good(child);
        BOOST_TEST(child.out == "went on\n");
    });
}

BOOST_AUTO_TEST_CASE(an_inherited_sigchld_that_is_ignored_hides_nothing)
{
    with_both([](const auto& policy) {
        for (const bool at_once : {false, true})
            for (const bool by_flag : {false, true})
                expect_good(in_child([&] {
                    struct sigaction discards = {};
                    discards.sa_handler = by_flag ? SIG_DFL : SIG_IGN;
                    discards.sa_flags = by_flag ? SA_NOCLDWAIT : 0;
                    ::sigaction(SIGCHLD, &discards, nullptr);
                    // Children that have exited before fork() even returns, in the launcher and in the intermediate
                    // process.
                    if (at_once)
                        ::pthread_atfork(
                            nullptr,
                            [] {
                                while (::waitid(P_ALL, 0, nullptr, WEXITED | WNOWAIT) == -1 && errno == EINTR) {}
                            },
                            nullptr);
                    auto link = policy.detach();
                    if (!link.in_launcher()) {
                        holds(discards_children() == by_flag &&
                                  proc_signals(::getpid(), "SigIgn").count(SIGCHLD) != by_flag,
                              "the daemon inherits it");
                        ::_exit(7);
                    }
                    const auto report = link.wait(no_progress{});
                    return is(report, start_outcome::died, 7) && says(report, "exited with status 7") &&
                                   holds(discards_children() == by_flag &&
                                             proc_signals(::getpid(), "SigIgn").count(SIGCHLD) != by_flag,
                                         "it is as before")
                               ? 0
                               : 1;
                }));
    });
}

BOOST_AUTO_TEST_CASE(a_signal_to_the_process_group_of_the_launcher_does_not_reach_the_daemon)
{
    with_both([](const auto& policy) {
        expect_good(in_child([&] {
            gate initialising, signalled;
            const pid_t launcher = ::fork();
            if (launcher == 0) {
                ::setpgid(0, 0);
                auto link = policy.detach();
                if (!link.in_launcher()) {
                    initialising.open();
                    signalled.wait();
                    link.ready();
                    return 0;
                }
                for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) ::signal(signal, [](int) {});
                initialising.open();
                signalled.open();
                return is(link.wait(no_progress{}), start_outcome::ready, 0) ? 0 : 1;
            }
            if (launcher == -1) return 2;
            initialising.wait();
            for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) ::kill(-launcher, signal);
            signalled.open();
            int status = 0;
            ::waitpid(launcher, &status, 0);
            return holds(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the launcher got its report") ? 0 : 1;
        }));
    });
}

BOOST_AUTO_TEST_CASE(the_daemon_has_what_the_caller_s_thread_had)
{
    with_both([](const auto& policy) {
        expect_good(in_child([&] {
            static std::array<char, 65536> alternate;
            const stack_t stack{alternate.data(), 0, alternate.size()};
            ::sigaltstack(&stack, nullptr);
            auto link = policy.detach();
            if (link.in_launcher()) return is(link.wait(no_progress{}), start_outcome::ready, 0) ? 0 : 1;
            stack_t now{};
            ::sigaltstack(nullptr, &now);
            const auto wrong = wrong_with_thread_id() + wrong_with_processor();
            if (holds(now.ss_sp == alternate.data() && (now.ss_flags & SS_DISABLE) == 0,
                      "its alternate stack is set") &&
                holds(wrong.empty(), wrong))
                link.ready();
            return 0;
        }));
    });
}

BOOST_AUTO_TEST_CASE(the_launcher_keeps_its_descriptors_and_the_daemon_has_them_too)
{
    const auto is_open = [](int fd) { return ::fcntl(fd, F_GETFD) != -1; };
    with_both([&](const auto& policy) {
        expect_good(in_child([&] {
            constexpr int low = 100; // around the descriptors of the link, which are the next free ones
            constexpr int high = 900;
            if (::dup2(STDIN_FILENO, low) == -1 || ::dup2(STDIN_FILENO, high) == -1) return 2;
            auto link = policy.detach();
            const bool kept = is_open(STDIN_FILENO) && is_open(low) && is_open(high);
            if (!link.in_launcher()) {
                if (kept) link.ready();
                return 0;
            }
            return is(link.wait(no_progress{}), start_outcome::ready, 0) && holds(kept, "they are open") &&
                           holds(is_open(low) && is_open(high), "they are open when the start is over")
                       ? 0
                       : 1;
        }));
    });
}

BOOST_AUTO_TEST_CASE(buffers_are_printed_once_and_exit_handlers_run_nowhere)
{
    with_both([](const auto& policy) {
        const auto child = in_child([&] {
            std::atexit([] { std::printf("an exit handler ran\n"); });
            std::printf("without a newline;");
            gate hold;
            auto link = policy.detach();
            if (!link.in_launcher()) {
                std::printf("daemon;");
                std::fflush(stdout);
                link.ready();
                return 0;
            }
            const auto report = link.wait(no_progress{});
            std::printf("launcher;");
            return is(report, start_outcome::ready, 0) ? 0 : 1;
        });
        expect_good(child);
        BOOST_TEST(child.out == "without a newline;daemon;launcher;");
    });
}

BOOST_AUTO_TEST_CASE(a_failed_fork_is_reported_in_one_sentence, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root to act as a user that has no other process");
    const auto with_processes = [](rlim_t most, auto attempt) {
        return in_child([=]() -> int {
            const auto user = static_cast<uid_t>(1'000'000 + ::getpid()); // a user without any other process
            const rlimit limit{most, most};
            if (::setgroups(0, nullptr) == -1 || ::setrlimit(RLIMIT_NPROC, &limit) == -1 ||
                ::setresuid(user, user, user) == -1)
                return 2;
            try {
                return attempt() ? 0 : 1;
            } catch (const startup_error& e) {
                return holds(std::string(e.what()) == "cannot fork: Resource temporarily unavailable", e.what()) &&
                               has_no_child()
                           ? 42
                           : 1;
            }
        });
    };
    const auto attempt = [](const auto& policy) {
        return [&] {
            auto link = policy.detach();
            if (!link.in_launcher()) ::_exit(0);
            const auto report = link.wait(no_progress{});
            return is(report, start_outcome::failed, 1) &&
                   holds(report.message == "cannot fork the second time: Resource temporarily unavailable",
                         report.message) &&
                   has_no_child();
        };
    };
    with_both([&](const auto& policy) {
        const auto none = with_processes(1, attempt(policy));
        BOOST_TEST(none.status == 42, none.err);
    });
    expect_good(with_processes(2, attempt(daemonkit::double_fork{1h})));
}

BOOST_AUTO_TEST_SUITE_END()
