// SPDX-License-Identifier: BSL-1.0
// Each system call of each verb, refused for good as a sandbox does it: by EPERM, as old container runtimes answer to
// calls that they do not know, and by ENOSYS. Every verb works without the call, or ends with one true sentence, and
// nothing is left. The calls are those that the verbs make: a call of the library that is in no list below fails the
// test.
#include "place.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"
#include "tracer.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/wait.h>

#include <array>
#include <atomic>
#include <chrono>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <thread>

namespace {

/// What the verbs do without a call.
enum class without {
    basic,  ///< is_basic(): not tried
    works,  ///< all of them work
    named,  ///< a verb works, or its sentence names the call and the sandbox
    either, ///< the same, but EPERM can mean a missing permission too: the sentence says that then
};

without expected(long call)
{
    if (fault::is_basic(call)) return without::basic;
    switch (call) {
    case SYS_access:
    case SYS_close_range:
    case SYS_fcntl:
    case SYS_ftruncate:
    case SYS_getdents64:
    case SYS_ioctl:
    case SYS_keyctl:
    case SYS_lseek:
    case SYS_madvise:
    case SYS_ppoll:
    case SYS_recvfrom:
    case SYS_rmdir:
    case SYS_rt_sigtimedwait:
    case SYS_set_robust_list:
    case SYS_set_tid_address:
    case SYS_setuid:
    case SYS_sigaltstack:
    case SYS_statx:
    case SYS_uname:
    case SYS_unlink:
    case SYS_wait4: return without::works;
    case SYS_clone:
    case SYS_dup2:
    case SYS_flock:
    case SYS_get_robust_list:
    case SYS_pidfd_open:
    case SYS_pidfd_send_signal:
    case SYS_pipe2:
    case SYS_prlimit64:
    case SYS_recvmsg:
    case SYS_rseq:
    case SYS_setsid:
    case SYS_signalfd4:
    case SYS_socketpair:
    case SYS_umask: return without::named;
    case SYS_bind:
    case SYS_capget:
    case SYS_capset:
    case SYS_chdir:
    case SYS_connect:
    case SYS_fchmod:
    case SYS_fchown:
    case SYS_fstatfs:
    case SYS_mkdirat:
    case SYS_prctl:
    case SYS_sendto:
    case SYS_setgroups:
    case SYS_setresgid:
    case SYS_setresuid:
    case SYS_setsockopt:
    case SYS_shutdown:
    case SYS_socket:
    case SYS_utimensat: return without::either;
    default:
        BOOST_ERROR("the library calls " << fault::name_of(call) << ", which is in no list of this test");
        return without::basic;
    }
}

/// The calls of each verb, and of a daemon that reloads and ends, in all their processes.
std::set<long> calls_of_verbs(const place& where)
{
    std::set<long> calls;
    const auto add = [&](const char* verb, int heard) {
        const auto course = trace(DAEMONKIT_FAULT_SUBJECT, where.environment(), verb, heard);
        for (const auto& [pid, p] : course.processes)
            for (const auto& call : p.calls) calls.insert(call.number);
    };
    for (const char* const verb : {"start", "status", "reload", "restart", "stop"}) add(verb, 0);
    add("start", SIGTERM);
    add("start", SIGHUP);
    where.verb("stop");
    return calls;
}

/// The verbs with one call refused.
class refusal
{
public:
    refusal(const place& where, long call, int error)
        : where_(where), call_(call), error_(error), expected_(expected(call)),
          variable_("REFUSED=" + std::to_string(call) + " " + std::to_string(error))
    {
    }

    void in_all_processes() const
    {
        if (says("start") == 0) {
            for (const char* const verb : {"status", "reload", "restart"}) says(verb);
            const bool stopped = says("stop") == 0;
            BOOST_TEST((!stopped || pid_in(where_.pid_file()) == 0 || call_ == SYS_ftruncate));
        }
        nothing_is_left();
    }

    void in_a_start() const
    {
        const bool started = says("start") == 0;
        BOOST_TEST((!started || alive(pid_in(where_.pid_file()))));
        nothing_is_left();
    }

    /// The daemon is outside of the sandbox, and the process that asks is inside.
    void in_the_asker() const
    {
        for (const char* const verb : {"status", "reload", "restart", "stop"}) {
            BOOST_TEST_REQUIRE(where_.verb("start").status == 0);
            const pid_t pid = pid_in(where_.pid_file());
            const std::string what = verb;
            const bool done = says(what) == 0;
            const bool goes_on = !done || what != "stop";
            BOOST_TEST((alive(pid) == goes_on || what == "restart"));
            nothing_is_left();
        }
    }

    void in_the_foreground() const
    {
        std::atomic<bool> ended{false};
        std::thread run([&] {
            says("run");
            ended = true;
        });
        BOOST_TEST(eventually([&] { return ended || pid_in(where_.pid_file()) != 0; }));
        if (const pid_t pid = pid_in(where_.pid_file()); pid != 0) ::kill(pid, SIGTERM);
        run.join();
        nothing_is_left();
    }

private:
    /// Executes a verb without the call. Returns its exit status.
    int says(const std::string& verb) const
    {
        const auto o = where_.verb(verb, variable_);
        if (o.status == 0) return 0;
        BOOST_TEST_CONTEXT(verb << " ends with status " << o.status << ": " << o.out)
        {
            BOOST_TEST((expected_ != without::works));
            BOOST_TEST(count_lines(o.out) == 1U);
            BOOST_TEST(contains(o.out, "subject: "));
            const bool named = contains(o.out, "the system call " + fault::name_of(call_));
            BOOST_TEST((named || expected_ != without::named));
            const bool permission =
                expected_ == without::either && error_ == EPERM && contains(o.out, "Operation not permitted");
            BOOST_TEST((permission || contains(o.out, "seccomp profile")));
            BOOST_TEST(o.status == (verb == "status" || permission ? 4 : 1));
        }
        return o.status;
    }

    /// Without the sandbox everything can be removed: a daemon that goes on, and a file that could not be removed.
    void nothing_is_left() const
    {
        const bool leaves = call_ == SYS_unlink || call_ == SYS_rmdir;
        if (leaves) {
            where_.verb("stop");
            where_.verb("start");
        }
        BOOST_TEST(where_.verb("stop").status == 0);
        auto files = where_.files();
        if (leaves || where_.keeps_file()) files.erase("run/"); // no start after the first one has made it
        if (where_.keeps_file()) files.erase("run/subject.pid");
        BOOST_TEST(files == std::set<std::string>{}, boost::test_tools::per_element());
        BOOST_TEST(eventually([this] { return where_.left().empty(); }, std::chrono::seconds(2)));
        for (const pid_t child : where_.left()) put_down(child);
        where_.sweep();
    }

    const place& where_;
    long call_;
    int error_;
    without expected_;
    std::string variable_;
};

/// Tries the calls of the verbs of one daemon; those that were tried `before` only at a start. Returns how many verbs.
int try_calls(const place& where, const std::string& policies, std::set<long>& before)
{
    int tried = 0;
    for (const long call : calls_of_verbs(where)) {
        if (expected(call) == without::basic) continue;
        const bool is_new = before.insert(call).second;
        for (const int error : {EPERM, ENOSYS})
            BOOST_TEST_CONTEXT(policies << ", " << fault::name_of(call) << " is refused: " << ::strerrorname_np(error))
            {
                const refusal one(where, call, error);
                one.in_a_start();
                ++tried;
                if (!is_new) continue; // the other verbs are the same for all policies
                one.in_all_processes();
                one.in_the_foreground();
                one.in_the_asker();
                tried += 10;
            }
    }
    return tried;
}

} // namespace

BOOST_AUTO_TEST_CASE(refused_calls, *boost::unit_test::label("fault"))
{
    if (!fault::can_trace()) DAEMONKIT_SKIP("may not trace its own children (ptrace)");
    int tried = 0;
    std::set<long> before;
    for (const char* const policies :
         {"flock_pid_file double_fork", "flock_pid_file single_fork", "pid_file double_fork",
          "flock_pid_file handoff_fork", "flock_pid_file double_fork self_pipe_signals",
          "flock_pid_file double_fork flag_signals"})
        tried += try_calls(place(policies), policies, before);
    std::cout << "verbs with a refused call: " << tried << " tried" << std::endl;
}

BOOST_AUTO_TEST_CASE(refused_calls_of_a_daemon_that_becomes_another_user,
                     *boost::unit_test::label("fault") * boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    if (!fault::can_trace()) DAEMONKIT_SKIP("may not trace its own children (ptrace)");
    const std::string policies = "flock_pid_file double_fork";
    std::set<long> before = calls_of_verbs(place(policies));
    std::cout << "verbs with a refused call: " << try_calls(place(policies, "nobody"), policies, before) << " tried"
              << std::endl;
}
