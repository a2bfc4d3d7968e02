// SPDX-License-Identifier: BSL-1.0
// What is left of root after the drop: as the kernel shows it, as a daemon finds that tries to regain privileges, and
// where the system calls that should have dropped it failed.
#include "privileges/dropping.hpp"
#include "support/disabled_call.hpp"
#include "support/file.hpp"
#include "support/mounts.hpp"
#include "support/open_proc.hpp"
#include "support/process.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <fstream>

using namespace std::string_literals;

namespace {

/// For a child: the machine does not allow what the test needs.
constexpr int impossible = 77;

/// The kernel shows every thread as an ordinary one of the user nobody.
void expect_nothing_left(pid_t daemon, const std::string& groups)
{
    const auto threads = threads_of(daemon);
    for (const pid_t thread : threads) {
        BOOST_TEST(identity(thread, "Uid") == four_times(nobody));
        BOOST_TEST(identity(thread, "Gid") == four_times(nobody));
        BOOST_TEST(identity(thread, "Groups") == groups);
        for (const char* const set : {"CapInh", "CapPrm", "CapEff", "CapAmb"})
            BOOST_TEST(identity(thread, set) == "0000000000000000", set);
        BOOST_TEST(identity(thread, "CapBnd") == identity(::getpid(), "CapBnd"));
    }
}

std::string groups_of_nobody()
{
    const passwd* const entry = ::getpwnam("nobody");
    std::array<gid_t, 64> groups{};
    int count = groups.size();
    ::getgrouplist("nobody", entry->pw_gid, groups.data(), &count);
    std::sort(groups.begin(), groups.begin() + count);
    std::string text;
    for (int i = 0; i < count; ++i) (text += i == 0 ? "" : " ") += std::to_string(groups[static_cast<std::size_t>(i)]);
    return text;
}

constexpr unsigned attempts = 22;

} // namespace

BOOST_AUTO_TEST_SUITE(drop, *boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(nothing_is_left_in_any_thread_whatever_the_launcher_was)
{
    NEEDS_ROOT_AND_NOBODY();
    const struct
    {
        const char* name;
        words launcher;
    } launchers[] = {
        {"root", {}},
        {"root with groups", {"setpriv", "--groups=0,4,20,4242"}},
        {"no environment but the settings", {"env", "-i"}},
        {"sudo", {"env", "SUDO_UID=0", "SUDO_GID=0", "SUDO_USER=root"}},
        {"another real user", {"setpriv", "--ruid=1"}},
        {"another real group", {"setpriv", "--rgid=1", "--keep-groups"}},
        {"inheritable capabilities", {"setpriv", "--inh-caps=+kill,+chown"}},
        {
            "ambient capabilities",
            {"setpriv", "--inh-caps=+kill,+dac_override", "--ambient-caps=+kill,+dac_override"},
        },
        {"capabilities that do not go with the user", {"setpriv", "--securebits=+no_setuid_fixup"}},
        {"all of that",
         {"setpriv", "--groups=0,4", "--inh-caps=+kill,+chown", "--ambient-caps=+kill,+chown",
          "--securebits=+no_setuid_fixup"}},
    };
    {
        const dropping everything_works_for_root;
        BOOST_TEST(everything_works_for_root.started() != 0);
        const auto logged = everything_works_for_root.logged();
        const auto line = logged.substr(0, logged.find("\nrun\n"));
        BOOST_TEST(std::count(line.begin() + static_cast<long>(line.find("succeeded:")), line.end(), ' ') ==
                       attempts + 3, // "chown of standard output"
                   logged);
    }
    unsigned held = 0;
    const auto groups = groups_of_nobody();
    for (const auto& launcher : launchers) BOOST_TEST_CONTEXT("launcher: " << launcher.name)
        {
            const dropping program({"RUN_AS=nobody", "THREADS=1"});
            const pid_t daemon = program.started(launcher.launcher);
            BOOST_REQUIRE(daemon != 0);
            BOOST_TEST(threads_of(daemon).size() == 3U);
            expect_nothing_left(daemon, groups);
            const auto failed = count_of(program.logged(), "of " + std::to_string(attempts) + " attempts succeeded:\n");
            BOOST_TEST(failed == 2U, program.logged());
            held += attempts * static_cast<unsigned>(failed);
        }
    std::cout << "privileges wanted back: " << attempts << " ways x 2 threads x " << std::size(launchers)
              << " launchers, " << attempts * 2 * std::size(launchers) << " tried, " << held << " held\n";
}

BOOST_AUTO_TEST_CASE(keys_in_the_session_of_the_starter_are_out_of_reach)
{
    NEEDS_ROOT_AND_NOBODY();
    const auto keyctl = [](auto... arguments) { return ::syscall(SYS_keyctl, arguments...); };
    // Of this process, and so of the program that it starts.
    if (keyctl(KEYCTL_JOIN_SESSION_KEYRING, nullptr) == -1) DAEMONKIT_SKIP("there are no keyrings here");
    const long key = ::syscall(SYS_add_key, "user", "daemonkit", "secret", 6U, KEY_SPEC_SESSION_KEYRING);
    BOOST_TEST_REQUIRE(key != -1);
    for (const bool drops : {false, true}) BOOST_TEST_CONTEXT("drops " << drops)
        {
            const dropping program({"KEY=" + std::to_string(key), drops ? "RUN_AS=nobody" : "RUN_AS="});
            BOOST_TEST(program.started() != 0);
            const std::string line = drops ? "the key is out of reach\n" : "the key is read\n";
            BOOST_TEST(count_of(program.logged(), line) == 2U, program.logged());
        }
}

BOOST_AUTO_TEST_CASE(capabilities_that_would_survive_are_refused_before_anything_forks)
{
    NEEDS_ROOT_AND_NOBODY();
    const dropping program({"RUN_AS=nobody"});
    const auto with = [](const std::string& capabilities) {
        return as_user(nobody) + words{"--inh-caps=" + capabilities, "--ambient-caps=" + capabilities};
    };
    BOOST_TEST(program.refusal(4, with("+kill,+dac_override")) ==
               "dropping: cannot become nobody: the daemon would keep the capabilities of the process that "
               "starts it; start it without capabilities, or as root\n");
    // Root by capabilities alone is not asked to prove what it can do.
    const auto powers = as_user(1) + words{"--inh-caps=+setuid,+setgid", "--ambient-caps=+setuid,+setgid"};
    BOOST_TEST(contains(program.refusal(4, powers), "only root may become another user"));
    BOOST_TEST(!fs::exists(program.log));
}

BOOST_AUTO_TEST_CASE(capabilities_that_on_start_keeps_are_given_up_or_fail_the_start)
{
    NEEDS_ROOT_AND_NOBODY();
    const dropping alone({"RUN_AS=nobody", "KEEPS=1"});
    const pid_t daemon = alone.started();
    BOOST_REQUIRE(daemon != 0);
    expect_nothing_left(daemon, groups_of_nobody());
    BOOST_TEST(contains(alone.logged(), " attempts succeeded:\n"), alone.logged());
    // A thread cannot drop the capabilities of another: the other threads have kept them, and that is detected.
    const dropping with_threads({"RUN_AS=nobody", "KEEPS=1", "THREADS=1"});
    BOOST_TEST(with_threads.refusal(4) == "dropping: cannot drop privileges to user nobody: Operation not permitted\n");
}

BOOST_AUTO_TEST_CASE(groups_are_exactly_those_of_the_user)
{
    NEEDS_ROOT_AND_NOBODY();
    const dropping program({"RUN_AS=nobody"});
    // A group file in which nobody has more groups than fit into the first buffer.
    std::string groups;
    {
        std::ofstream file((program.directory / "group").string());
        file << "root:x:0:\nnogroup:x:65534:\n";
        for (int group = 5000; group < 5100; ++group) {
            file << "g" << group << ":x:" << group << ":nobody\n";
            groups += std::to_string(group) + " ";
        }
    }
    groups += "65534";
    const auto start = in_child([&] {
        if (!unshare_mounts() ||
            ::mount((program.directory / "group").c_str(), "/etc/group", nullptr, MS_BIND, nullptr) == -1)
            return impossible;
        return execute(program.command({"start"}));
    });
    if (start.status == impossible) DAEMONKIT_SKIP("nothing can be mounted here");
    BOOST_TEST_REQUIRE(start.status == 0, start.err);
    expect_nothing_left(program.pid(), groups);
}

BOOST_AUTO_TEST_CASE(the_order_of_a_real_start)
{
    NEEDS_ROOT_AND_NOBODY();
    if (run({"strace", "true"}).status != 0) DAEMONKIT_SKIP("strace cannot trace here");
    const group* const other_group = ::getgrnam("daemon");
    if (other_group == nullptr) DAEMONKIT_SKIP("there is no group daemon");
    const auto gid = std::to_string(other_group->gr_gid);
    const temporary_directory jail;
    const dropping program(
        {"RUN_AS=nobody", "RUN_AS_GROUP=daemon", "ROOT=" + jail.path().string(), "NO_NEW_PRIVILEGES=1", "ENDS=1"});
    const auto trace = (program.directory / "trace").string();
    const auto traced = program.verb(
        "start",
        {"strace", "-f", "-qq", "-o", trace, "-e", "signal=none", "-e",
         "trace=write,ftruncate,setgroups,setresgid,setresuid,setuid,chroot,chdir,prctl,fchown,sendto,sendmsg"});
    BOOST_TEST_REQUIRE(traced.status == 0, traced.err);
    const auto calls = read_file(trace);
    const auto before_chroot = calls.substr(0, calls.find("chroot("));
    const auto daemon = before_chroot.substr(before_chroot.rfind('\n') + 1); // "PID ", as each of its lines begins
    // Each call comes after the one before it.
    std::size_t at = calls.find("\"" + std::to_string(std::stoi(daemon)) + "\\n\""); // the line of the pid file
    BOOST_TEST(at != std::string::npos, calls);
    for (const auto& call :
         {"write(1, \"on_start"s, "fchown(1, 65534, " + gid, "chroot(\""s, "chdir(\"/\""s, "setgroups("s,
          "setresgid(" + gid + ", " + gid + ", " + gid, "setresuid(65534, 65534, 65534"s, "setuid(0"s,
          "prctl(PR_SET_NO_NEW_PRIVS, 1"s, "write(1, \"of "s, "write(1, \"run"s}) {
        const auto next = calls.find(daemon + call, at);
        BOOST_TEST_REQUIRE(next != std::string::npos, call << " does not come next in\n" << calls.substr(at));
        at = next;
    }
}

BOOST_AUTO_TEST_CASE(no_new_privileges_where_asked_and_only_there)
{
    NEEDS_ROOT_AND_NOBODY();
    const temporary_directory programs;
    const auto id = programs / "id";
    struct statvfs mounted{};
    ::statvfs(programs.path().c_str(), &mounted);
    if ((mounted.f_flag & ST_NOSUID) != 0)
        DAEMONKIT_SKIP("set-user-ID programs do not work in the temporary directory");
    BOOST_TEST_REQUIRE(run({"cp", "/usr/bin/id", id.string()}).status == 0);
    BOOST_TEST_REQUIRE(::chmod(id.c_str(), 04755) == 0);
    for (const bool asked : {false, true}) BOOST_TEST_CONTEXT((asked ? "asked" : "not asked"))
        {
            const dropping program({"RUN_AS=nobody", "THREADS=1", "EXECUTES=" + id.string(),
                                    std::string("NO_NEW_PRIVILEGES=") + (asked ? "1" : "")});
            const pid_t daemon = program.started();
            BOOST_REQUIRE(daemon != 0);
            BOOST_TEST(proc_status(daemon, "NoNewPrivs") == (asked ? "1" : "0"));
            BOOST_TEST(contains(program.logged(), "uid=65534"), program.logged());
            BOOST_TEST(contains(program.logged(), "euid=0") == !asked, program.logged());
        }
}

BOOST_AUTO_TEST_CASE(a_process_of_the_same_user_cannot_inspect_it)
{
    NEEDS_ROOT_AND_NOBODY();
    NEEDS_OPEN_PROC();
    // The kernel makes a process that changed its user undumpable (fs.suid_dumpable), rightly: its memory has what it
    // read as root. So it writes no core either, whatever core_dumps says.
    if (read_file("/proc/sys/fs/suid_dumpable") == "1\n") DAEMONKIT_SKIP("fs.suid_dumpable is 1 here");
    const dropping program({"RUN_AS=nobody"});
    const pid_t daemon = program.started();
    BOOST_REQUIRE(daemon != 0);
    const auto readable_by_nobody = [](pid_t pid, const char* name) {
        return run(as_user(nobody) + words{"cat", "/proc/" + std::to_string(pid) + "/" + name}).status == 0;
    };
    BOOST_TEST(!readable_by_nobody(daemon, "environ"));
    BOOST_TEST(!readable_by_nobody(daemon, "maps"));
    BOOST_TEST(readable_by_nobody(daemon, "stat"), "like that of any process, as status needs");
    const auto own = in_child([&] { return execute(as_user(nobody) + words{"cat", "/proc/self/environ"}); });
    BOOST_TEST(own.status == 0, "an ordinary process of nobody's can be read: " << own.err);
}

BOOST_AUTO_TEST_CASE(no_descriptor_of_the_privileged_phase_is_open)
{
    NEEDS_ROOT_AND_NOBODY();
    const temporary_directory jail;
    const dropping list({"RUN_AS=nobody"});
    const dropping jailed({"RUN_AS=nobody", "ROOT=" + jail.path().string()});
    for (const auto* const program : {&list, &jailed})
        BOOST_TEST_CONTEXT((program == &list ? "dropped" : "dropped and in another root directory"))
        {
            const int leaked =
                ::open("/", O_RDONLY | O_DIRECTORY); // not close-on-exec: inherited, and closed by the start
            const pid_t daemon = program->started();
            ::close(leaked);
            BOOST_REQUIRE(daemon != 0);
            std::map<std::string, int> found;
            const auto look = [&] {
                found.clear();
                bool as_inherited = true;
                for (const int fd : open_descriptors(daemon)) {
                    const auto number = std::to_string(fd);
                    auto target = proc_link(daemon, "fd/" + number);
                    std::ifstream info("/proc/" + std::to_string(daemon) + "/fdinfo/" + number);
                    std::string word;
                    unsigned flags = 0;
                    while (info >> word && word != "flags:") {}
                    info >> std::oct >> flags;
                    if (target.starts_with("socket:")) target = "socket";
                    const bool reads = (flags & O_ACCMODE) != O_WRONLY;
                    const bool writes = (flags & O_ACCMODE) != O_RDONLY;
                    ++found[(fd <= 2 ? number + " " : "") + target + (reads ? " r" : " ") + (writes ? "w" : "") +
                            ((flags & O_APPEND) != 0 ? "a" : "")];
                    as_inherited = as_inherited && ((flags & O_CLOEXEC) != 0) == (fd > 2);
                }
                return as_inherited;
            };
            const std::map<std::string, int> expected{
                {"0 /dev/null r", 1},
                {"1 " + program->log.string() + " wa", 1},
                {"2 " + program->log.string() + " wa", 1},
                {program->pid_file.string() + " rwa", 1}, // emptied at the end: the daemon may not remove it
                {"anon_inode:[signalfd] rw", 1},
                {"socket rw", 2}, // its abstract sockets: one for the path of the pid file, one that names the holder
            };
            // The launcher may return before the daemon has closed its end of the channel.
            eventually([&] { return look() && found == expected; });
            BOOST_TEST(look(), "only 0, 1 and 2 are for programs that it executes");
            std::string text;
            for (const auto& [name, count] : found) text += std::to_string(count) + " " + name + "\n";
            BOOST_TEST((found == expected), text);
        }
}

BOOST_AUTO_TEST_CASE(another_root_directory_leaves_nothing_of_the_outside)
{
    NEEDS_ROOT_AND_NOBODY();
    const temporary_directory jail;
    const dropping program({"RUN_AS=nobody", "THREADS=1", "ROOT=" + jail.path().string()});
    const pid_t daemon = program.started();
    BOOST_REQUIRE(daemon != 0);
    for (const pid_t thread : threads_of(daemon)) {
        BOOST_TEST(proc_link(thread, "root") == jail.path().string());
        BOOST_TEST(proc_link(thread, "cwd") == jail.path().string());
    }
    for (const int fd : open_descriptors(daemon))
        BOOST_TEST(!fs::is_directory("/proc/" + std::to_string(daemon) + "/fd/" + std::to_string(fd)));
    expect_nothing_left(daemon, groups_of_nobody());
    BOOST_TEST(count_of(program.logged(), " attempts succeeded:\n") == 2U, program.logged());
    // The log cannot be reopened inside the root directory; the daemon logs that and goes on.
    BOOST_TEST(program.verb("reload").status == 1);
    BOOST_TEST(eventually([&] { return contains(program.logged(), "reload refused, the old state stays"); }));
    BOOST_TEST(program.verb("status").status == 0);
    BOOST_TEST(program.verb("stop").status == 0);
    BOOST_TEST(program.nobody_left());
    BOOST_TEST(read_file(program.pid_file) == "");
    BOOST_TEST(program.verb("status").status == 3);
    BOOST_TEST(fs::is_empty(jail.path()));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(drop_that_fails, *boost::unit_test::label("root") * boost::unit_test::label("fault"))

namespace {

} // namespace

BOOST_AUTO_TEST_CASE(a_call_that_fails_or_does_nothing_is_detected)
{
    NEEDS_ROOT_AND_NOBODY();
    const temporary_directory jail;
    const struct
    {
        const char* name;
        long call;
        long first;
        std::vector<unsigned> errors; ///< 0: the call succeeds and does nothing
        std::string sentence;
    } calls[] = {
        {"setgroups", SYS_setgroups, -1, {EPERM, EINVAL, ENOMEM, 0}, "drop privileges to user nobody"},
        {"setresgid", SYS_setresgid, -1, {EPERM, EINVAL, EAGAIN, 0}, "drop privileges to user nobody"},
        {"setresuid", SYS_setresuid, -1, {EPERM, EINVAL, EAGAIN, 0}, "drop privileges to user nobody"},
        {"capset", SYS_capset, -1, {EPERM}, "drop inherited capabilities"},
        {"capset with KEEP_CAPS", SYS_capset, -1, {0}, "drop privileges to user nobody"},
        {"prctl", SYS_prctl, PR_SET_NO_NEW_PRIVS, {EPERM, EINVAL, 0}, "set the no_new_privs attribute"},
        {"chroot", SYS_chroot, -1, {EPERM, EIO, 0}, "change the root directory to " + jail.path().string()},
    };
    unsigned tried = 0;
    unsigned held = 0;
    for (const auto& c : calls)
        for (const unsigned error : c.errors)
            BOOST_TEST_CONTEXT(
                c.name << " returns "
                       << (error == 0 ? "0 and does nothing" : ::strerrorname_np(static_cast<int>(error))))
            {
                const dropping program(
                    {"RUN_AS=nobody", "ROOT=" + jail.path().string(), "NO_NEW_PRIVILEGES=1", "KEEPS=1"});
                const auto start = in_child([&] {
                    return disable_call(c.call, error, c.first) ? execute(program.command({"start"})) : impossible;
                });
                if (start.status == impossible) DAEMONKIT_SKIP("no system call filter can be set here");
                const auto failure = program.refusal(error == EPERM || error == 0 ? 4 : 1, start);
                const bool said = failure.starts_with("dropping: cannot " + c.sentence);
                BOOST_TEST(said, failure);
                ++tried;
                held += said ? 1U : 0U;
                // The next start works without help.
                BOOST_TEST(program.started() != 0);
            }
    std::cout << "drops that fail or only pretend: " << tried << " faults, " << held << " held\n";
}

BOOST_AUTO_TEST_CASE(a_user_that_the_namespace_does_not_have, *boost::unit_test::label("namespace"))
{
    NEEDS_ROOT_AND_NOBODY();
    program to_nobody; // its standard output is /dev/null: a log could not be given to nobody anyway
    to_nobody.environment = {"RUN_AS=nobody"};
    // All groups exist there, and no user but root: the drop fails between the two.
    const auto start = in_child([&] {
        const pid_t child = ::fork();
        if (child == 0) {
            if (::unshare(CLONE_NEWUSER) == -1) ::_exit(impossible);
            ::raise(SIGSTOP);
            ::_exit(execute(to_nobody.command({"start"})));
        }
        int status = 0;
        ::waitpid(child, &status, WUNTRACED);
        if (!WIFSTOPPED(status)) return impossible;
        const auto process = "/proc/" + std::to_string(child);
        const bool mapped =
            write_file(process + "/uid_map", "0 0 1\n") && write_file(process + "/gid_map", "0 0 65535\n");
        ::kill(child, mapped ? SIGCONT : SIGKILL);
        ::waitpid(child, &status, 0);
        return mapped && WIFEXITED(status) ? WEXITSTATUS(status) : impossible;
    });
    if (start.status == impossible) DAEMONKIT_SKIP("no user namespace can be made here");
    BOOST_TEST(start.status == 1);
    BOOST_TEST(start.err == "commanded: cannot drop privileges to user nobody: Invalid argument\n");
    BOOST_TEST(to_nobody.nobody_left());
    BOOST_TEST(!fs::exists(to_nobody.pid_file));
    BOOST_TEST(to_nobody({"start"}).status == 0, "the next start works without help");
}

BOOST_AUTO_TEST_SUITE_END()
