// SPDX-License-Identifier: BSL-1.0
// Descriptors, files and directories: unique_fd.hpp, file.hpp, directory.hpp, channel.hpp.
#include <daemonkit/sys/channel.hpp>
#include <daemonkit/sys/descriptors.hpp>
#include <daemonkit/sys/directory.hpp>
#include <daemonkit/sys/file.hpp>
#include <daemonkit/sys/open_files.hpp>
#include <daemonkit/sys/raw/call.hpp>

#include "support/disabled_call.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"
#include "support/umask_of.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <functional>
#include <utility>
#include <vector>

namespace sys = daemonkit::sys;
namespace fs = boost::filesystem;

namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

int null_device() { return sys::open("/dev/null", O_RDWR); }

} // namespace

BOOST_AUTO_TEST_SUITE(unique_fd)

BOOST_AUTO_TEST_CASE(closes_what_it_owns_once)
{
    int number = -1;
    {
        const sys::unique_fd owner(null_device());
        number = owner.get();
        BOOST_TEST_REQUIRE(is_open(number));
    }
    BOOST_TEST(!is_open(number));
}

BOOST_AUTO_TEST_CASE(moving_hands_the_descriptor_over)
{
    sys::unique_fd from(null_device());
    const int number = from.get();
    sys::unique_fd to(std::move(from));
    BOOST_TEST(to.get() == number);
    BOOST_TEST(!from);
    sys::unique_fd other(null_device());
    const int replaced = other.get();
    other = std::move(to);
    BOOST_TEST(other.get() == number);
    BOOST_TEST(is_open(number));
    BOOST_TEST(!is_open(replaced));
}

BOOST_AUTO_TEST_CASE(release_and_forget_leave_it_open)
{
    sys::unique_fd released(null_device());
    const sys::unique_fd owner(released.release());
    BOOST_TEST(!released);
    sys::unique_fd forgetful(owner.get());
    forgetful.forget();
    BOOST_TEST(!forgetful);
    BOOST_TEST(is_open(owner.get()));
}

BOOST_AUTO_TEST_CASE(descriptor_zero_is_owned_like_any_other)
{
    const auto child = in_child([] {
        ::close(0);
        {
            const sys::unique_fd zero(null_device());
            if (!holds(zero.get() == 0 && static_cast<bool>(zero), "it owns 0")) return 1;
        }
        return holds(!is_open(0), "0 is closed") ? 0 : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

/// Waits until the clock of time stamps has advanced, which ticks every few milliseconds.
bool clock_ticks_after(const temporary_directory& directory, const sys::file_mark& mark)
{
    return eventually([&] {
        const auto path = (directory / "probe").string();
        const sys::unique_fd probe(sys::open(path.c_str(), O_RDWR | O_CREAT, 0600));
        sys::remove_file(path.c_str());
        const auto now = sys::mark_of(probe.get());
        return now.seconds != mark.seconds || now.nanoseconds != mark.nanoseconds;
    });
}

} // namespace

BOOST_AUTO_TEST_SUITE(file)

BOOST_AUTO_TEST_CASE(close_between_keeps_what_is_named_and_nothing_else)
{
    const auto child = in_child([] {
        for (int fd = 0; fd < 40; ++fd) // 3 ... 40 at least
            if (null_device() == -1) return 2;
        std::array<int, 8> kept{30, 7, -1, 12, 7, 2, 13, 500}; // unsorted, twice, none, standard, above the highest
        if (!holds(sys::close_between(3, INT_MAX, kept) == 0, "it succeeds")) return 1;
        const std::set<int> left = open_descriptors(::getpid());
        return holds(left == std::set<int>{0, 1, 2, 7, 12, 13, 30}, "exactly these are left") ? 0 : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_CASE(close_between_needs_no_close_range)
{
    for (const unsigned error : {1U * EPERM, 1U * ENOSYS}) {
        const auto child = in_child([&] {
            if (!disable_call(SYS_close_range, error)) return 2;
            for (int fd = 0; fd < 600; ++fd) // more than one getdents64(2) returns
                if (null_device() == -1) return 2;
            std::array<int, 4> kept{30, 7, 400, 12};
            if (!holds(sys::close_between(3, INT_MAX, kept) == 0, "it succeeds")) return 1;
            const std::set<int> left = open_descriptors(::getpid());
            return holds(left == std::set<int>{0, 1, 2, 7, 12, 30, 400}, "exactly these are left") ? 0 : 1;
        });
        BOOST_TEST(child.status == 0, child.err);
    }
}

BOOST_AUTO_TEST_CASE(directories_are_opened_without_links_where_openat2_is_refused_too)
{
    const temporary_directory place;
    fs::create_directories(place / "a/b");
    fs::create_directory_symlink("a", place / "link");
    write_file((place / "file").string(), "");
    const auto opened = [&](const char* name) {
        const sys::unique_fd directory(sys::open_directory_without_links((place / name).c_str()));
        return directory ? 0 : errno;
    };
    const std::vector<std::pair<const char*, int>> expected{{"a/b", 0},      {"a//b/", 0},      {"a/b/../b", 0},
                                                            {"link", ELOOP}, {"link/b", ELOOP}, {"file", ENOTDIR},
                                                            {"c", ENOENT}};
    for (const auto& [name, error] : expected) BOOST_TEST(opened(name) == error, name);
    for (const unsigned refused : {1U * EPERM, 1U * ENOSYS}) {
        const auto child = in_child([&] {
            if (!disable_call(SYS_openat2, refused)) return 2;
            for (const auto& [name, error] : expected)
                if (!holds(opened(name) == error, name)) return 1;
            return 0;
        });
        BOOST_TEST(child.status == 0, child.err);
    }
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_read_is_no_empty_one)
{
    const auto child = in_child([] {
        const auto none = [](int) { return false; };
        if (!holds(!sys::any_number_in("/proc/self/fd", none) && errno == 0, "it was read")) return 1;
        if (!disable_call(SYS_getdents64, EIO)) return 2;
        return holds(!sys::any_number_in("/proc/self/fd", none) && errno == EIO, "it was not read") ? 0 : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_CASE(close_between_closes_all_but_the_standard_ones)
{
    const auto child = in_child([] {
        if (null_device() == -1 || null_device() == -1) return 2;
        if (!holds(sys::close_between(3, INT_MAX) == 0, "it succeeds")) return 1;
        return holds(open_descriptors(::getpid()) == std::set<int>{0, 1, 2}, "only 0, 1 and 2 are left") ? 0 : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_CASE(close_between_closes_no_number_outside)
{
    const auto child = in_child([] {
        for (int fd = 0; fd < 20; ++fd)
            if (null_device() == -1) return 2;
        std::array<int, 4> kept{4, 8, 9, 12};
        if (!holds(sys::close_between(3, 20) == 0 && null_device() == 3, "it succeeds")) return 1;
        for (int fd = 3; fd < 20; ++fd)
            if (null_device() == -1) return 2;
        if (!holds(sys::close_between(6, 9, kept) == 0, "both bounds are included")) return 1;
        for (int fd = 3; fd <= 20; ++fd)
            if (!holds((::fcntl(fd, F_GETFD) == -1) == (fd == 6 || fd == 7), std::to_string(fd))) return 1;
        if (!holds(sys::close_between(9, 12, kept) == 0, "the bounds are kept")) return 1;
        for (const int fd : kept)
            if (!holds(::fcntl(fd, F_GETFD) != -1, std::to_string(fd) + " is kept")) return 1;
        return holds(::fcntl(10, F_GETFD) == -1 && ::fcntl(13, F_GETFD) != -1, "those between are closed") ? 0 : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_CASE(close_between_reaches_beyond_the_limit_in_force)
{
    const auto child = in_child([] {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
        const int highest = static_cast<int>(std::min<rlim_t>(limit.rlim_max, 1'000'000)) - 1;
        if (::dup2(0, highest) == -1 || ::dup2(0, highest - 2) == -1) return 2;
        limit.rlim_cur = 16; // what is open above a lowered limit stays open
        ::setrlimit(RLIMIT_NOFILE, &limit);
        std::array<int, 1> kept{highest - 2};
        if (!holds(sys::close_between(3, INT_MAX, kept) == 0, "it succeeds")) return 1;
        return holds(open_descriptors(::getpid()) == std::set<int>{0, 1, 2, highest - 2}, "only the kept one") ? 0 : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_CASE(fill_standard_descriptors_fills_every_gap_and_only_gaps)
{
    for (unsigned closed = 0; closed < 8; ++closed) {
        const auto child = in_child([&] {
            std::array<std::string, 3> before;
            for (int fd = 0; fd < 3; ++fd)
                before[static_cast<std::size_t>(fd)] = proc_link(::getpid(), "fd/" + std::to_string(fd));
            const int out = ::fcntl(2, F_DUPFD_CLOEXEC, 10);
            const std::set<int> all = open_descriptors(::getpid());
            for (int fd = 0; fd < 3; ++fd)
                if ((closed >> static_cast<unsigned>(fd) & 1U) != 0) ::close(fd);
            const int result = sys::fill_standard_descriptors();
            bool good = result == 0;
            for (int fd = 0; fd < 3; ++fd) {
                const bool was_closed = (closed >> static_cast<unsigned>(fd) & 1U) != 0;
                const auto now = proc_link(::getpid(), "fd/" + std::to_string(fd));
                good = good && now == (was_closed ? "/dev/null" : before[static_cast<std::size_t>(fd)]);
            }
            good = good && open_descriptors(::getpid()) == all;
            ::dup2(out, 2);
            return holds(good, "0, 1 and 2 are open and nothing more") ? 0 : 1;
        });
        BOOST_TEST(child.status == 0, "with the closed ones " << closed << ": " << child.err);
    }
}

BOOST_AUTO_TEST_CASE(put_on_leaves_a_descriptor_that_children_inherit)
{
    const sys::unique_fd from(null_device());
    const sys::unique_fd target(null_device());
    BOOST_TEST(sys::put_on(from.get(), target.get()) == target.get());
    BOOST_TEST(::fcntl(target.get(), F_GETFD) == 0);
    BOOST_TEST(sys::put_on(from.get(), from.get()) != -1);
    BOOST_TEST(::fcntl(from.get(), F_GETFD) == 0);
}

BOOST_AUTO_TEST_CASE(octal_is_how_people_write_modes)
{
    const std::pair<mode_t, const char*> table[]{{0, "0000"},      {0644, "0644"},   {0600, "0600"},
                                                 {07, "0007"},     {0777, "0777"},   {01777, "01777"},
                                                 {02755, "02755"}, {04755, "04755"}, {07777, "07777"}};
    for (const auto& [mode, text] : table) BOOST_TEST(sys::octal(mode) == text);
}

BOOST_AUTO_TEST_CASE(the_mark_of_a_file_changes_when_it_is_removed_renamed_or_touched_and_only_then)
{
    const temporary_directory directory;
    const auto path = (directory / "file").string();
    const sys::unique_fd file(sys::open(path.c_str(), O_RDWR | O_CREAT, 0600));
    const std::function<void()> changes[]{
        [&] { ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0); }, [&] { ::chmod(path.c_str(), 0644); },
        [&] { ::rename(path.c_str(), (path + ".old").c_str()); }, [&] { ::unlink((path + ".old").c_str()); }};
    for (const auto& change : changes) {
        const auto before = sys::mark_of(file.get());
        BOOST_TEST_REQUIRE(clock_ticks_after(directory, before));
        std::string text;
        sys::read_file(path.c_str(), text, 10);
        BOOST_TEST((sys::mark_of(file.get()) == before));
        change();
        BOOST_TEST((sys::mark_of(file.get()) != before));
    }
}

BOOST_AUTO_TEST_CASE(leads_to_tells_the_file_from_its_successor_and_from_a_link)
{
    const temporary_directory directory;
    const auto path = (directory / "file").string();
    const auto link = (directory / "link").string();
    const sys::unique_fd file(sys::open(path.c_str(), O_RDWR | O_CREAT, 0600));
    BOOST_TEST(sys::leads_to(path.c_str(), file.get()));
    BOOST_TEST_REQUIRE(::symlink(path.c_str(), link.c_str()) == 0);
    BOOST_TEST(!sys::leads_to(link.c_str(), file.get()));
    BOOST_TEST_REQUIRE(sys::remove_file(path.c_str()) == 0);
    BOOST_TEST(!sys::leads_to(path.c_str(), file.get()));
    const sys::unique_fd successor(sys::open(path.c_str(), O_RDWR | O_CREAT, 0600));
    BOOST_TEST(!sys::leads_to(path.c_str(), file.get()));
    BOOST_TEST(sys::leads_to(path.c_str(), successor.get()));
}

BOOST_AUTO_TEST_CASE(a_lock_excludes_every_other_open_file_until_all_copies_are_closed)
{
    const temporary_directory directory;
    const auto path = (directory / "file").string();
    sys::unique_fd first(sys::open(path.c_str(), O_RDWR | O_CREAT, 0600));
    const sys::unique_fd second(sys::open(path.c_str(), O_RDWR));
    BOOST_TEST(sys::try_lock(first.get()));
    BOOST_TEST(!sys::try_lock(second.get()));
    BOOST_TEST(errno == EWOULDBLOCK);
    sys::unique_fd copy(::fcntl(first.get(), F_DUPFD_CLOEXEC, 0));
    first.reset();
    BOOST_TEST(!sys::try_lock(second.get()));
    copy.reset();
    BOOST_TEST(sys::try_lock(second.get()));
}

BOOST_AUTO_TEST_CASE(the_stamp_is_kept_to_the_nanosecond_and_is_no_time_of_a_write)
{
    const temporary_directory directory;
    const sys::unique_fd file(sys::open((directory / "file").c_str(), O_RDWR | O_CREAT, 0600));
    const auto before = ::time(nullptr);
    for (const long nanoseconds : {0L, 1L, 123'456'789L, 999'999'999L}) {
        BOOST_TEST_REQUIRE(sys::stamp(file.get(), nanoseconds) == 0);
        sys::file_status status = {};
        BOOST_TEST_REQUIRE(sys::status_of(file.get(), status) == 0);
        BOOST_TEST(status.st_mtim.tv_nsec == nanoseconds);
        BOOST_TEST(status.st_mtim.tv_sec >= before - 1);
        BOOST_TEST(status.st_mtim.tv_sec < status.st_ctim.tv_sec);
    }
}

BOOST_AUTO_TEST_CASE(read_file_takes_no_more_than_the_limit_and_keeps_the_text_if_it_fails)
{
    const temporary_directory directory;
    const auto path = (directory / "file").string();
    write_file(path, std::string(10'000, 'x') + "end");
    std::string text;
    BOOST_TEST_REQUIRE(sys::read_file(path.c_str(), text, 64) == 0);
    BOOST_TEST(text == std::string(64, 'x'));
    BOOST_TEST_REQUIRE(sys::read_file(path.c_str(), text, 20'000) == 0);
    BOOST_TEST(text.size() == 10'003U);
    for (const auto& unreadable : {directory / "missing", directory.path()}) {
        BOOST_TEST(sys::read_file(unreadable.c_str(), text, 64) == -1);
        BOOST_TEST(text.size() == 10'003U);
    }
}

BOOST_AUTO_TEST_CASE(write_all_fails_where_the_device_is_full)
{
    const sys::unique_fd full(sys::open("/dev/full", O_WRONLY));
    BOOST_TEST(sys::write_all(full.get(), "text") == -1);
    BOOST_TEST(errno == ENOSPC);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(directory)

BOOST_AUTO_TEST_CASE(makes_all_that_is_missing_with_exactly_the_mode)
{
    for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{077}, mode_t{0277}}) {
        const temporary_directory top;
        const umask_of guard(mask);
        sys::made_directories made;
        const auto deepest = top / "a/b/c";
        BOOST_TEST(made.make(deepest.string(), 0751) == 0, "with the umask " << sys::octal(mask));
        for (const char* const name : {"a", "a/b", "a/b/c"}) BOOST_TEST(mode_of(top / name) == 0751U);
        BOOST_TEST(mode_of(top.path()) == 0755U);
    }
}

BOOST_AUTO_TEST_CASE(removes_them_again_unless_they_are_released)
{
    const temporary_directory top;
    {
        sys::made_directories made;
        BOOST_TEST(made.make((top / "a/b/c").string(), 0755) == 0);
        BOOST_TEST(fs::is_directory(top / "a/b/c"));
    }
    BOOST_TEST(!fs::exists(top / "a"));
    BOOST_TEST(fs::exists(top.path()));
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_not_empty_stays)
{
    const temporary_directory top;
    {
        sys::made_directories made;
        BOOST_TEST(made.make((top / "a/b/c").string(), 0755) == 0);
        const sys::unique_fd file(sys::open((top / "a/somebody-elses").c_str(), O_RDWR | O_CREAT, 0600));
    }
    BOOST_TEST(fs::exists(top / "a/somebody-elses"));
    BOOST_TEST(!fs::exists(top / "a/b"));
}

BOOST_AUTO_TEST_CASE(released_and_existing_ones_stay)
{
    const temporary_directory top;
    fs::create_directory(top / "found");
    fs::permissions(top / "found", fs::perms(0700));
    {
        sys::made_directories made;
        BOOST_TEST(made.make((top / "found").string(), 0755) == 0);
        BOOST_TEST(made.make((top / "made/below").string(), 0755) == 0);
        made.release();
        sys::made_directories undone;
        BOOST_TEST(undone.make((top / "found/below").string(), 0755) == 0);
    }
    BOOST_TEST(mode_of(top / "found") == 0700U);
    BOOST_TEST(fs::exists(top / "made/below"));
    BOOST_TEST(!fs::exists(top / "found/below"));
}

BOOST_AUTO_TEST_CASE(moved_ones_are_undone_by_their_new_owner_only)
{
    const temporary_directory top;
    {
        sys::made_directories keeper;
        {
            sys::made_directories maker;
            BOOST_TEST(maker.make((top / "a/b").string(), 0755) == 0);
            keeper = std::move(maker);
        }
        BOOST_TEST(fs::exists(top / "a/b"));
        const sys::made_directories last(std::move(keeper));
    }
    BOOST_TEST(!fs::exists(top / "a"));
}

BOOST_AUTO_TEST_CASE(names_the_one_that_could_not_be_made)
{
    const temporary_directory top;
    const sys::unique_fd file(sys::open((top / "file").c_str(), O_RDWR | O_CREAT, 0600));
    sys::made_directories made;
    BOOST_TEST(made.make((top / "file/a/b").string(), 0755) == -1);
    BOOST_TEST(errno == ENOTDIR);
    BOOST_TEST(made.failed() == (top / "file").string());
}

BOOST_AUTO_TEST_CASE(one_that_fails_half_way_leaves_nothing)
{
    const temporary_directory top;
    const auto too_long = (top / "a" / "b" / std::string(300, 'x') / "c").parent_path();
    {
        sys::made_directories made;
        BOOST_TEST(made.make(too_long.string(), 0755) == -1);
        BOOST_TEST(errno == ENAMETOOLONG);
        BOOST_TEST(made.failed() == too_long.string());
    }
    BOOST_TEST(!fs::exists(top / "a"));
}

BOOST_AUTO_TEST_CASE(slashes_dots_and_relative_paths_are_understood)
{
    const temporary_directory top;
    const auto child = in_child([&] {
        if (::chdir(top.path().c_str()) == -1) return 2;
        for (const char* const path : {"one", "two/three", "./four//five/", "six/../seven", "", ".", ".."}) {
            sys::made_directories made;
            if (!holds(made.make(path, 0755) == 0, path)) return 1;
            if (*path != '\0' && !holds(fs::is_directory(path), path)) return 1;
        }
        return holds(fs::is_empty("."), "all of them are gone again") ? 0 : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(channel)

BOOST_AUTO_TEST_CASE(keeps_message_boundaries_in_both_directions)
{
    sys::unique_fd one, other;
    BOOST_TEST_REQUIRE(sys::open_channel(one, other) == 0);
    BOOST_TEST(sys::raw::send(one.get(), "first", 5) == 5);
    BOOST_TEST(sys::raw::send(one.get(), "x", 1) == 1);
    std::array<char, 64> bytes{};
    BOOST_TEST(sys::raw::receive(other.get(), bytes.data(), bytes.size()) == 5);
    BOOST_TEST(sys::raw::receive(other.get(), bytes.data(), bytes.size()) == 1);
    BOOST_TEST(sys::raw::receive(other.get(), bytes.data(), bytes.size()) == -EAGAIN);
    BOOST_TEST(sys::raw::send(other.get(), "back", 4) == 4);
    BOOST_TEST(sys::raw::receive(one.get(), bytes.data(), bytes.size()) == 4);
}

BOOST_AUTO_TEST_CASE(a_closed_peer_raises_no_signal)
{
    const auto child = in_child([] {
        ::signal(SIGPIPE, SIG_DFL);
        sys::unique_fd one, other;
        if (sys::open_channel(one, other) == -1) return 2;
        other.reset();
        char byte = 0;
        return holds(sys::raw::send(one.get(), "x", 1) == -EPIPE, "sending fails") &&
                       holds(sys::raw::receive(one.get(), &byte, 1) == 0, "receiving reports the end of the stream")
                   ? 0
                   : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_CASE(is_not_inherited_by_executed_programs)
{
    sys::unique_fd one, other;
    BOOST_TEST_REQUIRE(sys::open_channel(one, other) == 0);
    for (const int fd : {one.get(), other.get()}) BOOST_TEST(::fcntl(fd, F_GETFD) == FD_CLOEXEC);
}

BOOST_AUTO_TEST_SUITE_END()
