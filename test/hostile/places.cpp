// SPDX-License-Identifier: BSL-1.0
// What may be at the path of a pid file or log: every type of file, of every owner, with links on the path and with
// locks of other users. A start works, or refuses in one sentence at once, and changes nothing that is not its own.
#include "hostile/besieged.hpp"
#include "support/bystander.hpp"
#include "support/child_process.hpp"
#include "support/device.hpp"
#include "support/file.hpp"
#include "support/skip.hpp"
#include "support/socket.hpp"
#include "support/user.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>

namespace {

/// Descriptors that stay open during the test: readers and writers of FIFOs, a bound socket.
using kept = std::vector<int>;

struct thing
{
    const char* name;
    std::function<void(const fs::path& at, kept& open)> make;
    std::string says;              ///< in the refusal; empty: it must work
    std::string says_to_finders{}; ///< in the answers of status, reload and stop, where they differ
};

void fifo(const fs::path& at, kept& open, int how = -1)
{
    must(::mkfifo(at.c_str(), 0644) == 0, "mkfifo");
    if (how == -1) return;
    open.push_back(::open(at.c_str(), O_RDWR | O_CLOEXEC)); // so that opening either end does not wait
    open.push_back(::open(at.c_str(), how | O_CLOEXEC));
    if (how != O_RDWR) {
        ::close(open.front());
        open.erase(open.begin());
    }
}

void socket_at(const fs::path& at, kept& open)
{
    open.push_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    must(bind_socket(open.back(), at.string()), "bind");
}

void line(const fs::path& at, mode_t mode = 0644, const std::string& text = "4194304\n")
{
    must(write_file(at, text, mode), "write a file");
}

auto link_to(const fs::path& target)
{
    return [target](const fs::path& at, kept&) { fs::create_symlink(target, at); };
}

auto names_another(const fs::path& target)
{
    return [target](const fs::path& at, kept&) { fs::create_hard_link(target, at); };
}

/// A device, on machines where it can be opened.
void add_device(std::vector<thing>& things, const char* name, const device& it, const fs::path& directory,
                const char* says)
{
    if (it.can_be_tried_in(directory))
        things.push_back({name, [it](auto& at, kept&) { must(it.made_at(at), "mknod"); }, says});
    else
        std::cout << name << " is left out: it cannot be opened in " << directory.parent_path() << '\n';
}

/// A daemon elsewhere and a file of root: neither may be affected.
struct others
{
    temporary_directory place{};
    besieged daemon{"flock_pid_file"};
    bystander alone{};
    fs::path passwd = place / "passwd";
    std::string before;
    pid_t pid = 0;

    others()
    {
        line(passwd, 0644, "root:x:0:0:root:/root:/bin/bash\n");
        BOOST_REQUIRE(daemon({"start"}).status == 0);
        pid = daemon.pid();
        before = now();
    }
    [[nodiscard]] std::string now() const { return state_of(passwd) + state_of(daemon.pid_file); }
    /// Links to the file change its link count while they exist.
    void accept() { before = now(); }
    [[nodiscard]] std::string harm() const
    {
        if (now() != before) return "a file of others has changed";
        if (!alone.untouched()) return "a bystander has been signalled";
        if (!alive(pid)) return "another daemon has been stopped";
        return {};
    }
};

/// All verbs must refuse and leave the file as it is.
void refuse_all(count& points, const besieged& daemon, const thing& it, others& rest, const fs::path& named)
{
    rest.accept();
    for (const auto& verb : all_verbs) BOOST_TEST_CONTEXT(it.name << ", " << verb)
        {
            const auto before = state_of(daemon.pid_file) + state_of(named);
            const auto said = daemon({verb});
            const bool finds = verb != "start";
            const auto& words = finds && !it.says_to_finders.empty() ? it.says_to_finders : it.says;
            auto wrong = sentence_fault(said, {named.string(), words});
            if (wrong.empty() && said.status != (verb == "status" ? 4 : 1))
                wrong = "status " + std::to_string(said.status) + ": " + said.err;
            if (wrong.empty() && state_of(daemon.pid_file) + state_of(named) != before) wrong = "it has been changed";
            points.point(wrong.empty() ? rest.harm() : wrong);
        }
}

} // namespace

BOOST_AUTO_TEST_SUITE(places, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(of_a_pid_file_that_is_something_else)
{
    others rest;
    const std::string irregular = "it is not a regular file";
    std::vector<thing> things{
        {"a directory", [](auto& at, kept&) { fs::create_directory(at); }, "it is a directory", irregular},
        {"a FIFO", [](auto& at, kept& open) { fifo(at, open); }, irregular},
        {"a FIFO with a reader", [](auto& at, kept& open) { fifo(at, open, O_RDONLY); }, irregular},
        {"a FIFO with a writer", [](auto& at, kept& open) { fifo(at, open, O_WRONLY); }, irregular},
        {"a FIFO with both", [](auto& at, kept& open) { fifo(at, open, O_RDWR); }, irregular},
        {"a socket", socket_at, "cannot open the pid file"},
        {"a link that dangles", link_to(rest.place / "made"), "it is a symbolic link"},
        {"a link to itself", link_to("d.pid"), "it is a symbolic link"},
        {"a link to a file of root", link_to(rest.passwd), "it is a symbolic link"},
        {"a link to the pid file of another daemon", link_to(rest.daemon.pid_file), "it is a symbolic link"},
        {"a link to a directory", link_to("/tmp"), "it is a symbolic link"},
        {"a link to a device", link_to("/dev/zero"), "it is a symbolic link"},
        {"another name of a file of root", names_another(rest.passwd), "it has other names (hard links)"},
        {"another name of another's pid file", names_another(rest.daemon.pid_file), "it has other names (hard links)"},
        {"a file that all may write", [](auto& at, kept&) { line(at, 0666); }, "others may write to it (mode 0666)"},
        {"a file that a group may write", [](auto& at, kept&) { line(at, 0664); },
         " may write to it (mode 0664); remove that permission with chmod g-w "},
        {"a file that only others may write", [](auto& at, kept&) { line(at, 0602); },
         ": others may write to it (mode 0602); remove that permission with chmod o-w "},
        {"a set-user-ID file that all may write", [](auto& at, kept&) { line(at, 06777); },
         "others may write to it (mode 06777)"},
    };
    if (::geteuid() == 0) {
        things.push_back({"a file of nobody",
                          [](auto& at, kept&) {
                              line(at);
                              give_to_nobody(at);
                          },
                          "it belongs to user nobody (65534)"});
        add_device(things, "a character device", {S_IFCHR, 1, 5}, rest.place.path(), irregular.c_str());
        // A device without a driver: opening it must not be tried.
        add_device(things, "a block device", {S_IFBLK, 240, 0}, rest.place.path(), "d.pid");
    }
    count points;
    for (const char* const policy : pid_policies)
        for (const auto& it : things) {
            const besieged daemon(policy);
            kept open;
            it.make(daemon.pid_file, open);
            refuse_all(points, daemon, it, rest, daemon.pid_file);
            BOOST_TEST(!fs::exists(rest.place / "made"));
            for (const int fd : open) ::close(fd);
            BOOST_TEST(daemon.nobody_left());
        }
    std::cout << "hostile kinds of pid file: " << things.size() << " kinds x " << all_verbs.size()
              << " verbs x 2 policies, " << points.text() << std::endl;
}

BOOST_AUTO_TEST_CASE(of_a_pid_file_in_a_directory_that_is_not_safe)
{
    others rest;
    std::vector<thing> things{
        {"all may write", [](auto& at, kept&) { must(::chmod(at.c_str(), 0777) == 0, "chmod"); },
         "others may write to it (mode 0777)"},
        {"a group may write", [](auto& at, kept&) { must(::chmod(at.c_str(), 0775) == 0, "chmod"); },
         " may write to it (mode 0775); remove that permission with chmod g-w "},
    };
    if (::geteuid() == 0) {
        things.push_back(
            {"nobody's", [](auto& at, kept&) { give_to_nobody(at); }, "it belongs to user nobody (65534)"});
        things.push_back({"nobody's and sticky",
                          [](auto& at, kept&) {
                              give_to_nobody(at);
                              must(::chmod(at.c_str(), 01777) == 0, "chmod");
                          },
                          "it belongs to user nobody (65534)"});
    }
    count points;
    for (const char* const policy : pid_policies)
        for (const auto& it : things) {
            for (const bool by_a_link : {false, true}) {
                besieged daemon(policy);
                auto directory = daemon.directory / "run";
                fs::create_directory(directory);
                kept open;
                it.make(directory, open);
                if (by_a_link) {
                    fs::create_symlink("run", daemon.directory / "link");
                    directory = daemon.directory / "link";
                }
                daemon.pid_file = directory / "d.pid";
                line(daemon.directory / "run" / "d.pid");
                refuse_all(points, daemon, it, rest, by_a_link ? daemon.directory.path() : directory);
            }
        }
    std::cout << "hostile directories of pid files: " << things.size() << " kinds x " << all_verbs.size()
              << " verbs x 2 policies, by name and by link, " << points.text() << std::endl;
}

BOOST_AUTO_TEST_CASE(of_pid_files_and_logs_that_are_unusual_and_in_order)
{
    const thing things[]{
        {"a directory by an absolute link, as /var/run is",
         [](auto& at, kept&) {
             fs::create_directory(at / "real");
             fs::create_symlink(at / "real", at / "way");
         },
         {}},
        {"a directory by a relative link over another",
         [](auto& at, kept&) {
             fs::create_directories(at / "a/real");
             fs::create_symlink("a/../other", at / "way");
             fs::create_symlink("./a/real", at / "other");
         },
         {}},
        {"a directory as /tmp",
         [](auto& at, kept&) {
             fs::create_directory(at / "way");
             must(::chmod((at / "way").c_str(), 01777) == 0, "chmod");
         },
         {}},
        {"a directory that no other user may enter",
         [](auto& at, kept&) {
             fs::create_directory(at / "way");
             must(::chmod((at / "way").c_str(), 0700) == 0, "chmod");
         },
         {}},
        {"a stale file that may only be read",
         [](auto& at, kept&) {
             fs::create_directory(at / "way");
             line(at / "way/d.pid", ::geteuid() == 0 ? 0400 : 0600);
         },
         {}},
        {"directories to be made", [](auto&, kept&) {}, {}},
    };
    count points;
    for (const char* const policy : pid_policies)
        for (const auto& it : things) BOOST_TEST_CONTEXT(policy << ", " << it.name)
            {
                besieged daemon(policy);
                kept open;
                it.make(daemon.directory.path(), open);
                daemon.pid_file = daemon.directory / "way" / "d.pid";
                daemon.environment.push_back("LOG=" + (daemon.directory / "way" / "log").string());
                points.point(life_fault(daemon, {{"start", 0},
                                                 {"start", 0},
                                                 {"status", 0},
                                                 {"reload", 0},
                                                 {"restart", 0},
                                                 {"status", 0},
                                                 {"stop", 0},
                                                 {"status", 3}}));
                BOOST_TEST(!fs::exists(fs::symlink_status(daemon.pid_file)));
                BOOST_TEST(fs::file_size(daemon.directory / "way" / "log") > 0U);
                BOOST_TEST(daemon.nobody_left());
            }
    std::cout << "unusual places: " << std::size(things) << " kinds x 2 policies, a whole life in each, "
              << points.text() << std::endl;
}

BOOST_AUTO_TEST_CASE(of_a_log_that_is_something_else)
{
    others rest;
    const std::string irregular = "it is not a regular file";
    std::vector<thing> things{
        {"a directory", [](auto& at, kept&) { fs::create_directory(at); }, "Is a directory"},
        {"a FIFO", [](auto& at, kept& open) { fifo(at, open); }, "it is a FIFO or a socket"},
        {"a FIFO with a reader", [](auto& at, kept& open) { fifo(at, open, O_RDONLY); }, irregular},
        {"a FIFO with both", [](auto& at, kept& open) { fifo(at, open, O_RDWR); }, irregular},
        {"a socket", socket_at, "it is a FIFO or a socket"},
        {"a link that dangles", link_to(rest.place / "made"), "it is a symbolic link"},
        {"a link to itself", link_to("log"), "it is a symbolic link"},
        {"a link to a file of root", link_to(rest.passwd), "it is a symbolic link"},
        {"another name of a file of root", names_another(rest.passwd), "it has other names (hard links)"},
        {"a log that all may write", [](auto& at, kept&) { line(at, 0666, "old\n"); }, ""},
        {"a log that may only be read", [](auto& at, kept&) { line(at, 0444, "old\n"); },
         ::geteuid() == 0 ? "" : "Permission denied"},
    };
    if (::geteuid() == 0) {
        things.push_back({"a log of nobody",
                          [](auto& at, kept&) {
                              line(at, 0600, "old\n");
                              give_to_nobody(at);
                          },
                          ""});
        things.push_back(
            {"a log in a directory of nobody", [](auto& at, kept&) { give_to_nobody(at.parent_path()); }, ""});
        add_device(things, "a character device", {S_IFCHR, 1, 3}, rest.place.path(), irregular.c_str());
        add_device(things, "a block device", {S_IFBLK, 240, 0}, rest.place.path(), "log");
    }
    count points;
    for (const auto& it : things) BOOST_TEST_CONTEXT(it.name)
        {
            besieged logging("flock_pid_file");
            const auto log = logging.directory / "logs" / "log";
            fs::create_directory(log.parent_path());
            logging.environment.push_back("LOG=" + log.string());
            kept open;
            it.make(log, open);
            rest.accept();
            const auto before = state_of(log);
            struct stat owned = {};
            const bool there = ::stat(log.c_str(), &owned) == 0;
            const auto said = logging({"start"});
            std::string wrong;
            if (it.says.empty()) {
                struct stat now = {};
                ::stat(log.c_str(), &now);
                if (said.status != 0) wrong = "it does not start: " + said.err;
                if (there && (now.st_uid != owned.st_uid || now.st_mode != owned.st_mode || now.st_ino != owned.st_ino))
                    wrong = "its owner or mode has changed";
                if (wrong.empty()) wrong = logging.stop_again();
            } else {
                wrong = sentence_fault(said, {log.string(), it.says});
                const int expected = it.says == "Permission denied" ? 4 : 1;
                if (wrong.empty() && said.status != expected) wrong = "status " + std::to_string(said.status);
                if (wrong.empty() && state_of(log) != before) wrong = "what was refused has been changed";
                if (wrong.empty() && fs::exists(logging.pid_file)) wrong = "a pid file is left";
            }
            points.point(wrong.empty() ? rest.harm() : wrong);
            for (const int fd : open) ::close(fd);
            BOOST_TEST(!fs::exists(rest.place / "made"));
            BOOST_TEST(logging.nobody_left());
        }
    std::cout << "hostile logs: " << things.size() << " kinds, " << points.text() << std::endl;
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(locks, *boost::unit_test::label("root"))

namespace {

struct lock
{
    const char* name;
    std::function<bool(int fd)> take;
};

bool lock_record(int fd, int command)
{
    struct flock whole = {};
    whole.l_type = F_RDLCK;
    whole.l_whence = SEEK_SET;
    return ::fcntl(fd, command, &whole) == 0;
}

const lock all_locks[] = {
    {"shared", [](int fd) { return ::flock(fd, LOCK_SH | LOCK_NB) == 0; }},
    {"exclusive", [](int fd) { return ::flock(fd, LOCK_EX | LOCK_NB) == 0; }},
    {"record", [](int fd) { return lock_record(fd, F_SETLK); }},
    {"open file description", [](int fd) { return lock_record(fd, F_OFD_SETLK); }},
};

/// A process of the user nobody that holds a lock, if it could take it, until it is destroyed.
child_process holding(const fs::path& file, const lock& l)
{
    return child_process([=] {
        if (!become_user(nobody)) return 1;
        const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
        child_process::say(l.take(fd) ? "locked" : "denied");
        child_process::await();
        return 0;
    });
}

} // namespace

BOOST_AUTO_TEST_CASE(of_strangers_on_what_a_dead_daemon_left_stop_no_start)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to be two users");
    count points;
    for (const char* const policy : pid_policies)
        for (const auto& l : all_locks)
            for (const char* const left : {"4194304\n", ""})
                BOOST_TEST_CONTEXT(policy << ", " << l.name << " lock, '" << left << "' left")
                {
                    const besieged daemon(policy);
                    write_file(daemon.pid_file, left);
                    auto stranger = holding(daemon.pid_file, l);
                    BOOST_REQUIRE(stranger.says("locked"));
                    points.point(life_fault(daemon, {{"status", *left != '\0' ? 1 : 3},
                                                     {"reload", 7},
                                                     {"start", 0},
                                                     {"status", 0},
                                                     {"restart", 0},
                                                     {"stop", 0},
                                                     {"status", 3}}));
                    BOOST_TEST(daemon.nobody_left());
                }
    std::cout << "strangers' locks on a pid file that was left: " << std::size(all_locks)
              << " locks x 2 contents x 2 policies, " << points.text() << std::endl;
}

BOOST_AUTO_TEST_CASE(of_strangers_on_the_file_of_a_running_daemon_change_nothing)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to be two users");
    count points;
    for (const char* const policy : pid_policies)
        for (const auto& l : all_locks) BOOST_TEST_CONTEXT(policy << ", " << l.name << " lock")
            {
                const besieged daemon(policy);
                BOOST_REQUIRE(daemon({"start"}).status == 0);
                auto stranger = holding(daemon.pid_file, l);
                BOOST_REQUIRE((stranger.says("ed"))); // "locked", or "denied" by flock_pid_file
                points.point(life_fault(daemon, {{"status", 0},
                                                 {"start", 0},
                                                 {"reload", 0},
                                                 {"restart", 0},
                                                 {"status", 0},
                                                 {"stop", 0},
                                                 {"stop", 0},
                                                 {"status", 3},
                                                 {"start", 0},
                                                 {"stop", 0}}));
                BOOST_TEST(daemon.nobody_left());
            }
    std::cout << "strangers' locks on the pid file of a running daemon: " << std::size(all_locks)
              << " locks x 2 policies, " << points.text() << std::endl;
}

BOOST_AUTO_TEST_SUITE_END()
