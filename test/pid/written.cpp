// SPDX-License-Identifier: BSL-1.0
// How the line of a pid file is written: no reader finds the file of a live daemon empty, no limit kills the daemon,
// and no user takes away the file that root has locked.
#include "marked_keep.hpp"
#include "pid/both_policies.hpp"
#include "support/skip.hpp"
#include "support/traced_process.hpp"
#include "support/user.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

BOOST_AUTO_TEST_SUITE(pid_file_written, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(a_file_that_was_only_touched_is_stamped_again_and_never_empty)
{
    const temporary_directory top;
    const daemonkit::flock_pid_file policy{.path = top / "daemon.pid"};
    traced_process daemon([&] { return publish_and_keep(policy); });
    BOOST_TEST_REQUIRE(to_call(daemon, SYS_getppid));
    const timespec long_ago[2]{{1, 0}, {1, 0}};
    BOOST_TEST_REQUIRE(::utimensat(AT_FDCWD, policy.path.c_str(), long_ago, 0) == 0);
    int calls = 0;
    while (daemon.next_call() && daemon.call() != SYS_getppid) {
        BOOST_TEST(read_file(policy.path) == line_of(daemon.pid()), "before call " << calls);
        ++calls;
    }
    BOOST_TEST(calls > 3, "it has written a stamp");
    BOOST_TEST(daemonkit::detail::find_in_file(policy.path).holder.pid == daemon.pid());
    BOOST_TEST(daemon.finish() == 0);
}

BOOST_AUTO_TEST_CASE(a_limit_on_file_sizes_is_one_sentence_and_no_death)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto child = in_child([&] {
            ::signal(SIGXFSZ, SIG_DFL);
            const rlimit none{0, 0};
            if (::setrlimit(RLIMIT_FSIZE, &none) == -1) return 2;
            try {
                auto guard = make(top / "daemon.pid").claim();
                guard.publish(::getpid());
                return 3;
            } catch (const startup_error& e) {
                return contains(e.what(), "cannot write the pid file") && contains(e.what(), "File too large") ? 0 : 1;
            }
        });
        BOOST_TEST(child.status == 0, child.err);
        BOOST_TEST(fs::is_empty(top.path()));
    });
}

// Root may be about to start the daemon of this user.
BOOST_AUTO_TEST_CASE(a_user_s_start_waits_for_that_of_root, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root to act as another user");
    with_both([](auto make) {
        const temporary_directory top;
        BOOST_TEST_REQUIRE(::chown(top.path().c_str(), nobody, nobody) == 0);
        const auto policy = make(top / "daemon.pid");
        write_file(policy.path, "");
        BOOST_TEST_REQUIRE(::chown(policy.path.c_str(), nobody, nobody) == 0);
        const sys::unique_fd of_root(sys::open(policy.path.c_str(), O_RDWR));
        BOOST_TEST_REQUIRE(sys::lock_bytes(of_root.get(), detail::both_locks) == 0);
        traced_process start([&] {
            if (!become_user(nobody)) return 2;
            auto guard = policy.claim();
            return 0;
        });
        for (int look = 0; look < 3; ++look) BOOST_TEST_REQUIRE(to_call(start, SYS_fcntl));
        BOOST_TEST(sys::leads_to(policy.path.c_str(), of_root.get()), "the file is still that of root's lock");
        sys::unlock_bytes(of_root.get(), detail::both_locks); // closing is not enough: the start has inherited it
        BOOST_TEST(start.finish() == 0);
    });
}

BOOST_AUTO_TEST_SUITE_END()
