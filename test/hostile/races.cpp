// SPDX-License-Identifier: BSL-1.0
// A process of another user replaces the file at the path of root's pid file or log as fast as it can, while root
// starts and stops. Whatever the order, no file of others is changed and no process of others is signalled.
#include <daemonkit/sys/directory.hpp>

#include "hostile/besieged.hpp"
#include "support/bystander.hpp"
#include "support/file.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstdlib>

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE 2 // linux/fs.h
#endif

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr int rounds = 50;
#else
constexpr int rounds = 150;
#endif

/// Puts something at a path of the attacker's choice.
using thing_maker = std::function<void(const char* at)>;

/// A process of the user nobody. It puts one thing after the other at `place`, by rename(2), in exchange for the file
/// there if it may, and removes it again.
class swapper
{
public:
    swapper(const fs::path& place, const fs::path& workshop, const std::vector<thing_maker>& makers)
    {
        const pid_t parent = ::getpid();
        std::cout.flush();
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
            if (::getppid() != parent || !become_user(nobody)) ::_exit(1);
            swap_for_ever(place.string(), (workshop / "thing").string(), makers);
        }
    }
    swapper(const swapper&) = delete;
    swapper& operator=(const swapper&) = delete;
    ~swapper()
    {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

private:
    static void take_away(const std::string& path)
    {
        if (::unlink(path.c_str()) == 0 || ::rmdir(path.c_str()) == 0 || errno == ENOENT) return;
        static unsigned number = 0; // root's directory, not empty: move it away
        ::rename(path.c_str(), (path + std::to_string(++number)).c_str());
    }

    [[noreturn]] static void swap_for_ever(const std::string& place, const std::string& thing,
                                           const std::vector<thing_maker>& makers)
    {
        for (std::size_t i = 0;; ++i) {
            take_away(thing);
            makers[i % makers.size()](thing.c_str());
            // Before root makes anything, or the moment after.
            if (i % 3 == 0) ::rename(thing.c_str(), place.c_str());
            for (int tries = 0; tries < 400; ++tries)
                if (::syscall(SYS_renameat2, AT_FDCWD, thing.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) == 0)
                    break;
            take_away(place);
        }
    }

    pid_t pid_ = -1;
};

/// Root's files, which must not change.
struct innocents
{
    temporary_directory place{};
    besieged daemon{"flock_pid_file"};
    bystander alone{};
    fs::path secret = place / "secret";
    fs::path directory = place / "directory";
    pid_t pid = 0;

    innocents()
    {
        write_file(secret, "secret\n");
        ::chmod(secret.c_str(), 0600);
        fs::create_directory(directory);
        ::chmod(directory.c_str(), 0700);
        BOOST_REQUIRE(daemon({"start"}).status == 0);
        pid = daemon.pid();
        before_ = now();
    }
    [[nodiscard]] std::string harm() const
    {
        if (now() != before_) return "a file of others has been changed";
        if (!alone.untouched()) return "a bystander has been signalled";
        if (!alive(pid)) return "another daemon has been stopped";
        return {};
    }
    /// Links to each of them, and files that contain the pids of its processes.
    [[nodiscard]] std::vector<thing_maker> traps() const
    {
        const auto file_of = [](pid_t who) {
            return [who](const char* at) {
                const int fd = ::open(at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
                ::dprintf(fd, "%d\n", static_cast<int>(who));
                ::close(fd);
            };
        };
        return {link_to(secret),
                link_to(daemon.pid_file),
                file_of(alone.pid()),
                link_to(directory),
                [](const char* at) { ::mkfifo(at, 0666); },
                link_to(place / "made"),
                [target = secret.string()](const char* at) { return void(::link(target.c_str(), at) == 0); },
                [](const char* at) { ::mkdir(at, 0777); },
                file_of(pid)};
    }
    [[nodiscard]] static thing_maker link_to(const fs::path& target)
    {
        return [target = target.string()](const char* at) { return void(::symlink(target.c_str(), at) == 0); };
    }

private:
    [[nodiscard]] std::string now() const
    {
        return state_of(secret) + state_of(daemon.pid_file) + state_of(directory) + state_of(place / "made");
    }
    std::string before_;
};

/// Starts and stops; returns what is wrong, whatever the order was.
std::string round(const besieged& daemon, const innocents& others, int& starts)
{
    const auto started = daemon({"start"});
    if (started.status != 0 && started.status != 1) return "start: status " + std::to_string(started.status);
    if (const auto wrong = sentence_fault(started, {}); started.status == 1 && !wrong.empty()) return "start: " + wrong;
    if (started.status == 0) ++starts;
    auto harm = others.harm();
    const auto stopped = daemon({"stop"});
    if (harm.empty()) harm = others.harm();
    if (!harm.empty()) return harm;
    if (started.status == 0 && stopped.status != 0)
        return "stop: status " + std::to_string(stopped.status) + ", " + stopped.err;
    if (started.status == 0 && !contains(stopped.out, "stopped (pid ")) return "stop: " + stopped.out;
    return {};
}

void race(const char* what, const innocents& others, const std::vector<thing_maker>& traps, const besieged& daemon,
          const fs::path& contested, const fs::path& workshop)
{
    const swapper stranger(contested, workshop, traps);
    count points;
    int starts = 0;
    for (int i = 0; i < rounds; ++i) points.point(round(daemon, others, starts));
    BOOST_TEST(daemon.nobody_left());
    std::cout << "swapped while root starts and stops, " << what << ": " << rounds << " rounds, " << starts
              << " of them started, " << points.text() << std::endl;
}

void make_open_to_all(const fs::path& directory)
{
    fs::create_directory(directory);
    BOOST_REQUIRE(::chmod(directory.c_str(), 01777) == 0);
}

/// Called in this process right after a directory was made.
std::function<void(const fs::path&)> after_mkdir;

} // namespace

// The library calls this one instead of that of libc.
extern "C" int mkdirat(int at, const char* name, mode_t mode) noexcept
{
    const auto result = static_cast<int>(::syscall(SYS_mkdirat, at, name, mode));
    if (result == 0 && after_mkdir) after_mkdir(fs::read_symlink("/proc/self/fd/" + std::to_string(at)) / name);
    return result;
}

BOOST_AUTO_TEST_SUITE(races, *boost::unit_test::label("root") * boost::unit_test::label("slow"))

BOOST_AUTO_TEST_CASE(for_a_pid_file_in_a_sticky_directory)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to be two users");
    for (const char* const policy : pid_policies) {
        besieged daemon(policy);
        const auto all = daemon.directory / "all";
        make_open_to_all(all);
        daemon.pid_file = all / "d.pid";
        const innocents others;
        race(policy, others, others.traps(), daemon, daemon.pid_file, make_nobody_s(daemon.directory / "workshop"));
    }
}

BOOST_AUTO_TEST_CASE(for_a_log_in_a_directory_of_the_stranger)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to be two users");
    besieged daemon("flock_pid_file");
    const auto his = make_nobody_s(daemon.directory / "his");
    daemon.environment.push_back("LOG=" + (his / "log").string());
    const innocents others;
    race("a log", others, others.traps(), daemon, his / "log", his);
}

BOOST_AUTO_TEST_SUITE_END()

// The same at the worst moment, without a race: the replacement happens exactly there.
BOOST_AUTO_TEST_SUITE(moments)

BOOST_AUTO_TEST_CASE(a_directory_exchanged_for_a_link_as_soon_as_it_is_made_gives_nobody_s_file_a_mode)
{
    const temporary_directory top;
    const auto secret = top / "secret";
    write_file(secret, "secret\n");
    fs::permissions(secret, fs::perms(0600));
    for (const char* const missing : {"new", "more/new", "new/more"}) {
        const auto before = state_of(secret);
        after_mkdir = [&](const fs::path& made) {
            if (made.filename() != "new") return;
            fs::rename(made, top / "aside");
            fs::create_symlink(secret, made);
        };
        {
            daemonkit::sys::made_directories made;
            BOOST_TEST(made.make((top / missing).string(), 0755) == -1);
            BOOST_TEST(made.failed() == (fs::path(missing).filename() == "new" ? top / missing : top / "new").string());
        }
        after_mkdir = nullptr;
        BOOST_TEST(state_of(secret) == before);
        fs::remove_all(top / "aside");
        fs::remove(top / "new");
        fs::remove_all(top / "more");
    }
}

BOOST_AUTO_TEST_SUITE_END()
