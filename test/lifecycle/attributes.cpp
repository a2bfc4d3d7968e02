// SPDX-License-Identifier: BSL-1.0
// What a daemon inherits and what its settings change: in the foreground and detached. Limits, environment, scheduling.
#include "lifecycle/in_child.hpp"
#include "support/child_process.hpp"
#include "support/file.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <daemonkit/presets.hpp>

#include <boost/test/unit_test.hpp>

#include <pwd.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <fstream>

using namespace daemonkit;

namespace {

std::string own_limit(int resource)
{
    rlimit limit{};
    ::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit);
    return std::to_string(limit.rlim_cur) + " " + std::to_string(limit.rlim_max);
}

std::string own_umask()
{
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return sys::joined({sys::octal(mask)});
}

std::string environment_of_a_child()
{
    const auto shell = run({"sh", "-c", "echo $HOME $USER $LOGNAME $SHELL"});
    return shell.out.substr(0, shell.out.find('\n'));
}

/// Prints what the kernel says of its process, in on_start() and in run().
template <class Fork>
struct described : basic_daemon<described<Fork>, Fork, no_pid_file, signalfd_signals, null_stdio>
{
    std::function<std::string()> what;

    void on_start() { say("on_start: " + what()); }
    int run()
    {
        say("run: " + what());
        return 0;
    }
};

enum class way { start, run };

/// What a daemon with these settings says, or the message of its launcher.
template <class Fork>
std::string said_by(way how, process_settings process, const std::function<std::string()>& what,
                    const std::function<void()>& before = {})
{
    child_process launcher([&] {
        if (before) before();
        described<Fork> daemon;
        daemon.what = what;
        process.name = "described";
        process.keep_descriptors = child_process::descriptors();
        const typename described<Fork>::settings s{.process = process};
        const auto result = how == way::run ? daemon.run_in_foreground(s) : daemon.start(s);
        if (!result.message.empty()) say(std::to_string(result.status) + " " + result.message);
        return int(result);
    });
    return launcher.everything();
}

std::string both(const std::string& text) { return "on_start: " + text + "\nrun: " + text + "\n"; }

/// Directory, umask and core limit.
std::string surroundings() { return proc_link(::getpid(), "cwd") + " " + own_umask() + " " + own_limit(RLIMIT_CORE); }

void change_surroundings()
{
    const rlimit core{4096, 8192};
    if (::chdir("/tmp") == -1 || ::setrlimit(RLIMIT_CORE, &core) == -1) ::_exit(99);
    ::umask(0077);
}

/// The nice value, OOM score adjustment, policy and priority, processors, and class and level of input and output.
std::string scheduling()
{
    sched_param parameters{};
    ::sched_getparam(0, &parameters);
    const auto numbers = proc_status(::getpid(), "Cpus_allowed_list");
    const long io = ::syscall(SYS_ioprio_get, 1, 0);
    std::string oom = read_file("/proc/self/oom_score_adj");
    oom.pop_back();
    return "nice " + std::to_string(::getpriority(PRIO_PROCESS, 0)) + ", oom " + oom + ", policy " +
           std::to_string(::sched_getscheduler(0)) + " " + std::to_string(parameters.sched_priority) + ", on " +
           numbers + ", io " + std::to_string(io >> 13) + " " + std::to_string(io & 7);
}

/// The last processor that the test may use.
int last_processor()
{
    const auto allowed = proc_status(::getpid(), "Cpus_allowed_list"); // 0-3,8
    return std::stoi(allowed.substr(allowed.find_last_of("-,") + 1));
}

} // namespace

BOOST_AUTO_TEST_SUITE(attributes, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(in_the_foreground_directory_umask_and_core_limit_are_the_callers)
{
    const std::string callers = both("/tmp 0077 4096 8192");
    BOOST_TEST(said_by<double_fork>(way::run, {}, surroundings, change_surroundings) == callers);
    BOOST_TEST(said_by<handoff_fork>(way::run, {}, surroundings, change_surroundings) == callers);
    BOOST_TEST(said_by<no_fork>(way::run, {}, surroundings, change_surroundings) == callers);
    BOOST_TEST(said_by<no_fork>(way::start, {}, surroundings, change_surroundings) == callers);
}

BOOST_AUTO_TEST_CASE(detached_they_are_those_of_a_daemon)
{
    const std::string of_a_daemon = both("/ 0022 0 0");
    BOOST_TEST(said_by<double_fork>(way::start, {}, surroundings, change_surroundings) == of_a_daemon);
    BOOST_TEST(said_by<single_fork>(way::start, {}, surroundings, change_surroundings) == of_a_daemon);
    if (daemonkit::sys::memory_can_be_shared())
        BOOST_TEST(said_by<handoff_fork>(way::start, {}, surroundings, change_surroundings) == of_a_daemon);
}

BOOST_AUTO_TEST_CASE(what_is_set_holds_in_both)
{
    const process_settings none{.working_directory = "/usr", .umask = 0, .core_dumps = false};
    const process_settings dumps{.working_directory = "/usr", .umask = 027, .core_dumps = true};
    BOOST_TEST(said_by<no_fork>(way::start, none, surroundings, change_surroundings) == both("/usr 0000 0 0"));
    BOOST_TEST(said_by<double_fork>(way::start, none, surroundings, change_surroundings) == both("/usr 0000 0 0"));
    BOOST_TEST(said_by<double_fork>(way::run, dumps, surroundings, change_surroundings) == both("/usr 0027 4096 8192"));
    BOOST_TEST(said_by<double_fork>(way::start, dumps, surroundings, change_surroundings) ==
               both("/usr 0027 4096 8192"));
}

BOOST_AUTO_TEST_CASE(a_soft_limit_alone_keeps_the_hard_one)
{
    const auto files = [] { return own_limit(RLIMIT_NOFILE); };
    const auto inherit = [] {
        const rlimit limit{100, 1000};
        ::setrlimit(RLIMIT_NOFILE, &limit);
    };
    BOOST_TEST(said_by<no_fork>(way::start, {.limits = {{RLIMIT_NOFILE, 700}}}, files, inherit) == both("700 1000"));
    BOOST_TEST(said_by<no_fork>(way::start, {.limits = {{RLIMIT_NOFILE, 50}, {RLIMIT_NOFILE, 60, 800}}}, files,
                                inherit) == both("60 800"));
    BOOST_TEST(
        said_by<no_fork>(way::start, {.limits = {{RLIMIT_NOFILE, 65536}}}, files, inherit) ==
        "1 cannot set the resource limit RLIMIT_NOFILE: the soft limit 65536 is above the hard limit 1000, which "
        "the daemon inherits: set both, or start it with more\n");
    BOOST_TEST(said_by<double_fork>(way::start, {.limits = {{RLIMIT_NOFILE, RLIM_INFINITY}}}, files, inherit) ==
               "1 cannot set the resource limit RLIMIT_NOFILE: the soft limit unlimited is above the hard limit 1000, "
               "which the daemon inherits: set both, or start it with more\n");
    BOOST_TEST(said_by<no_fork>(way::start, {.limits = {{RLIMIT_NOFILE, 200, 100}}}, files, inherit) ==
               "6 cannot set the resource limit RLIMIT_NOFILE: the soft limit 200 is above the hard limit 100\n");
    BOOST_TEST(said_by<no_fork>(way::start, {.limits = {{99, 1}}}, files) ==
               "1 cannot set the resource limit 99 to 1: Invalid argument\n");
}

BOOST_AUTO_TEST_CASE(scheduling_that_is_not_set_is_inherited)
{
    const auto inherit = [] {
        const sched_param parameters{};
        if (::sched_setscheduler(0, SCHED_BATCH, &parameters) == -1 || ::setpriority(PRIO_PROCESS, 0, 3) == -1 ||
            ::syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 6) == -1)
            ::_exit(99);
        std::ofstream("/proc/self/oom_score_adj") << 200;
        if (sys::set_cpu_affinity({last_processor()}) == -1) ::_exit(99);
    };
    const auto inherited = both("nice 3, oom 200, policy 3 0, on " + std::to_string(last_processor()) + ", io 2 6");
    BOOST_TEST(said_by<no_fork>(way::start, {}, scheduling, inherit) == inherited);
    BOOST_TEST(said_by<double_fork>(way::start, {}, scheduling, inherit) == inherited);
    if (daemonkit::sys::memory_can_be_shared())
        BOOST_TEST(said_by<handoff_fork>(way::start, {}, scheduling, inherit) == inherited);
}

BOOST_AUTO_TEST_CASE(scheduling_is_set_before_on_start)
{
    const process_settings set{.nice = 7,
                               .oom_score_adjust = 321,
                               .cpu_scheduling = SCHED_BATCH,
                               .cpu_affinity = {last_processor(), 4000},
                               .io_scheduling = {io_class::best_effort, 5}};
    const auto expected = both("nice 7, oom 321, policy 3 0, on " + std::to_string(last_processor()) + ", io 2 5");
    BOOST_TEST(said_by<no_fork>(way::start, set, scheduling) == expected);
    BOOST_TEST(said_by<double_fork>(way::start, set, scheduling) == expected);
    if (daemonkit::sys::memory_can_be_shared())
        BOOST_TEST(said_by<handoff_fork>(way::start, set, scheduling) == expected);
    const auto idle = said_by<no_fork>(way::start, {.io_scheduling = io_class::idle}, scheduling);
    BOOST_TEST(contains(idle, "io 3 0\n"), idle);
}

BOOST_AUTO_TEST_CASE(scheduling_that_cannot_be_is_refused)
{
    const auto refusal = [](const process_settings& process) {
        return said_by<double_fork>(way::start, process, scheduling);
    };
    BOOST_TEST(refusal({.nice = 20}) == "6 cannot set the nice value 20: it must be from -20 to 19\n");
    BOOST_TEST(refusal({.oom_score_adjust = -1001}) ==
               "6 cannot set the OOM score adjustment -1001: it must be from -1000 to 1000\n");
    BOOST_TEST(
        refusal({.cpu_scheduling = {SCHED_OTHER, 4}}) ==
        "6 cannot set the CPU scheduling policy SCHED_OTHER with priority 4: there is no such policy, or it does "
        "not have this priority\n");
    BOOST_TEST(refusal({.cpu_affinity = {4000, 4001}}) ==
               "1 cannot set the CPU affinity 4000 4001: none of these processors exists and is allowed here\n");
    BOOST_TEST(refusal({.cpu_affinity = {-1}}) ==
               "1 cannot set the CPU affinity -1: none of these processors exists and is allowed here\n");
    BOOST_TEST(refusal({.io_scheduling = {io_class::best_effort, 8}}) ==
               "6 cannot set the I/O scheduling class best-effort with level 8: a level is from 0 to 7\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(attributes_as_root, *boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(what_needs_privileges_names_step_and_value)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to change the user");
    const auto refusal = [](const process_settings& process) {
        return said_by<double_fork>(way::start, process, scheduling, become_nobody);
    };
    BOOST_TEST(refusal({.nice = -5}) == "4 cannot set the nice value -5: Permission denied\n");
    BOOST_TEST(refusal({.oom_score_adjust = -900}) ==
               "4 cannot set the OOM score adjustment -900: Permission denied\n");
    BOOST_TEST(refusal({.cpu_scheduling = {SCHED_FIFO, 10}}) ==
               "4 cannot set the CPU scheduling policy SCHED_FIFO with priority 10: Operation not permitted\n");
    BOOST_TEST(refusal({.io_scheduling = {io_class::realtime, 0}}) ==
               "4 cannot set the I/O scheduling class realtime with level 0: Operation not permitted\n");
    const rlimit files{100, 100};
    BOOST_TEST(said_by<no_fork>(way::start, {.limits = {{RLIMIT_NOFILE, 100, 200}}}, scheduling, [&] {
                   ::setrlimit(RLIMIT_NOFILE, &files);
                   become_nobody();
               }) == "4 cannot set the resource limit RLIMIT_NOFILE to 100:200: Operation not permitted\n");
}

BOOST_AUTO_TEST_CASE(what_needs_privileges_is_set_before_they_are_dropped)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    const auto lowers_its_score = in_child([] { return sys::set_oom_score_adjust(-900) == 0 ? 0 : 1; }).status == 0;
    process_settings set{.user = "nobody", .nice = -5, .io_scheduling = {io_class::realtime, 2}};
    if (lowers_its_score) set.oom_score_adjust = -900;
    const auto said = said_by<double_fork>(way::start, set, scheduling);
    BOOST_TEST(count_of(said, lowers_its_score ? "nice -5, oom -900, policy" : "nice -5, oom ") == 2U, said);
    BOOST_TEST(count_of(said, "io 1 2\n") == 2U, said);
}

BOOST_AUTO_TEST_CASE(the_environment_follows_the_user)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    const passwd* const account = ::getpwnam("daemon");
    if (account == nullptr) DAEMONKIT_SKIP("there is no user daemon");
    const auto expected = both(account->pw_dir + std::string(" daemon daemon ") + account->pw_shell);
    const auto of_root = [] {
        ::setenv("HOME", "/root-of-the-launcher", 1);
        ::setenv("USER", "launcher", 1);
        ::unsetenv("LOGNAME");
        ::setenv("SHELL", "/bin/launcher", 1);
    };
    const process_settings user{.user = "daemon"};
    BOOST_TEST(said_by<double_fork>(way::start, user, environment_of_a_child, of_root) == expected);
    BOOST_TEST(said_by<single_fork>(way::start, user, environment_of_a_child, of_root) == expected);
    if (daemonkit::sys::memory_can_be_shared())
        BOOST_TEST(said_by<handoff_fork>(way::start, user, environment_of_a_child, of_root) == expected);
    BOOST_TEST(said_by<double_fork>(way::run, user, environment_of_a_child, of_root) == expected);
    BOOST_TEST(said_by<no_fork>(way::start, user, environment_of_a_child, of_root) == expected);

    const auto unchanged = both("/root-of-the-launcher launcher /bin/launcher");
    BOOST_TEST(said_by<double_fork>(way::start, {}, environment_of_a_child, of_root) == unchanged);
    BOOST_TEST(said_by<double_fork>(way::start, {.group = "daemon"}, environment_of_a_child, of_root) == unchanged);
}

BOOST_AUTO_TEST_CASE(a_number_is_no_user)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    BOOST_TEST(said_by<double_fork>(way::start, {.user = "54321"}, environment_of_a_child) ==
               "6 cannot find user 54321: it does not exist\n");
}

BOOST_AUTO_TEST_SUITE_END()
