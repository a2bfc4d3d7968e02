// SPDX-License-Identifier: BSL-1.0
// Directories and links on the path of a pid file or log that another user can change. An attacker who redirects root
// could choose which process root signals and where it makes a file.
#include "hostile/besieged.hpp"
#include "support/bystander.hpp"
#include "support/child_process.hpp"
#include "support/file.hpp"
#include "support/skip.hpp"
#include "support/user.hpp"

#include <daemonkit/pid/detail/pid_record.hpp>

#include <fcntl.h>
#include <sched.h>

namespace {

void mode(const fs::path& path, mode_t bits) { must(::chmod(path.c_str(), bits) == 0, "chmod"); }

/// Runs `deed` as the user nobody.
void as_nobody(const std::function<void()>& deed)
{
    const auto done = in_child([&] {
        must(become_user(nobody), "become nobody");
        deed();
        return 0;
    });
    BOOST_REQUIRE_MESSAGE(done.status == 0, done.err);
}

/// A path, made below `top`, by which an attacker could redirect a process that opens `target`.
struct way
{
    const char* name;
    /// Returns the directory to use in the path.
    std::function<fs::path(const fs::path& top, const fs::path& target)> make;
    /// What the attacker can change there.
    std::string says;
};

const way unsafe_ways[] = {
    {"a directory of nobody, in it one of root",
     [](auto& top, auto&) {
         fs::create_directories(top / "his/run");
         give_to_nobody(top / "his");
         return top / "his/run";
     },
     "/his"},
    {"a directory of nobody, further up",
     [](auto& top, auto&) {
         fs::create_directories(top / "his/a/b/run");
         give_to_nobody(top / "his");
         return top / "his/a/b/run";
     },
     "/his"},
    {"a directory that all may write, further up",
     [](auto& top, auto&) {
         fs::create_directories(top / "open/run");
         mode(top / "open", 0777);
         return top / "open/run";
     },
     "(mode 0777)"},
    {"a link of nobody in a directory such as /tmp",
     [](auto& top, auto& target) {
         fs::create_directory(top / "tmp");
         mode(top / "tmp", 01777);
         fs::create_symlink(target, top / "tmp/run");
         give_to_nobody(top / "tmp/run");
         return top / "tmp/run";
     },
     "/tmp/run"},
    {"a link of root over a directory of nobody",
     [](auto& top, auto&) {
         fs::create_directories(top / "his/run");
         give_to_nobody(top / "his");
         fs::create_symlink("his/run", top / "run");
         return top / "run";
     },
     "/his"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(ways, *boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(to_a_pid_file_that_a_stranger_can_change_are_refused)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to be two users");
    count points;
    for (const char* const policy : pid_policies)
        for (const auto& w : unsafe_ways)
            for (const auto& verb : all_verbs) BOOST_TEST_CONTEXT(policy << ", " << w.name << ", " << verb)
                {
                    besieged daemon(policy);
                    fs::create_directory(daemon.directory / "target");
                    const auto directory = w.make(daemon.directory.path(), daemon.directory / "target");
                    daemon.pid_file = directory / "d.pid";
                    write_file(daemon.pid_file, "4194304\n");
                    const auto before = state_of(daemon.pid_file);
                    const auto said = daemon({verb});
                    auto wrong = sentence_fault(said, {daemon.directory.path().string(), w.says});
                    if (wrong.empty() && said.status != (verb == "status" ? 4 : 1))
                        wrong = "status " + std::to_string(said.status) + ": " + said.err;
                    if (wrong.empty() && state_of(daemon.pid_file) != before) wrong = "it has been changed";
                    points.point(wrong);
                }
    std::cout << "ways to a pid file that strangers can change: " << std::size(unsafe_ways) << " ways x "
              << all_verbs.size() << " verbs x 2 policies, " << points.text() << std::endl;
}

// The attack itself: root runs two daemons with pid files of one name, as instances do.
BOOST_AUTO_TEST_CASE(do_not_let_a_stranger_choose_which_process_root_stops)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to be two users");
    const besieged victim("flock_pid_file");
    BOOST_REQUIRE(victim({"start"}).status == 0);
    const pid_t pid = victim.pid();

    besieged daemon("flock_pid_file");
    const auto his = daemon.directory / "his";
    make_nobody_s(his);
    fs::create_directory(his / "run");
    daemon.pid_file = his / "run/d.pid";
    (void)daemon({"start"}); // whether that is refused already is tested elsewhere
    const fs::path elsewhere = victim.directory.path();
    as_nobody([&] {
        fs::rename(his / "run", his / "aside");
        fs::create_symlink(elsewhere, his / "run");
    });
    for (const auto& verb : {std::string("reload"), std::string("stop"), std::string("restart")}) {
        const auto said = daemon({verb});
        BOOST_TEST(said.status == 1, verb << ": " << said.out << said.err);
        BOOST_TEST(alive(pid), "after " << verb);
    }
    BOOST_TEST(victim({"status"}).status == 0);
}

// In another user's file, root accepts only processes of that user, who can give the file any stamp. So the attacker
// can choose among its own processes only, which it can signal anyway. A process with one id of root is root's.
BOOST_AUTO_TEST_CASE(of_a_stranger_lead_root_to_the_stranger_s_processes_only)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to be two users");
    for (const char* const policy : pid_policies) {
        besieged daemon(policy);
        const auto his = daemon.directory / "his";
        make_nobody_s(his);
        daemon.pid_file = his / "d.pid";
        const auto forge = [&](pid_t pid) {
            as_nobody([&] {
                fs::remove(daemon.pid_file);
                const daemonkit::sys::unique_fd file(
                    ::open(daemon.pid_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
                must(file.get() != -1, "open");
                (void)daemonkit::detail::write_pid_file(file.get(), daemon.pid_file,
                                                        daemonkit::detail::identity_of(pid),
                                                        daemonkit::detail::place_of(daemon.pid_file));
            });
        };
        for (int mixed = 1; mixed < 8; ++mixed) {
            const auto id = [&](int bit) { return (mixed & bit) != 0 ? uid_t{0} : nobody; };
            const bystander other([&] {
                const pid_t child = ::fork();
                if (child == 0 && ::setresuid(id(1), id(2), id(4)) == -1) ::_exit(1);
                return child;
            });
            const auto ids = std::to_string(id(1)) + "\t" + std::to_string(id(2)) + "\t" + std::to_string(id(4));
            BOOST_REQUIRE(eventually([&] { return proc_status(other.pid(), "Uid").starts_with(ids); }));
            forge(other.pid());
            BOOST_TEST_CONTEXT(policy << ", real, effective and saved user " << ids)
            {
                for (const auto& verb : all_verbs) {
                    const auto said = daemon({verb});
                    BOOST_TEST(said.status == (verb == "status" ? 4 : 1), verb << ": " << said.out << said.err);
                }
                BOOST_TEST(other.untouched());
            }
        }
    }
}

// In a user namespace, files of an unmapped user appear with owner 65534. So do root's files in `unshare --user`, where
// refusing them would make the library useless. Where 65534 is mapped, it is another user.
BOOST_AUTO_TEST_CASE(in_a_user_namespace_are_refused_to_those_who_are_there, *boost::unit_test::label("namespace"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to map other users");
    struct
    {
        const char* map;
        int status;
        std::string says;
    } const maps[]{{"0 0 1\n", 1, "stale record"},
                   {"0 0 1\n65534 65534 1\n", 4,
                    "it belongs to user nobody (65534) or a user that this user namespace "
                    "does not map; it must belong to root or to you"},
                   {"0 0 65536\n", 4,
                    "it belongs to user nobody (65534) or a user that this user namespace does not "
                    "map; it must"}};
    for (const auto& [map, status, says] : maps) {
        besieged daemon("flock_pid_file");
        const auto his = daemon.directory / "his";
        fs::create_directories(his / "run");
        give_to_nobody(his);
        daemon.pid_file = his / "run/d.pid";
        write_file(daemon.pid_file, "4194304\n");
        int inside = 77;
        {
            child_process child([&] {
                if (::unshare(CLONE_NEWUSER) == -1) return 77;
                child_process::say("mapped?");
                child_process::await();
                const auto said = daemon({"status"});
                child_process::say(said.out + said.err);
                return said.status;
            });
            if (child.says("mapped?")) {
                write_file("/proc/" + std::to_string(child.pid()) + "/uid_map", map);
                write_file("/proc/" + std::to_string(child.pid()) + "/gid_map", "0 0 65536\n");
                child.go();
                BOOST_TEST(child.says(says), "with the map '" << map << "': " << child.heard());
            }
            inside = child.status();
        }
        if (inside == 77) DAEMONKIT_SKIP("cannot make a user namespace here");
        BOOST_TEST(inside == status, "with the map '" << map << "': status " << inside);
    }
}

// Root of the namespace has no power over the files of users that are not mapped, and may think so.
BOOST_AUTO_TEST_CASE(that_belong_to_an_unmapped_user_are_named_where_permission_is_missing,
                     *boost::unit_test::label("namespace"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to map other users");
    besieged daemon("flock_pid_file");
    const auto his = make_nobody_s(daemon.directory / "his").string();
    const auto log = daemon.environment;
    const auto denied =
        "permission denied: " + his + " belongs to a user that this user namespace does not map (65534)";
    const std::pair<std::string, std::function<void()>> denials[]{
        {"cannot open the pid file " + his + "/d.pid: " + denied, [&] { daemon.pid_file = his + "/d.pid"; }},
        {"cannot make the directory of the pid file " + his + "/new: " + denied,
         [&] { daemon.pid_file = his + "/new/d.pid"; }},
        {"cannot open the log file " + his + "/log: " + denied,
         [&] { daemon.environment.push_back("LOG=" + his + "/log"); }},
        {"cannot make the directory of the log file " + his + "/new: " + denied,
         [&] { daemon.environment.push_back("LOG=" + his + "/new/log"); }},
    };
    const auto pid_file = daemon.pid_file;
    for (const auto& [sentence, set] : denials) {
        daemon.pid_file = pid_file;
        daemon.environment = log;
        set();
        child_process child([&] {
            if (::unshare(CLONE_NEWUSER) == -1) return 77;
            child_process::say("mapped?");
            child_process::await();
            const auto said = daemon({"start"});
            child_process::say(said.out + said.err);
            return said.status;
        });
        if (!child.says("mapped?")) DAEMONKIT_SKIP("cannot make a user namespace here");
        write_file("/proc/" + std::to_string(child.pid()) + "/uid_map", "0 0 1\n");
        write_file("/proc/" + std::to_string(child.pid()) + "/gid_map", "0 0 65536\n");
        child.go();
        BOOST_TEST(child.says(sentence), child.heard());
        BOOST_TEST(child.status() == 4);
    }
}

BOOST_AUTO_TEST_CASE(to_a_log_by_a_link_of_a_stranger_make_no_file)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to be two users");
    const way links[] = {
        unsafe_ways[3],
        {"a link of nobody in his own directory",
         [](auto& top, auto& target) {
             make_nobody_s(top / "his");
             as_nobody([&] { fs::create_symlink(target, top / "his/logs"); });
             return top / "his/logs";
         },
         "/his/logs"},
        {"such a link further up, and a directory to be made",
         [](auto& top, auto& target) {
             make_nobody_s(top / "his");
             as_nobody([&] { fs::create_symlink(target, top / "his/a"); });
             return top / "his/a/new";
         },
         "/his/a"},
        {"a link of root in a directory that a group may write",
         [](auto& top, auto& target) {
             fs::create_directory(top / "shared");
             must(::chmod((top / "shared").c_str(), 0775) == 0, "chmod");
             fs::create_symlink(target, top / "shared/logs");
             return top / "shared/logs";
         },
         "/shared: group root (0) may write to it (mode 0775); remove that permission with chmod g-w /"},
        {"a link of root that leads over one of nobody",
         [](auto& top, auto& target) {
             make_nobody_s(top / "his");
             as_nobody([&] { fs::create_symlink(target, top / "his/logs"); });
             fs::create_symlink("his/logs", top / "logs");
             return top / "logs";
         },
         "/his"},
    };
    count points;
    for (const auto& user : {"root", "nobody"})
        for (const auto& link : links) BOOST_TEST_CONTEXT(link.name << ", as " << user)
            {
                besieged daemon("flock_pid_file", {"RUN_AS=" + std::string(user)});
                const auto target = daemon.directory / "cron.d";
                fs::create_directory(target);
                const auto log = link.make(daemon.directory.path(), target) / "log";
                daemon.environment.push_back("LOG=" + log.string());
                const auto said = daemon({"start"});
                auto wrong = sentence_fault(said, {link.says});
                if (wrong.empty() && said.status != 1) wrong = "status " + std::to_string(said.status);
                if (!fs::is_empty(target)) wrong = "something has been made where the link leads";
                points.point(wrong);
                BOOST_TEST(!fs::exists(daemon.pid_file));
            }
    std::cout << "ways to a log by links of strangers: " << std::size(links) << " ways x 2 users, " << points.text()
              << std::endl;
}

BOOST_AUTO_TEST_CASE(to_a_log_in_the_directory_of_its_own_user_are_in_order)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to be two users");
    besieged daemon("flock_pid_file", {"RUN_AS=nobody"});
    const auto his = daemon.directory / "his";
    make_nobody_s(his);
    make_nobody_s(his / "logs");
    daemon.environment.push_back("LOG=" + (his / "logs/log").string());
    BOOST_TEST(daemon({"start"}).status == 0);
    struct stat log = {};
    BOOST_TEST(::stat((his / "logs/log").c_str(), &log) == 0);
    BOOST_TEST(log.st_uid == nobody);
    BOOST_TEST(daemon({"stop"}).status == 0);
}

BOOST_AUTO_TEST_SUITE_END()
