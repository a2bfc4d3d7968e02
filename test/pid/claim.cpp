// SPDX-License-Identifier: BSL-1.0
// One process and the file system: claim(), publish(), find(), keep() and the guard's end, for every state of the file.
#include "pid/both_policies.hpp"
#include "support/device.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/socket.hpp"
#include "support/umask_of.hpp"
#include "support/user.hpp"

#include <sched.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

// ---- concepts -----------------------------------------------------------------------------------------------------

static_assert(pid_policy<no_pid_file> && pid_policy<pid_file> && pid_policy<flock_pid_file>);
static_assert(!no_pid_file::records_pid && pid_file::records_pid && flock_pid_file::records_pid);
static_assert(pid_guard<no_pid_file::guard> && pid_guard<daemonkit::detail::pid_file_guard>);
static_assert(!std::copyable<daemonkit::detail::pid_file_guard>, "two guards would undo it twice");
static_assert(!detail::has_find<no_pid_file> && detail::has_find<pid_file>);
static_assert(std::is_empty_v<no_pid_file::guard>);

struct lacks_claim
{
    static constexpr bool records_pid = false;
};
struct lacks_records_pid
{
    no_pid_file::guard claim() const;
};
struct lacks_find
{
    static constexpr bool records_pid = true;
    no_pid_file::guard claim() const;
};
struct claims_nothing
{
    static constexpr bool records_pid = false;
    int claim() const;
};
static_assert(!pid_policy<lacks_claim> && !pid_policy<lacks_records_pid> && !pid_policy<lacks_find> &&
              !pid_policy<claims_nothing> && !pid_policy<int>);

namespace {

/// claim() and find() refuse the file, and neither changes anything on disk.
template <class Policy>
void expect_refused_untouched(const Policy& policy, const fs::path& top, const std::string& claim_says,
                              const std::string& find_says, int status = 1)
{
    const auto before = snapshot(top);
    expect_refusal([&] { (void)policy.claim(); }, claim_says, status);
    expect_refusal([&] { (void)policy.find(); }, find_says, status);
    BOOST_TEST((snapshot(top) == before), "nothing on disk has changed");
}

} // namespace

BOOST_AUTO_TEST_SUITE(pid_file_guard)

BOOST_AUTO_TEST_CASE(the_file_holds_the_pid_and_a_newline_with_exactly_the_mode)
{
    with_both([](auto make) {
        for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{077}}) {
            const temporary_directory top;
            const umask_of masked(mask);
            const auto path = top / "daemon.pid";
            for (const mode_t mode : {mode_t{0644}, mode_t{0600}, mode_t{0444}}) {
                auto policy = make(path);
                policy.mode = mode;
                BOOST_TEST(policy.where() == path.string());
                {
                    auto guard = policy.claim();
                    BOOST_TEST(read_file(path) == "");
                    BOOST_TEST(mode_of(path) == mode);
                    guard.publish(::getpid());
                    BOOST_TEST(read_file(path) == line_of(::getpid()));
                    BOOST_TEST(mode_of(path) == mode);
                }
                BOOST_TEST(!fs::exists(path));
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(find_returns_the_process_that_published)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto policy = make(top / "daemon.pid");
        BOOST_TEST(!policy.find());
        BOOST_TEST(!policy.find().stale);
        {
            auto guard = policy.claim();
            BOOST_TEST(!policy.find());
            BOOST_TEST(!policy.find().stale, "nobody is dead: a start is on its way");
            guard.publish(::getpid());
            const auto found = policy.find();
            BOOST_TEST(static_cast<bool>(found));
            BOOST_TEST(found.pid == ::getpid());
            BOOST_TEST(!found.stale);
            BOOST_TEST(sys::pidfd_send_signal(found.process.get(), 0) == 0);
            BOOST_TEST((found.since() <= std::chrono::system_clock::now() + 1s));
            BOOST_TEST((found.since() > std::chrono::system_clock::now() - 24h));
            expect_running(policy, ::getpid());
            expect_running(policy, ::getpid());
        }
        BOOST_TEST(!policy.find());
    });
}

BOOST_AUTO_TEST_CASE(either_policy_sees_the_daemon_of_the_other)
{
    const temporary_directory top;
    const auto path = top / "daemon.pid";
    {
        auto guard = flock_pid_file{.path = path}.claim();
        guard.publish(::getpid());
        BOOST_TEST(pid_file{.path = path}.find().pid == ::getpid());
        expect_running(pid_file{.path = path}, ::getpid());
    }
    auto guard = pid_file{.path = path}.claim();
    guard.publish(::getpid());
    BOOST_TEST(flock_pid_file{.path = path}.find().pid == ::getpid());
    expect_running(flock_pid_file{.path = path}, ::getpid());
}

BOOST_AUTO_TEST_CASE(missing_directories_are_made_and_go_with_the_file)
{
    with_both([](auto make) {
        const temporary_directory top;
        const umask_of masked(077);
        const auto policy = make(top / "a/b/daemon.pid");
        BOOST_TEST(!policy.find());
        {
            auto guard = policy.claim();
            guard.publish(::getpid());
            BOOST_TEST(mode_of(top / "a") == 0755U);
            BOOST_TEST(mode_of(top / "a/b") == 0755U);
        }
        BOOST_TEST(!fs::exists(top / "a"));
        {
            auto guard = policy.claim();
            guard.publish(::getpid());
            write_file(top / "a/somebody-elses", "");
        }
        BOOST_TEST(!fs::exists(top / "a/b"));
        BOOST_TEST(fs::exists(top / "a/somebody-elses"));
        const auto found = status_of(top / "a");
        {
            auto guard = policy.claim();
        }
        BOOST_TEST(status_of(top / "a").st_ino == found.st_ino);
    });
}

BOOST_AUTO_TEST_CASE(a_released_guard_undoes_nothing)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto path = top / "a/daemon.pid";
        {
            auto guard = make(path).claim();
            guard.publish(::getpid());
            guard.release();
        }
        BOOST_TEST(read_file(path) == line_of(::getpid()));
    });
}

BOOST_AUTO_TEST_CASE(a_moved_guard_undoes_once)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto path = top / "a/daemon.pid";
        {
            auto first = make(path).claim();
            auto second = std::move(first);
            second.publish(::getpid());
            auto third = make(top / "b/daemon.pid").claim();
            third = std::move(second);
            BOOST_TEST(make(path).find().pid == ::getpid());
        }
        BOOST_TEST(fs::is_empty(top.path()));
    });
}

BOOST_AUTO_TEST_CASE(a_stale_file_is_replaced_by_another)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto path = top / "daemon.pid";
        const auto policy = make(path);
        const pid_t dead = ::fork();
        if (dead == 0) ::_exit(0);
        ::waitpid(dead, nullptr, 0);
        for (const std::string& content : {line_of(dead), line_of(4194304), std::to_string(dead)}) {
            write_file(path, content, 0600);
            const sys::unique_fd reader(sys::open(path.c_str(), O_RDONLY)); // keeps the inode number in use
            BOOST_TEST(!policy.find());
            BOOST_TEST(policy.find().stale);
            auto guard = policy.claim();
            guard.publish(::getpid());
            BOOST_TEST(read_file(path) == line_of(::getpid()));
            BOOST_TEST(mode_of(path) == 0644U);
            BOOST_TEST(!sys::leads_to(path.c_str(), reader.get()), "no reader sees one line over another");
        }
    });
}

BOOST_AUTO_TEST_CASE(a_file_that_a_crash_left_half_written_blocks_nothing)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto path = top / "daemon.pid";
        for (const char* const content : {"", "1", "12", "123456"}) {
            write_file(path, content);
            BOOST_TEST(!make(path).find());
            auto guard = make(path).claim();
            guard.publish(::getpid());
            BOOST_TEST(make(path).find().pid == ::getpid());
        }
    });
}

BOOST_AUTO_TEST_CASE(a_live_process_without_the_stamp_is_rejected)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto path = top / "daemon.pid";
        const other_process stranger([](const other_process& self) {
            self.await();
            return 0;
        });
        for (const pid_t pid : {stranger.pid(), ::getpid(), ::getppid(), 1}) {
            write_file(path, line_of(pid));
            BOOST_TEST(!make(path).find());
            BOOST_TEST(make(path).find().stale);
            auto guard = make(path).claim();
            guard.publish(::getpid());
            BOOST_TEST(make(path).find().pid == ::getpid());
        }
        BOOST_TEST(alive(stranger.pid()));
    });
}

BOOST_AUTO_TEST_CASE(a_touched_copied_or_edited_file_proves_nothing)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto path = top / "daemon.pid";
        const auto copy = top / "copy.pid";
        auto guard = make(path).claim();
        guard.publish(::getpid());
        const auto stamp = status_of(path).st_mtim;
        const auto in_file = [](const fs::path& p) { return daemonkit::detail::find_in_file(p).holder; };

        { // another file in place of this one: with its times, and the file itself
            const temporary_directory other;
            const timespec stamped[2]{stamp, stamp};
            for (const auto& place : {copy, other / "daemon.pid"}) {
                fs::copy_file(path, place);
                ::utimensat(AT_FDCWD, place.c_str(), stamped, 0);
                BOOST_TEST(!in_file(place));
                fs::remove(place);
                fs::rename(path, place);
                BOOST_TEST(!in_file(place));
                fs::rename(place, path);
                BOOST_TEST(in_file(path).pid == ::getpid());
            }
        }

        fs::copy_file(path, copy);
        BOOST_TEST(read_file(copy) == line_of(::getpid()));
        BOOST_TEST(!in_file(copy));

        ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0); // touch(1)
        BOOST_TEST(!in_file(path));
        BOOST_TEST(in_file(path).stale);

        const timespec stamped[2]{stamp, stamp};
        ::utimensat(AT_FDCWD, path.c_str(), stamped, 0);
        BOOST_TEST(in_file(path).pid == ::getpid());
        write_file(path, line_of(::getppid())); // another pid with the stamp of this one
        ::utimensat(AT_FDCWD, path.c_str(), stamped, 0);
        BOOST_TEST(!in_file(path));
    });
}

BOOST_AUTO_TEST_CASE(find_changes_nothing)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto path = top / "daemon.pid";
        auto guard = make(path).claim();
        for (const bool published : {false, true}) {
            if (published) guard.publish(::getpid());
            const auto before = snapshot(top.path());
            BOOST_TEST(static_cast<bool>(make(path).find()) == published);
            BOOST_TEST((snapshot(top.path()) == before));
        }
        write_file(path, "4194304\n");
        const auto before = snapshot(top.path());
        BOOST_TEST(make(path).find().pid == ::getpid()); // by its abstract socket
        BOOST_TEST((snapshot(top.path()) == before));
    });
}

/// Calls body(policy, directory, content) with both policies for each content, which is in the pid file then.
template <class Table, class Body>
void with_each_content(const Table& table, Body body)
{
    with_both([&](auto make) {
        const temporary_directory top;
        const auto path = top / "daemon.pid";
        const auto policy = make(path);
        for (const auto& content : table)
            BOOST_TEST_CONTEXT("content '" << content.substr(0, 40) << "', " << content.size() << " bytes")
            {
                write_file(path, content);
                body(policy, top.path(), content);
            }
    });
}

BOOST_AUTO_TEST_CASE(what_may_be_somebody_s_data_is_refused_and_left_as_it_is)
{
    using namespace std::string_literals;
    const std::string table[]{
        "12,13\n", "12;13\n", "12.0\n", "1e3\n", "0x10\n", "0b1\n", "1_000\n", "1'000\n", "12abc\n", "abc\n",
        "pid=12\n", "12 # the daemon\n", "'12'\n", "\"12\"\n", "$(reboot)\n", "../../etc/passwd\n", "NaN\n", "inf\n",
        "garbage",
        // bytes
        "\xEF\xBB\xBF"
        "12\n",
        "\xFF\xFE"
        "1\0002\0\n\0"s,
        "\xEF\xBC\x91\xEF\xBC\x92\n", "\xD9\xA1\xD9\xA2\n", "\177ELF\2\1\1\0\0"s,
        // where something else stands at the end of what a crash leaves, at each border of a block
        std::string(63, '0') + "x", std::string(64, '\0') + "x", std::string(65535, '\0') + "x",
        std::string(65536, ' ') + "x", "12\n" + std::string(1'000'000, 'x'), std::string(20'000'000, '\0') + "x"};
    with_each_content(table, [](const auto& policy, const fs::path& top, const std::string& content) {
        const char* const why = "it holds something else than a process id";
        expect_refused_untouched(policy, top, why, why);
        BOOST_TEST((read_file(policy.path) == content));
    });
}

BOOST_AUTO_TEST_CASE(what_a_crash_leaves_needs_no_person)
{
    using namespace std::string_literals;
    const std::string table[]{"\n", "\r\n", " ", "\t", "0", "0\n", "-0\n", "-1\n", "-12345\n", "--12\n", "+1\n",
                              "+12345\n", "00012\n", "01\n", "012", " 12\n", "12 \n", "\t12\n", "12\t\n", "12\v\n",
                              "12\f", "1 2\n", "12\r\n", "12\r", "12\n\n", "\n12\n", "12\n13\n", "12\n13", "12\n ",
                              // around the numbers that types and the kernel can hold
                              "4194305\n", "2147483647\n", "2147483648\n", "-2147483648\n", "4294967295\n",
                              "4294967297\n", "99999999999999\n", "18446744073709551617\n", std::string(64, '1'),
                              std::string(64, '9') + "\n",
                              // bytes
                              "\0"s, "\0\n"s, "12\0\n"s, "12\n\0"s, "\0"s + "12\n", "1\n"s + std::string(100, '\0'),
                              // length
                              std::string(64, ' ') + "12\n", std::string(63, '\n') + "12", std::string(4096, '\0'),
                              std::string(20'000'000, '1'), std::string(20'000'000, '\0')};
    static_assert(std::size(table) >= 40);
    with_each_content(table, [](const auto& policy, const fs::path&, const std::string& content) {
        const auto found = policy.find();
        BOOST_TEST(!found);
        BOOST_TEST(found.stale);
        BOOST_TEST((read_file(policy.path) == content)); // only a start changes it
        auto guard = policy.claim();
        guard.publish(::getpid());
        BOOST_TEST(policy.find().pid == ::getpid());
        BOOST_TEST(read_file(policy.path) == std::to_string(::getpid()) + "\n");
    });
}

BOOST_AUTO_TEST_CASE(anything_but_a_plain_file_of_ours_is_refused_and_left_as_it_is)
{
    struct thing
    {
        const char* name;
        std::function<void(const std::string&)> make;
        const char* claim_says;
        const char* find_says;
    };
    const temporary_directory elsewhere;
    const auto good = (elsewhere / "good.pid").string();
    write_file(good, "4194304\n");
    const auto mode = [](mode_t bits) {
        return [bits](const std::string& path) { write_file(path, "4194304\n", bits); };
    };
    const auto link_to = [](const std::string& target) {
        return [target](const std::string& path) { BOOST_TEST(::symlink(target.c_str(), path.c_str()) == 0); };
    };
    std::vector<thing> things{
        {"directory", [](auto& path) { ::mkdir(path.c_str(), 0755); }, "it is a directory", "not a regular file"},
        {"FIFO", [](auto& path) { ::mkfifo(path.c_str(), 0644); }, "not a regular file", "not a regular file"},
        {"socket",
         [](auto& path) {
             const sys::unique_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
             BOOST_TEST(bind_socket(socket.get(), path));
         },
         "cannot open the pid file", "cannot open the pid file"},
        {"dangling link", link_to("/nowhere/at/all"), "a symbolic link", "a symbolic link"},
        {"link that makes a file", link_to((elsewhere / "made.pid").string()), "a symbolic link", "a symbolic link"},
        {"link to /etc/passwd", link_to("/etc/passwd"), "a symbolic link", "a symbolic link"},
        {"link to a good one", link_to(good), "a symbolic link", "a symbolic link"},
        {"link to itself", link_to("daemon.pid"), "a symbolic link", "a symbolic link"},
        {"hard link", [&](auto& path) { BOOST_TEST(::link(good.c_str(), path.c_str()) == 0); }, "(hard links)",
         "(hard links)"},
        {"mode 0666", mode(0666), "others may write to it (mode 0666)", "(mode 0666)"},
        {"mode 0664", mode(0664), " may write to it (mode 0664)", "(mode 0664)"},
        {"mode 0646", mode(0646), "others may write to it (mode 0646)", "(mode 0646)"},
        {"mode 01666", mode(01666), "others may write to it (mode 01666)", "(mode 01666)"},
    };
    if (::geteuid() == 0) {
        things.push_back({"another user's",
                          [](auto& path) {
                              write_file(path, "4194304\n");
                              BOOST_TEST(::chown(path.c_str(), nobody, nobody) == 0);
                          },
                          "belongs to user nobody (65534)", "belongs to user nobody (65534)"});
        if (const device null{S_IFCHR, 1, 3}; null.can_be_tried_in(elsewhere.path()))
            things.push_back({"device", [null](auto& path) { BOOST_TEST(null.made_at(path)); }, "not a regular file",
                              "not a regular file"});
        else
            std::cout << "a device is left out: it cannot be opened in " << elsewhere.path().parent_path() << '\n';
    }
    with_both([&](auto make) {
        for (const auto& thing : things) BOOST_TEST_CONTEXT(thing.name)
            {
                const temporary_directory top;
                thing.make((top / "daemon.pid").string());
                const auto before = snapshot(elsewhere.path());
                expect_refused_untouched(make(top / "daemon.pid"), top.path(), thing.claim_says, thing.find_says);
                BOOST_TEST((snapshot(elsewhere.path()) == before), "nor has anything elsewhere");
            }
    });
}

BOOST_AUTO_TEST_CASE(a_directory_that_others_may_write_is_refused_unless_it_is_sticky)
{
    with_both([](auto make) {
        for (const mode_t mode : {mode_t{0777}, mode_t{0775}, mode_t{0757}, mode_t{02775}}) {
            const temporary_directory top;
            fs::create_directory(top / "open");
            BOOST_TEST_REQUIRE(::chmod((top / "open").c_str(), mode) == 0);
            const auto why = " may write to it (mode " + sys::octal(mode) + "); remove that permission with chmod ";
            expect_refused_untouched(make(top / "open/daemon.pid"), top.path(), why, why);
        }
        for (const mode_t mode : {mode_t{01777}, mode_t{01775}, mode_t{0755}, mode_t{0700}}) {
            const temporary_directory top;
            fs::create_directory(top / "fine");
            BOOST_TEST_REQUIRE(::chmod((top / "fine").c_str(), mode) == 0);
            const auto policy = make(top / "fine/daemon.pid");
            auto guard = policy.claim();
            guard.publish(::getpid());
            BOOST_TEST(policy.find().pid == ::getpid());
        }
    });
}

BOOST_AUTO_TEST_CASE(a_directory_of_another_user_is_refused, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("only root can give a directory away");
    with_both([](auto make) {
        for (const mode_t mode : {mode_t{0755}, mode_t{01777}}) {
            const temporary_directory top;
            fs::create_directory(top / "theirs");
            BOOST_TEST_REQUIRE(::chmod((top / "theirs").c_str(), mode) == 0);
            BOOST_TEST_REQUIRE(::chown((top / "theirs").c_str(), nobody, nobody) == 0);
            expect_refused_untouched(make(top / "theirs/daemon.pid"), top.path(), "belongs to user nobody (65534)",
                                     "belongs to user nobody (65534)");
        }
    });
}

BOOST_AUTO_TEST_CASE(a_path_that_is_not_absolute_or_names_no_file_is_refused)
{
    with_both([](auto make) {
        for (const char* const path : {"", "daemon.pid", "run/daemon.pid", "./daemon.pid", "../daemon.pid", ".", "..",
                                       "/", "/run/", "/run/.", "/run/..", "/nowhere/at/all/"})
            BOOST_TEST_CONTEXT("path '" << path << "'")
            {
                expect_refusal([&] { (void)make(path).claim(); }, "must be absolute and name a file", 6);
                expect_refusal([&] { (void)make(path).find(); }, "must be absolute and name a file", 6);
            }
    });
}

BOOST_AUTO_TEST_CASE(a_mode_that_lets_others_write_is_refused)
{
    with_both([](auto make) {
        const temporary_directory top;
        for (const mode_t mode : {mode_t{0666}, mode_t{0664}, mode_t{0602}}) {
            auto policy = make(top / "a/daemon.pid");
            policy.mode = mode;
            expect_refusal([&] { (void)policy.claim(); }, "its mode in the settings lets others write it", 6);
        }
        BOOST_TEST(fs::is_empty(top.path()));
    });
}

// The lock is dropped last: otherwise another start could lock, publish and lose the file that this one made.
BOOST_AUTO_TEST_CASE(a_claim_that_fails_removes_the_file_that_it_made_before_it_drops_the_lock)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto path = top / "daemon.pid";
        auto guard = make(path).claim();
        guard.publish(::getpid());
        fs::remove(path);
        const daemonkit::sys::unique_fd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
        BOOST_REQUIRE(::inotify_add_watch(watch.get(), top.path().c_str(), IN_CREATE | IN_CLOSE | IN_DELETE) != -1);
        BOOST_CHECK_THROW((void)make(path).claim(), already_running);

        alignas(inotify_event) char bytes[4096];
        const auto size = ::read(watch.get(), bytes, sizeof bytes);
        std::string order;
        for (ssize_t at = 0; at < size;) {
            const auto* const event = reinterpret_cast<const inotify_event*>(bytes + at);
            order += (event->mask & IN_CREATE) != 0 ? "made " : (event->mask & IN_DELETE) != 0 ? "removed " : "closed ";
            at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
        }
        BOOST_TEST(order.starts_with("made removed "), order);
    });
}

BOOST_AUTO_TEST_CASE(a_claim_that_fails_removes_the_directories_it_made)
{
    with_both([](auto make) {
        const temporary_directory top;
        expect_refusal([&] { (void)make(top / "a/b" / std::string(300, 'x')).claim(); }, "File name too long");
        BOOST_TEST(fs::is_empty(top.path()));
        BOOST_TEST(::symlink("nowhere", (top / "link").c_str()) == 0);
        expect_refusal([&] { (void)make(top / "link/daemon.pid").claim(); },
                       "cannot make the directory of the pid file " + (top / "link").string());
        fs::remove(top / "link");
        expect_refusal([&] { (void)make("/proc/below/daemon.pid").claim(); },
                       "cannot make the directory of the pid file /proc/below");
        write_file(top / "file", "");
        expect_refusal([&] { (void)make(top / "file/below/daemon.pid").claim(); },
                       "cannot make the directory of the pid file " + (top / "file").string());
        BOOST_TEST(!make(top / "file/below/daemon.pid").find());
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(flock_pid_file)

BOOST_AUTO_TEST_CASE(a_deleted_file_is_restored)
{
    const temporary_directory top;
    const auto path = top / "a/daemon.pid";
    const daemonkit::flock_pid_file policy{.path = path};
    {
        auto guard = policy.claim();
        guard.publish(::getpid());
        const std::function<void()> losses[]{[&] { fs::remove(path); }, [&] { fs::remove_all(path.parent_path()); },
                                             [&] {
                                                 fs::remove_all(path.parent_path());
                                                 fs::create_directory(path.parent_path());
                                             },
                                             [&] { // replaced as editors and configuration tools do
                                                 write_file(top / "a/new", "4194304\n");
                                                 fs::rename(top / "a/new", path);
                                             }};
        for (const auto& lose : losses) {
            lose();
            BOOST_TEST(policy.find().pid == ::getpid()); // by its abstract socket
            BOOST_TEST(guard.keep());
            BOOST_TEST(read_file(path) == line_of(::getpid()));
            BOOST_TEST(mode_of(path) == 0644U);
            BOOST_TEST(policy.find().pid == ::getpid());
            expect_running(policy, ::getpid());
        }
    }
    BOOST_TEST(!fs::exists(path));
}

BOOST_AUTO_TEST_CASE(a_file_that_was_touched_edited_or_moved_is_repaired)
{
    const temporary_directory top;
    const auto path = top / "daemon.pid";
    const daemonkit::flock_pid_file policy{.path = path};
    auto guard = policy.claim();
    guard.publish(::getpid());
    const std::function<void()> changes[]{
        [&] { ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0); }, [&] { fs::permissions(path, fs::perms(0666)); },
        [&] { write_file(path, "1\n"); }, [&] { write_file(path, "garbage, and a lot more of it\n"); },
        [&] { fs::rename(path, top / "elsewhere"); }};
    for (const auto& change : changes) {
        // Time stamps come from a clock that ticks every few milliseconds; a change within a tick does not show.
        const daemonkit::sys::unique_fd file(daemonkit::sys::open(path.c_str(), O_RDONLY));
        const auto before = daemonkit::sys::mark_of(file.get());
        BOOST_TEST_REQUIRE(eventually([&] {
            const daemonkit::sys::unique_fd probe(::memfd_create("probe", MFD_CLOEXEC));
            const auto now = daemonkit::sys::mark_of(probe.get());
            return now.seconds != before.seconds || now.nanoseconds != before.nanoseconds;
        }));
        change();
        BOOST_TEST(guard.keep());
        BOOST_TEST(read_file(path) == line_of(::getpid()));
        BOOST_TEST(mode_of(path) == 0644U);
        expect_running(policy, ::getpid());
    }
}

BOOST_AUTO_TEST_CASE(no_edit_of_the_file_lets_a_second_one_in_while_the_lock_stands)
{
    const temporary_directory top;
    const auto path = top / "daemon.pid";
    const daemonkit::flock_pid_file policy{.path = path};
    auto guard = policy.claim();
    guard.publish(::getpid());
    ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
    expect_running(policy, ::getpid());
    BOOST_TEST(read_file(path) == line_of(::getpid()));
}

BOOST_AUTO_TEST_CASE(an_instance_that_another_process_holds_now_is_given_up_and_left_alone,
                     *boost::unit_test::label("namespace"))
{
    const temporary_directory top;
    const auto path = top / "daemon.pid";
    const daemonkit::flock_pid_file policy{.path = path};
    // In another network namespace its abstract socket does not keep a second daemon from starting.
    other_process first([&](const other_process& self) {
        if (::unshare(CLONE_NEWNET) == -1) return self.say(2), 0;
        auto guard = policy.claim();
        guard.publish(::getpid());
        self.say(1);
        self.await();
        self.say(guard.keep() ? 1 : 0);
        return 0;
    });
    const int begun = first.hear();
    if (begun == 2) DAEMONKIT_SKIP("no network namespace can be made here");
    BOOST_TEST_REQUIRE(begun == 1);
    fs::remove(path);
    auto second = policy.claim();
    second.publish(::getpid());
    first.go();
    BOOST_TEST(first.hear() == 0, "keep() says that it is lost");
    BOOST_TEST(first.status() == 0);
    BOOST_TEST(policy.find().pid == ::getpid());
    BOOST_TEST(read_file(path) == line_of(::getpid()));
    BOOST_TEST(second.keep());
}

BOOST_AUTO_TEST_SUITE_END()
