// SPDX-License-Identifier: BSL-1.0
// Which user may do what to which daemon: root's daemon, a daemon that root dropped to a user, a daemon started by a
// user; their pid files and logs, which outlive the privileges that made them.
#include "privileges/dropping.hpp"
#include "support/file.hpp"
#include "support/open_proc.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

namespace {

constexpr uid_t stranger = 1;

void give(const fs::path& path, uid_t user) { BOOST_TEST_REQUIRE(::chown(path.c_str(), user, user) == 0, path); }

uid_t owner_of(const fs::path& path)
{
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 ? status.st_uid : static_cast<uid_t>(-1);
}

/// A refusal: exit status 4 and one sentence.
void expect_denied(const outcome& verb, const std::string& sentence)
{
    BOOST_TEST(verb.status == 4, verb.out << verb.err);
    BOOST_TEST(verb.out == "");
    BOOST_TEST(count_of(verb.err, "\n") == 1U, verb.err);
    BOOST_TEST(contains(verb.err, sentence), verb.err);
}

/// The daemon is unchanged: the only one, found by every user who may look, and not reloaded.
void expect_untouched(const dropping& program, pid_t daemon)
{
    BOOST_TEST(program.processes() == std::vector<pid_t>{daemon}, boost::test_tools::per_element());
    BOOST_TEST(alive(daemon));
    BOOST_TEST(program.pid() == daemon);
    BOOST_TEST(!contains(program.logged(), "reloaded"), program.logged());
}

/// Root reloads the daemon, which handles that after all earlier signals.
void expect_hearing(const dropping& program)
{
    BOOST_TEST(program.verb("reload").status == 0);
    BOOST_TEST(eventually([&] { return contains(program.logged(), "reloaded"); }));
}

/// Copies of the programs of test/daemon that run as their owner.
class set_user_id_programs
{
public:
    [[nodiscard]] bool work() const
    {
        struct statvfs mounted{};
        return ::statvfs(directory_.path().c_str(), &mounted) == 0 && (mounted.f_flag & ST_NOSUID) == 0;
    }
    [[nodiscard]] outcome operator()(const program& which, const char* verb, const words& user, uid_t owner = 0) const
    {
        const auto launcher = (directory_ / which.name).string();
        BOOST_TEST_REQUIRE(run({"cp", DAEMONKIT_TEST_DAEMON_DIR "/" + which.name, launcher}).status == 0);
        give(launcher, owner);
        BOOST_TEST_REQUIRE(::chmod(launcher.c_str(), 04755) == 0);
        auto command = user + which.command({verb});
        command[command.size() - 2] = launcher;
        auto result = run(command);
        fs::remove(launcher);
        return result;
    }

private:
    temporary_directory directory_{};
};

void expect_whole_life(const dropping& program, const words& user)
{
    const pid_t first = program.started(user);
    BOOST_REQUIRE(first != 0);
    BOOST_TEST(program.verb("start", user).out == "dropping: already running (pid " + std::to_string(first) + ")\n");
    BOOST_TEST(program.verb("status", user).status == 0);
    BOOST_TEST(program.verb("reload", user).status == 0);
    BOOST_TEST(eventually([&] { return contains(program.logged(), "reloaded"); }));
    BOOST_TEST(program.verb("restart", user).status == 0);
    const pid_t second = program.pid();
    BOOST_TEST(second != first);
    BOOST_TEST(!alive(first));
    BOOST_TEST(program.processes() == std::vector<pid_t>{second}, boost::test_tools::per_element());
    BOOST_TEST(program.verb("stop", user).status == 0);
    BOOST_TEST(program.nobody_left());
    BOOST_TEST(program.verb("status", user).status == 3);
}

} // namespace

BOOST_AUTO_TEST_SUITE(control_of_others, *boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(root_that_may_not_inspect_the_daemon_finds_it_all_the_same)
{
    NEEDS_ROOT_AND_NOBODY();
    // As in a container by default: root reads no /proc/PID/fd of another user.
    const words without_ptrace{"setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"};
    const dropping program({"RUN_AS=nobody"});
    const pid_t daemon = program.started(without_ptrace);
    BOOST_REQUIRE(daemon != 0);
    const auto running = "running (pid " + std::to_string(daemon) + ")";
    for (const bool deleted : {false, true}) BOOST_TEST_CONTEXT("the file is deleted " << deleted)
        {
            if (deleted) fs::remove(program.pid_file);
            const auto status = program.verb("status", without_ptrace);
            BOOST_TEST(status.status == 0, status.out << status.err);
            BOOST_TEST(contains(status.out, running), status.out);
            const auto start = program.verb("start", without_ptrace);
            BOOST_TEST(contains(start.out, "already " + running), start.out << start.err);
            BOOST_TEST(program.processes() == std::vector<pid_t>{daemon}, boost::test_tools::per_element());
        }
    BOOST_TEST(program.verb("stop", without_ptrace).status == 0);
}

BOOST_AUTO_TEST_CASE(a_refusal_names_the_user_of_the_daemon)
{
    NEEDS_ROOT_AND_NOBODY();
    NEEDS_OPEN_PROC();
    const std::pair<words, const char*> users[]{{{}, "root (0)"}, {{"RUN_AS=nobody"}, "nobody (65534)"}};
    for (const auto& [settings, user] : users) {
        const dropping program(settings);
        BOOST_REQUIRE(program.started() != 0);
        expect_denied(program.verb("stop", as_user(stranger)),
                      std::string(": Operation not permitted: it runs as user ") + user + "\n");
    }
}

BOOST_AUTO_TEST_CASE(root_s_daemon_obeys_root)
{
    NEEDS_ROOT_AND_NOBODY();
    unsigned refused = 0;
    for (const words& settings : {words{}, words{"RUN_AS=nobody"}})
        BOOST_TEST_CONTEXT((settings.empty() ? "root's" : "dropped to nobody"))
        {
            const dropping program(settings);
            const pid_t daemon = program.started();
            BOOST_REQUIRE(daemon != 0);
            const auto other = as_user(stranger);
            for (const char* const verb : {"stop", "reload", "restart", "try-restart", "force-reload"})
                BOOST_TEST_CONTEXT(verb)
                {
                    expect_denied(program.verb(verb, other), "dropping: cannot send a signal to process " +
                                                                 std::to_string(daemon) + ": Operation not permitted");
                    expect_untouched(program, daemon);
                    ++refused;
                }
            const auto start = program.verb("start", other);
            BOOST_TEST((start.status == 4 || contains(start.out, "already running")), start.out << start.err);
            expect_untouched(program, daemon);
            const auto status = program.verb("status", other);
            BOOST_TEST(status.status == 0, status.err);
            BOOST_TEST(contains(status.out, "running (pid " + std::to_string(daemon) + ")"), status.out);
            expect_hearing(program);
            BOOST_TEST(program.verb("stop").status == 0);
            BOOST_TEST(program.nobody_left());
            for (const char* const verb : {"start", "restart"})
                expect_denied(program.verb(verb, other),
                              settings.empty() ? "Permission denied" : "only root may become another user");
            BOOST_TEST(program.verb("stop", other).status == 0, "what does not run is stopped already (LSB)");
            BOOST_TEST(program.verb("status", other).status == 3);
            BOOST_TEST(program.nobody_left());
        }
    std::cout << "verbs against a daemon of another user: " << refused << " tried, " << refused
              << " refused with status 4\n";
}

BOOST_AUTO_TEST_CASE(a_missing_directory_of_root_s_is_missing_privilege)
{
    NEEDS_ROOT_AND_NOBODY();
    dropping program;
    program.pid_file = program.directory / "run" / "d.pid";
    const auto start = program.verb("start", as_user(nobody));
    expect_denied(start, "cannot make the directory of the pid file " + program.pid_file.parent_path().string() +
                             ": Permission denied");
    BOOST_TEST(program.nobody_left());
    BOOST_TEST(!fs::exists(program.pid_file.parent_path()));
}

BOOST_AUTO_TEST_CASE(the_user_of_a_dropped_daemon_may_stop_it_and_not_start_it)
{
    NEEDS_ROOT_AND_NOBODY();
    const dropping program({"RUN_AS=nobody"});
    BOOST_REQUIRE(program.started() != 0);
    // kill(2) checks for the same user, and for nothing else.
    const auto user = as_user(nobody);
    BOOST_TEST(program.verb("reload", user).status == 0);
    BOOST_TEST(eventually([&] { return contains(program.logged(), "reloaded"); }));
    BOOST_TEST(program.verb("stop", user).status == 0);
    BOOST_TEST(program.nobody_left());
    BOOST_TEST(program.verb("status", user).status == 3);
    expect_denied(program.verb("start", user), "Permission denied");
    BOOST_TEST(program.started() != 0);
}

BOOST_AUTO_TEST_CASE(a_user_needs_no_root_in_a_runtime_directory)
{
    NEEDS_ROOT_AND_NOBODY();
    // Like XDG_RUNTIME_DIR, /run/user/UID.
    const dropping program;
    fs::permissions(program.directory.path(), fs::owner_all);
    give(program.directory.path(), nobody);
    const auto user = as_user(nobody);
    expect_whole_life(program, user);
    BOOST_TEST(!fs::exists(program.pid_file), "in a directory of his own it goes");

    const pid_t daemon = program.started(user);
    BOOST_REQUIRE(daemon != 0);
    // A user who may write the file could make root signal any process. So root accepts only processes of that user in
    // it, and does not start a daemon there.
    for (const char* const verb : {"status", "reload", "start"})
        BOOST_TEST(program.verb(verb).status == 0, verb << " by root");
    BOOST_TEST(contains(program.verb("start").out, "already running (pid " + std::to_string(daemon)));
    for (const char* const verb : {"start", "stop", "reload", "restart", "status"})
        BOOST_TEST_CONTEXT(verb << " by another user")
        {
            const auto refused = program.verb(verb, as_user(stranger));
            BOOST_TEST(refused.status == (verb == std::string("status") ? 4 : 1));
            BOOST_TEST(refused.out == "");
            BOOST_TEST(count_of(refused.err, "\n") == 1U);
            BOOST_TEST(contains(refused.err, "it belongs to user nobody (65534)"), refused.err);
        }
    BOOST_TEST(program.processes() == std::vector<pid_t>{daemon}, boost::test_tools::per_element());
    BOOST_TEST(program.verb("stop").status == 0);
    BOOST_TEST(program.nobody_left());
    const auto refused = program.verb("start");
    BOOST_TEST(refused.status == 1);
    BOOST_TEST(contains(refused.err, "it belongs to user nobody (65534)"), refused.err);
}

BOOST_AUTO_TEST_CASE(a_set_user_id_launcher)
{
    NEEDS_ROOT_AND_NOBODY();
    const auto as_nobody = as_user(nobody);
    const set_user_id_programs by_launcher;
    if (!by_launcher.work()) DAEMONKIT_SKIP("set-user-ID programs do not work in the temporary directory");
    {
        const dropping drops({"RUN_AS=nobody"});
        const auto start = by_launcher(drops, "start", as_user(stranger));
        BOOST_TEST_REQUIRE(start.status == 0, start.err);
        const pid_t daemon = drops.pid();
        BOOST_TEST(identity(daemon, "Uid") == four_times(nobody), "the real user too");
        BOOST_TEST(identity(daemon, "Gid") == four_times(nobody));
        BOOST_TEST(contains(drops.logged(), " attempts succeeded:\n"), drops.logged());
        // Every user may start it, but its file belongs to root: the user may stop it by the same launcher only.
        expect_denied(drops.verb("stop", as_user(stranger)), "Operation not permitted");
        BOOST_TEST(by_launcher(drops, "stop", as_user(stranger)).status == 0);
    }
    {
        program stays; // its effective user is root, its real user the caller
        const auto start = by_launcher(stays, "start", as_nobody);
        BOOST_TEST_REQUIRE(start.status == 0, start.err);
        BOOST_TEST(identity(stays.pid(), "Uid") == "65534 0 0 0");
        BOOST_TEST(owner_of(stays.pid_file) == 0U);
        // So the kernel lets that user signal it. A daemon that only root may signal must prevent that, see next.
        BOOST_TEST(run(as_nobody + stays.command({"stop"})).status == 0);
        BOOST_TEST(stays.nobody_left());
    }
    {
        const dropping root_s({"RUN_AS=root"});
        const auto start = by_launcher(root_s, "start", as_nobody);
        BOOST_TEST_REQUIRE(start.status == 0, start.err);
        BOOST_TEST(identity(root_s.pid(), "Uid") == four_times(0));
        expect_denied(root_s.verb("stop", as_nobody), "Operation not permitted");
    }
}

BOOST_AUTO_TEST_CASE(a_launcher_that_can_be_root_again_is_not_nobody)
{
    NEEDS_ROOT_AND_NOBODY();
#ifdef __SANITIZE_ADDRESS__
    DAEMONKIT_SKIP("the sanitizer may not read its options in such a process");
#endif
    const set_user_id_programs by_launcher;
    if (!by_launcher.work()) DAEMONKIT_SKIP("set-user-ID programs do not work in the temporary directory");
    const dropping program({"RUN_AS=nobody"}); // and a program of the user nobody that root runs: its real user is root
    expect_denied(by_launcher(program, "start", {}, nobody), "only root may become another user");
    BOOST_TEST(program.nobody_left());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(files_of_a_dropped_daemon, *boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(lives_that_follow_one_another_agree_on_the_pid_file)
{
    NEEDS_ROOT_AND_NOBODY();
    const dropping program({"RUN_AS=nobody"});
    const words forms_of_end[] = {{"stop"}, {"restart"}, {"crash"}, {"by itself"}};
    for (const auto& end : forms_of_end) BOOST_TEST_CONTEXT(end.front())
        {
            const pid_t daemon = program.started();
            BOOST_REQUIRE(daemon != 0);
            BOOST_TEST(owner_of(program.pid_file) == 0U,
                       "never the user's, who could choose which process root signals");
            BOOST_TEST(program.verb("status").status == 0);
            if (end.front() == "stop") {
                BOOST_TEST(program.verb("stop").status == 0);
            } else if (end.front() == "restart") {
                BOOST_TEST(program.verb("restart").status == 0);
                BOOST_TEST(program.pid() != daemon);
                BOOST_TEST(program.verb("stop").status == 0);
            } else if (end.front() == "crash") {
                put_down(daemon);
                BOOST_TEST(program.verb("status").status == 1, "dead, and its record remains");
                BOOST_TEST(program.verb("start").status == 0);
                BOOST_TEST(program.verb("status").status == 0);
                BOOST_TEST(program.verb("stop").status == 0);
            } else {
                ::kill(daemon, SIGTERM);
            }
            BOOST_TEST(program.nobody_left());
            BOOST_TEST(read_file(program.pid_file) == "");
            BOOST_TEST(program.verb("status").status == 3);
            BOOST_TEST(program.verb("stop").status == 0);
        }
}

BOOST_AUTO_TEST_CASE(logs_are_rotated_under_it)
{
    NEEDS_ROOT_AND_NOBODY();
    enum class made { by_logrotate, by_logrotate_for_root, by_nobody };
    const struct
    {
        const char* name;
        uid_t directory;
        made create;
        bool reopened;
    } rotations[] = {
        {"root's directory, create for the user", 0, made::by_logrotate, true},
        {"root's directory, create for root", 0, made::by_logrotate_for_root, false},
        {"root's directory, nocreate", 0, made::by_nobody, false},
        {"the user's directory, create for the user", nobody, made::by_logrotate, true},
        {"the user's directory, create for root", nobody, made::by_logrotate_for_root, false},
        {"the user's directory, nocreate", nobody, made::by_nobody, true},
    };
    for (const auto& rotation : rotations) BOOST_TEST_CONTEXT(rotation.name)
        {
            dropping program({"RUN_AS=nobody"});
            const auto logs = program.directory / "logs";
            fs::create_directory(logs);
            give(logs, rotation.directory);
            program.log = logs / "log";
            program.environment.push_back("LOG=" + program.log.string());
            const pid_t daemon = program.started();
            BOOST_REQUIRE(daemon != 0);
            BOOST_TEST(owner_of(program.log) == nobody);

            const auto old = logs / "log.1";
            fs::rename(program.log, old);
            if (rotation.create != made::by_nobody) {
                write_file(program.log, "");
                BOOST_TEST_REQUIRE(::chmod(program.log.c_str(), 0600) == 0);
                if (rotation.create == made::by_logrotate) give(program.log, nobody);
            }
            BOOST_TEST(program.verb("reload").status == (rotation.reopened ? 0 : 1));
            const auto line = rotation.reopened ? std::string("reloaded\n") : "reload refused, the old state stays: ";
            const auto& speaks = rotation.reopened ? program.log : old;
            BOOST_TEST(eventually([&] { return contains(read_file(speaks), line); }), read_file(old));
            if (rotation.reopened)
                BOOST_TEST(owner_of(program.log) == nobody);
            else
                BOOST_TEST(contains(read_file(old),
                                    "cannot open the log file " + program.log.string() + ": Permission denied"),
                           read_file(old));
            BOOST_TEST(!contains(read_file(rotation.reopened ? old : program.log), "reload"));
            // It runs on, and root's next start makes what is missing. It never changes the owner of a file that it did
            // not make.
            const bool roots = rotation.create == made::by_logrotate_for_root;
            BOOST_TEST(alive(daemon));
            BOOST_TEST(program.verb("restart").status == 0);
            BOOST_TEST(owner_of(program.log) == (roots ? 0 : nobody));
            BOOST_TEST(contains(read_file(program.log), "on_start"));
            BOOST_TEST(program.verb("reload").status == (roots ? 1 : 0));
            BOOST_TEST(
                eventually([&] { return contains(read_file(program.log), roots ? "reload refused" : "reloaded"); }));
            BOOST_TEST(program.verb("stop").status == 0);
            BOOST_TEST(program.nobody_left());
        }
}

BOOST_AUTO_TEST_SUITE_END()
