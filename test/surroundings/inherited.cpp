// SPDX-License-Identifier: BSL-1.0
// Any process may start a daemon: shells, cron, terminals that go away, other daemons, faulty programs. What the daemon
// inherits neither affects nor stops it, except the properties that a process should inherit.
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/text.hpp"
#include "surroundings/surroundings.hpp"

#include <daemonkit/text/joined.hpp>

#include <pty.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <climits>

namespace fs = boost::filesystem;

namespace {

const std::set<int> heard{SIGHUP, SIGINT, SIGTERM};

std::set<int> unite(std::set<int> a, const std::set<int>& b)
{
    a.insert(b.begin(), b.end());
    return a;
}

/// All signals that a program can block or ignore; the C library reserves two.
std::set<int> every_signal()
{
    std::set<int> all;
    for (int signal = 1; signal <= 64; ++signal)
        if (signal != SIGKILL && signal != SIGSTOP && signal != 32 && signal != 33) all.insert(signal);
    return all;
}

void ignore(const std::set<int>& signals)
{
    for (const int signal : signals) std::signal(signal, SIG_IGN);
}

void block(const std::set<int>& signals)
{
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals) sigaddset(&set, signal);
    ::pthread_sigmask(SIG_SETMASK, &set, nullptr);
}

bool in_path(const std::string& program) { return run({"which", program}).status == 0; }

/// A shell command line that starts the daemon. It must return while the daemon runs.
void returns(tally& each, const std::string& before, const std::string& after, const words& verb = {"start"},
             int status = 0)
{
    for (const auto& policy : every_policy) {
        if (!policy.detaches()) continue;
        const surrounded program(policy);
        const auto line = before + program.shell(verb) + after;
        each(line, [&] {
            const auto shell = run({"bash", "-c", line});
            BOOST_TEST(shell.streams_ended);
            BOOST_TEST(shell.status == status, shell.err);
            BOOST_TEST(eventually([&] { return program.processes().size() == 1; }));
            BOOST_TEST(program({"status"}).status == 0);
            BOOST_TEST(program({"stop"}).status == 0);
            nothing_is_left_of(program);
        });
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(inherited, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(any_of_the_standard_descriptors_closed, *boost::unit_test::label("slow"))
{
    tally each("inherited: standard descriptors closed x verbs x fork policies");
    for (const auto& policy : each_fork) {
        for (int closed = 0; closed < 8; ++closed) {
            const auto without = [closed] {
                for (int fd = 0; fd < 3; ++fd)
                    if ((closed >> fd & 1) != 0) ::close(fd);
            };
            const surrounded program(policy);
            const auto says = [&](const words& verb, int status) {
                each(policy.fork + " without " + std::to_string(closed) + ": " + verb.front(), [&] {
                    const auto o = program(verb, without);
                    BOOST_TEST(o.status == status, o.err);
                    // The message goes to an open standard stream, and never into a file.
                    BOOST_TEST(o.out.empty() == ((closed & 2) != 0 || status == 7), o.out);
                    BOOST_TEST(o.err.empty() == ((closed & 4) != 0 || status != 7), o.err);
                });
            };
            const auto is_whole = [&] {
                const pid_t pid = program.pid();
                BOOST_TEST(read_file(program.pid_file) == std::to_string(pid) + "\n");
                BOOST_TEST(proc_link(pid, "fd/0") == "/dev/null");
                for (const char* const fd : {"fd/1", "fd/2"}) BOOST_TEST(proc_link(pid, fd) == program.log.string());
                BOOST_TEST(!contains(read_file(program.log), "surrounded"));
            };
            const auto in_foreground = [&](const words& verb) { // prints nothing, and ends with the daemon
                each(policy.fork + " without " + std::to_string(closed) + ": " + verb.front(), [&] {
                    life daemon(program, without, verb);
                    BOOST_TEST(daemon.up());
                    BOOST_TEST(read_file(program.pid_file) == std::to_string(daemon.pid()) + "\n");
                    for (const char* const fd : {"fd/0", "fd/1", "fd/2"})
                        BOOST_TEST(!proc_link(daemon.pid(), fd).empty());
                    BOOST_TEST(daemon.hears_stop());
                    BOOST_TEST(daemon.starter().status() == 0);
                    nothing_is_left_of(program);
                });
            };
            says({"status"}, 3);
            says({"reload"}, 7);
            says({"try-restart"}, 0);
            in_foreground({"run"});
            if (policy.detaches()) {
                for (const char* const verb : {"start", "restart", "try-restart"}) {
                    says({verb}, 0);
                    is_whole();
                }
            } else {
                in_foreground({"start"});
                in_foreground({"restart"});
                const life daemon(program, without);
                is_whole();
            }
            if (!policy.detaches()) continue;
            for (const char* const verb : {"start", "status", "reload", "force-reload", "stop", "stop"})
                says({verb}, 0);
            nothing_is_left_of(program);
        }
    }
}

BOOST_AUTO_TEST_CASE(any_signal_blocked_or_ignored)
{
    tally each("inherited: signals blocked or ignored x fork policies");
    std::vector<std::set<int>> inherited{every_signal()};
    for (const int signal : {SIGCHLD, SIGPIPE, SIGHUP, SIGTERM, SIGINT, SIGCONT}) inherited.push_back({signal});
    for (const auto& policy : each_fork) {
        for (const auto& signals : inherited) {
            for (const bool ignored : {true, false}) {
                const surrounded program(policy);
                const auto prepare = [&] { ignored ? ignore(signals) : block(signals); };
                each(policy.fork + (ignored ? " ignored " : " blocked ") + std::to_string(*signals.begin()), [&] {
                    const life daemon(program, prepare);
                    BOOST_TEST(daemon.up());
                    // A detached daemon starts with default signals; in the foreground, only the handled ones change.
                    const std::set<int> none;
                    const auto& kept = policy.detaches() ? none : signals;
                    BOOST_TEST(proc_signals(daemon.pid(), "SigBlk") == unite(heard, ignored ? none : kept),
                               boost::test_tools::per_element());
                    auto still = proc_signals(daemon.pid(), "SigIgn");
                    BOOST_TEST(still == (ignored ? kept : none), boost::test_tools::per_element());
                    BOOST_TEST(daemon.hears_reload());
                    BOOST_TEST(program({"reload"}, prepare).status == 0);
                    BOOST_TEST(program({"stop"}, prepare).status == 0);
                    nothing_is_left_of(program);
                });
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(any_umask)
{
    tally each("inherited: umask x policies");
    for (const auto& policy : every_policy) {
        for (const mode_t mask : {0U, 022U, 077U, 0777U}) {
            surrounded program(policy);
            program.pid_file = program.directory / "run/made/d.pid";
            program.log = program.directory / "log/made/d.log";
            each(policy.fork + " " + policy.pid + " umask " + std::to_string(mask), [&] {
                const life daemon(program, [&] { ::umask(mask); });
                BOOST_TEST(daemon.up());
                BOOST_TEST(eventually([&] { return fs::exists(program.log); }));
                BOOST_TEST(mode_of(program.pid_file) == 0644U);
                BOOST_TEST(mode_of(program.log) == 0640U);
                for (const char* const made : {"run", "run/made", "log", "log/made"})
                    BOOST_TEST(mode_of(program.directory / made) == 0755U);
                // In the foreground it stays the caller's.
                const auto own = daemonkit::sys::joined({daemonkit::sys::octal(policy.detaches() ? 022 : mask)});
                BOOST_TEST(proc_status(daemon.pid(), "Umask") == own);
                BOOST_TEST(program({"stop"}, [&] { ::umask(mask); }).status == 0);
                BOOST_TEST(!fs::exists(program.directory / "run"));
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(ten_thousand_descriptors_and_locks_of_others)
{
    constexpr int many = 10'000;
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    rlimit wished{1'048'576, 1'048'576};
    if (::geteuid() != 0 || in_child([&] { return ::setrlimit(RLIMIT_NOFILE, &wished); }).status != 0)
        wished = {limit.rlim_max, limit.rlim_max};
    if (wished.rlim_cur < many + 100) DAEMONKIT_SKIP("no process may have 10 000 descriptors here");
    tally each("inherited: 10 000 descriptors and two locks, of " + std::to_string(wished.rlim_cur) +
               " allowed, x policies");
    for (const auto& policy : every_policy) {
        const surrounded program(policy);
        const auto locked = program.directory / "d.log.locked"; // beside the log: not counted as leftover
        const auto lock_file = [&] { return ::open(locked.c_str(), O_RDWR | O_CREAT, 0600); };
        const auto prepare = [&] {
            ::setrlimit(RLIMIT_NOFILE, &wished);
            const int fd = lock_file();
            struct flock whole = {};
            whole.l_type = F_WRLCK;
            if (::flock(fd, LOCK_EX | LOCK_NB) == -1 || ::fcntl(fd, F_OFD_SETLK, &whole) == -1) ::_exit(99);
            for (int n = 0; n < many; ++n)
                if (::dup(fd) == -1) ::_exit(98);
            if (::dup2(fd, static_cast<int>(wished.rlim_cur) - 1) == -1) ::_exit(97); // and the last number there is
        };
        each(policy.fork + " " + policy.pid, [&] {
            const life daemon(program, prepare);
            BOOST_TEST(daemon.up());
            const auto kept = open_descriptors(daemon.pid());
            const int fd = lock_file();
            struct flock whole = {};
            whole.l_type = F_WRLCK;
            const bool free = ::flock(fd, LOCK_EX | LOCK_NB) == 0 && ::fcntl(fd, F_OFD_SETLK, &whole) == 0;
            ::close(fd);
            if (policy.detaches()) {
                BOOST_TEST(kept.size() < 10U);
                BOOST_TEST(*kept.rbegin() < 20);
                BOOST_TEST(free, "the lock of the caller is released");
            } else { // the process is the caller's: it keeps what it was given
                BOOST_TEST(kept.size() > static_cast<std::size_t>(many));
                BOOST_TEST(!free);
            }
            BOOST_TEST(program({"stop"}).status == 0);
            nothing_is_left_of(program);
        });
    }
}

BOOST_AUTO_TEST_CASE(a_working_directory_that_is_gone)
{
    tally each("inherited: deleted working directory x policies");
    for (const auto& policy : every_policy) {
        const surrounded program(policy);
        const auto gone = program.directory / "gone";
        const auto prepare = [&] {
            fs::create_directory(gone);
            if (::chdir(gone.c_str()) == -1) ::_exit(99);
            fs::remove(gone);
        };
        for (const char* const verb : {"start", "run"}) {
            each(policy.fork + " " + verb, [&] {
                const life daemon(program, prepare, {verb});
                BOOST_TEST(daemon.up());
                const bool foreground = !policy.detaches() || std::string(verb) == "run"; // keeps the caller's
                BOOST_TEST(proc_link(daemon.pid(), "cwd") == (foreground ? gone.string() + " (deleted)" : "/"));
                for (const char* const asked : {"status", "reload", "stop"})
                    BOOST_TEST(program({asked}, prepare).status == 0);
                nothing_is_left_of(program);
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(a_terminal_that_hangs_up)
{
    tally each("inherited: terminal that hangs up x verbs x policies");
    for (const auto& policy : every_policy) {
        for (const char* const verb : {"start", "run"}) {
            const surrounded program(policy);
            int master = -1;
            int terminal = -1;
            BOOST_REQUIRE(::openpty(&master, &terminal, nullptr, nullptr, nullptr) == 0);
            const bool foreground = !policy.detaches() || std::string(verb) == "run";
            each(policy.fork + " " + verb, [&] {
                child_process person([&] { // a shell that waits for its prompt, and the program
                    ::close(master);
                    ::setsid();
                    ::ioctl(terminal, TIOCSCTTY, 0);
                    for (int fd = 0; fd < 3; ++fd) ::dup2(terminal, fd);
                    if (foreground) return program.become({verb}, unprepared);
                    std::signal(SIGHUP, SIG_IGN);
                    const pid_t starter = ::fork();
                    if (starter == 0) return program.become({verb}, unprepared);
                    int status = 0;
                    ::waitpid(starter, &status, 0);
                    child_process::say(status == 0 ? "started" : "failed");
                    child_process::await();
                    return 0;
                });
                ::close(terminal);
                if (!foreground) BOOST_TEST(person.says("started"));
                BOOST_TEST(eventually([&] { return program.pid() != 0; }));
                const pid_t daemon = program.pid();
                BOOST_TEST((proc_stat(daemon, 7) == 0) == !foreground, "its controlling terminal");
                ::close(master);
                if (foreground) { // the end of its terminal sends HUP, which is a reload
                    BOOST_TEST(eventually([&] { return program.reloads() == 1; }));
                } else {
                    person.go();
                    BOOST_TEST(person.status() == 0);
                    BOOST_TEST(proc_stat(daemon, 7) == 0);
                    BOOST_TEST(program.reloads() == 0U);
                }
                BOOST_TEST(alive(daemon));
                BOOST_TEST(program({"status"}).status == 0);
                BOOST_TEST(program({"reload"}).status == 0);
                BOOST_TEST(eventually([&] { return program.reloads() == (foreground ? 2U : 1U); }));
                BOOST_TEST(program({"stop"}).status == 0);
                nothing_is_left_of(program);
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(a_shell_that_waits_for_the_last_writer_returns)
{
    tally each("inherited: pipelines and wrappers of a shell x policies");
    returns(each, "", " | cat");
    returns(each, "", " 2>&1 | head -n 1");
    returns(each, "out=$(", "); [ \"${out#*started}\" != \"$out\" ]");
    returns(each, "out=`", " 2>&1`; [ -n \"$out\" ]", {"restart"});
    returns(each, "timeout 20 ", "");
    returns(each, "", " & wait $!");
    returns(each, "nohup ", "");
    returns(each, "setsid --wait ", "");
    returns(each, "cat <(", ")");
    returns(each, "exec 3< <(sleep 0) 4> >(cat); ", "; exec 4>&-; wait");
    returns(each, "", " 0<&- | cat");
}

BOOST_AUTO_TEST_CASE(the_output_of_start_has_no_reader)
{
    tally each("inherited: closed or full standard streams x policies");
    // The message is lost; the daemon runs, and none of the message is in its log.
    for (const words& verb : {words{"start"}, words{"start", "--verbose"}, words{"restart", "--verbose"}}) {
        returns(each, "trap '' PIPE; set -o pipefail; (", ") | true", verb);
        returns(each, "", " </dev/null >/dev/full 2>&1", verb);
        returns(each, "exec 5>&1; sleep 0 | ", " >&5", verb);
    }
    for (const auto& policy : each_fork) {
        if (!policy.detaches()) continue;
        const surrounded program(policy);
        each(policy.fork + " and the log", [&] {
            BOOST_TEST(run({"bash", "-c", program.shell({"start", "--verbose"}) + " >/dev/full"}).status == 0);
            BOOST_TEST(program({"reload"}).status == 0);
            BOOST_TEST(eventually([&] { return program.reloads() == 1; }));
            BOOST_TEST(read_file(program.log) == "reloaded\n");
            BOOST_TEST(program({"stop"}).status == 0);
        });
    }
    // SIGPIPE ends the process that prints, as in any program; the daemon runs on if it was ready.
    for (const words& verb : {words{"start"}, words{"start", "--verbose"}}) {
        for (const auto& policy : each_fork) {
            if (!policy.detaches()) continue;
            const surrounded program(policy);
            each(policy.fork + " SIGPIPE", [&] {
                const auto o = program(verb, [] {
                    int ends[2];
                    if (::pipe(ends) == -1) ::_exit(99);
                    ::dup2(ends[1], 1);
                    ::close(ends[0]);
                    ::close(ends[1]);
                });
                BOOST_TEST(o.status == 128 + SIGPIPE);
                BOOST_TEST(eventually([&] { return program.pid() != 0 && program.processes().size() == 1; }));
                BOOST_TEST(program({"status"}).status == 0);
                BOOST_TEST(program({"stop"}).status == 0);
                nothing_is_left_of(program);
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(no_environment_and_no_arguments)
{
    tally each("inherited: no environment x verbs x fork policies");
    for (const auto& policy : each_fork) {
        const surrounded program(policy);
        const auto bare = [] { environ = nullptr; }; // not even an empty list
        each(policy.fork, [&] {
            const life daemon(program, bare);
            BOOST_TEST(daemon.up());
            BOOST_TEST(read_file("/proc/" + std::to_string(daemon.pid()) + "/environ").empty());
        });
        if (!policy.detaches()) continue;
        for (const char* const verb : {"restart", "status", "reload", "try-restart", "stop"})
            each(policy.fork + " " + verb, [&] { BOOST_TEST(program({verb}, bare).status == 0); });
        nothing_is_left_of(program);
    }
    each("no arguments", [&] { // Linux 5.18 makes one empty argument of none
        const auto o = in_child([] {
            const int program = ::open(DAEMONKIT_TEST_DAEMON_DIR "/commanded", O_PATH | O_CLOEXEC);
            ::syscall(SYS_execveat, program, "", nullptr, nullptr, AT_EMPTY_PATH);
            return 126;
        });
        BOOST_TEST(o.status == 2);
    });
}

BOOST_AUTO_TEST_CASE(standard_input_at_its_end)
{
    tally each("inherited: standard input at its end x verbs x fork policies");
    for (const auto& policy : each_fork) {
        for (const char* const verb : {"start", "run"}) {
            const surrounded program(policy);
            each(policy.fork + " " + verb, [&] {
                const life daemon(program,
                                  [] {
                                      int ends[2];
                                      if (::pipe(ends) == -1) ::_exit(99);
                                      ::dup2(ends[0], 0);
                                      ::close(ends[0]);
                                      ::close(ends[1]);
                                  },
                                  {verb});
                BOOST_TEST(daemon.up());
                BOOST_TEST(daemon.hears_reload());
                BOOST_TEST(alive(daemon.pid()));
                BOOST_TEST(daemon.hears_stop());
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(the_longest_path_there_is)
{
    tally each("inherited: paths up to PATH_MAX and beyond x policies");
    for (const auto& policy : every_policy) {
        for (const std::size_t length : {std::size_t{PATH_MAX} - 1, std::size_t{PATH_MAX}}) {
            surrounded program(policy);
            std::string path = program.directory.path().string();
            while (length - path.size() > 400) path += "/" + std::string(200, 'd');
            path += "/" + std::string((length - path.size()) / 2, 'e');
            path += "/" + std::string(length - path.size() - 1, 'f');
            BOOST_REQUIRE(path.size() == length);
            program.pid_file = path;
            each(policy.fork + " " + std::to_string(length), [&] {
                if (length < PATH_MAX) return works_again(program);
                for (const char* const verb : {"start", "run"}) {
                    const auto o = program({verb});
                    BOOST_TEST(o.status == 1);
                    BOOST_TEST(contains(o.err, "File name too long"), o.err);
                    is_one_sentence(o, program);
                }
                BOOST_TEST(program({"status"}).status == 4);
                nothing_is_left_of(program);
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(a_name_of_odd_bytes)
{
    tally each("inherited: odd program names x policies");
    for (const auto& policy : every_policy) {
        for (const char* const name : {"x) R 1 1 (", "\xff\xfe%s%n \"\\", " ", "1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6"}) {
            surrounded program(policy);
            program.name = name;
            // Through a link of that name, so that the kernel uses it as the process name.
            const auto link = program.directory / ("d.log " + program.name);
            fs::create_symlink(DAEMONKIT_TEST_DAEMON_DIR "/surrounded", link);
            auto command = program.command({"start"});
            command.front() = link.string();
            each(policy.fork + " " + name, [&] {
                child_process starter([&] { return execute(command); });
                if (policy.detaches()) BOOST_TEST(starter.status() == 0);
                BOOST_TEST(eventually([&] { return program.pid() != 0; }));
                BOOST_TEST(program({"status"}).status == 0);
                BOOST_TEST(program({"stop"}).status == 0);
                nothing_is_left_of(program);
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(a_start_that_is_traced)
{
    if (!in_path("strace")) DAEMONKIT_SKIP("there is no strace");
    tally each("inherited: traced start x fork policies");
    for (const auto& policy : each_fork) {
        const surrounded program(policy);
        const auto traced = [&](const std::string& options, const words& verb) {
            auto all = program.command(verb);
            all.front() = DAEMONKIT_TEST_DAEMON_DIR "/surrounded";
            words command{"strace", "-qq", "-o", "/dev/null"};
            if (!options.empty()) command.push_back(options);
            // The leak sanitizer traces too, and a process can have one tracer only.
            if (sanitized) command.insert(command.end(), {"-E", "ASAN_OPTIONS=detect_leaks=0"});
            command.insert(command.end(), all.begin(), all.end());
            return command;
        };
        if (run(traced("", {"status"})).status != 3) DAEMONKIT_SKIP("nothing can be traced here");
        each(policy.fork + ", with all that it makes", [&] {
            child_process tracer([&] { return execute(traced("-f", {"start"})); });
            BOOST_TEST(eventually([&] { return program.pid() != 0; }));
            const pid_t daemon = program.pid();
            BOOST_TEST(eventually([&] { return fs::exists(program.log); }));
            BOOST_TEST(program({"status"}).status == 0);
            BOOST_TEST(::kill(daemon, SIGHUP) == 0);
            BOOST_TEST(eventually([&] { return program.reloads() == 1; }));
            BOOST_TEST(run(traced("", {"stop"})).status == 0); // a traced process ends another traced one
            BOOST_TEST(tracer.status() == 0);
            nothing_is_left_of(program);
        });
        if (!policy.detaches()) continue;
        each(policy.fork + ", the launcher only", [&] {
            BOOST_TEST(run(traced("", {"start"})).status == 0);
            BOOST_TEST(proc_status(program.pid(), "TracerPid") == "0");
            BOOST_TEST(run(traced("", {"restart"})).status == 0);
            BOOST_TEST(program({"stop"}).status == 0);
            nothing_is_left_of(program);
        });
    }
}

BOOST_AUTO_TEST_CASE(what_belongs_to_the_process_is_kept)
{
    tally each("inherited: what is kept x fork policies");
    for (const auto& policy : each_fork) {
        const surrounded program(policy);
        const auto prepare = [] {
            const rlimit some{123'456'789, 123'456'789};
            cpu_set_t first;
            CPU_ZERO(&first);
            CPU_SET(0, &first);
            constexpr int best_effort_7 = 2 << 13 | 7; // ioprio_set(2)
            if (::nice(7) != 7 || ::setrlimit(RLIMIT_FSIZE, &some) == -1 ||
                ::syscall(SYS_ioprio_set, 1, 0, best_effort_7) == -1 ||
                ::sched_setaffinity(0, sizeof first, &first) == -1 || ::personality(ADDR_NO_RANDOMIZE) == -1 ||
                !write_file("/proc/self/oom_score_adj", "321"))
                ::_exit(99);
        };
        each(policy.fork, [&] {
            const life daemon(program, prepare);
            BOOST_TEST(daemon.up());
            const auto of_daemon = [&](const char* file) {
                return read_file("/proc/" + std::to_string(daemon.pid()) + "/" + file);
            };
            BOOST_TEST(proc_stat(daemon.pid(), 19) == 7); // nice
            BOOST_TEST(::syscall(SYS_ioprio_get, 1, daemon.pid()) == (2 << 13 | 7));
            BOOST_TEST(proc_status(daemon.pid(), "Cpus_allowed_list") == "0");
            BOOST_TEST(of_daemon("oom_score_adj") == "321\n");
            BOOST_TEST(of_daemon("cgroup") == read_file("/proc/self/cgroup"));
            BOOST_TEST((std::stoul(of_daemon("personality"), nullptr, 16) & ADDR_NO_RANDOMIZE) != 0U);
            BOOST_TEST(contains(of_daemon("limits"), "123456789            123456789"));
            BOOST_TEST(program({"stop"}, prepare).status == 0);
            nothing_is_left_of(program);
        });
    }
}

BOOST_AUTO_TEST_CASE(a_signal_to_any_of_its_threads_is_the_daemons)
{
    tally each("inherited: signals to threads x policies");
    for (const auto& policy : every_policy) {
        surrounded program(policy);
        program.environment = {"THREADS=4"};
        each(policy.fork + " " + policy.pid, [&] {
            const life daemon(program);
            const auto tasks = "/proc/" + std::to_string(daemon.pid()) + "/task";
            std::vector<pid_t> threads;
            BOOST_TEST(eventually([&] {
                threads.clear();
                boost::system::error_code gone;
                for (fs::directory_iterator at(tasks, gone), end; at != end; ++at)
                    threads.push_back(std::stoi(at->path().filename().string()));
                return threads.size() >= 5;
            }));
            std::sort(threads.begin(), threads.end());
            for (const pid_t thread : threads) { // kill(2) with a thread's number, as htop does it
                const auto before = program.reloads();
                BOOST_TEST(::kill(thread, SIGHUP) == 0);
                BOOST_TEST(eventually([&] { return program.reloads() > before; }));
            }
            BOOST_TEST(::kill(threads.back(), SIGTERM) == 0);
            BOOST_TEST(ends(daemon.pid()));
            nothing_is_left_of(program);
            works_again(program);
        });
    }
}

BOOST_AUTO_TEST_SUITE_END()
