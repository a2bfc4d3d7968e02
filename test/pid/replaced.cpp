// SPDX-License-Identifier: BSL-1.0
// A start that claims between any two system calls of another start, or of a daemon that ends.
#include "pid/both_policies.hpp"
#include "support/skip.hpp"
#include "support/traced_process.hpp"
#include "support/user.hpp"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <vector>

namespace {

/// Whether a start could take the file at the path now: it can be locked, or it is missing.
bool to_be_had(const fs::path& path)
{
    const sys::unique_fd file(sys::open(path.c_str(), O_RDWR));
    return !file || (sys::lock_bytes(file.get(), detail::both_locks) == 0 && sys::try_lock(file.get()));
}

enum outcome_of_claim { names_us = 1, got_it, failed };

template <class Policy>
int claim_in_child(const Policy& policy, pid_t other)
{
    try {
        const auto guard = policy.claim();
        ::_exit(got_it); // with the lock
    } catch (const already_running& e) {
        return e.pid() == other ? names_us : failed;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return failed;
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(pid_file_replaced, *boost::unit_test::label("process"))

// Where the other start has not published yet, neither its record nor its abstract socket tells of it: only a second
// look at the path after the lock does.
BOOST_AUTO_TEST_CASE(between_any_two_calls_of_a_start_is_claimed_once)
{
    enum class publishes { at_once, after_it_was_met };
    with_both([](auto make) {
        for (const char* const before : {"4194304\n", "", "nothing"})
            for (const auto when : {publishes::at_once, publishes::after_it_was_met}) {
                int met = 0;
                int had = 0;
                for (int call = 1;; ++call) {
                    const temporary_directory top;
                    const auto policy = make(top / "daemon.pid");
                    if (before != std::string("nothing")) write_file(policy.path, before);
                    traced_process first([&, self = ::getpid()] { return claim_in_child(policy, self); });
                    bool goes_on = true;
                    for (int n = 0; n < call && goes_on; ++n) goes_on = first.next_call();
                    if (!goes_on) break;
                    BOOST_TEST_CONTEXT("before: " << before << "; before system call " << call << ", number "
                                                  << first.call())
                    {
                        if (!to_be_had(policy.path)) {
                            BOOST_TEST(first.finish() == got_it);
                            ++had;
                            continue;
                        }
                        auto second = policy.claim();
                        // Until the first start has met the lock of the second one, and looks again.
                        for (int locks = 0; when == publishes::after_it_was_met && locks < 2 && first.next_call();)
                            locks += first.call() == SYS_fcntl ? 1 : 0;
                        second.publish(::getpid());
                        BOOST_TEST(first.finish() == names_us);
                        BOOST_TEST(read_file(policy.path) == line_of(::getpid()));
                        ++met;
                    }
                }
                BOOST_TEST(met > 3);
                BOOST_TEST(had > 3);
            }
    });
}

// In a directory such as /tmp, another user can be faster to make what is missing.
BOOST_AUTO_TEST_CASE(a_directory_that_a_stranger_makes_meanwhile_is_refused, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root to act as another user");
    with_both([](auto make) {
        const temporary_directory top;
        BOOST_TEST_REQUIRE(::chmod(top.path().c_str(), 01777) == 0);
        const auto policy = make(top / "made/daemon.pid");
        traced_process start([&, self = ::getpid()] { return claim_in_child(policy, self); });
        const auto makes_a_directory = [&] {
#ifdef SYS_mkdir
            if (start.call() == SYS_mkdir) return true;
#endif
            return start.call() == SYS_mkdirat;
        };
        bool goes_on = start.next_call();
        while (goes_on && !makes_a_directory()) goes_on = start.next_call();
        BOOST_TEST_REQUIRE(goes_on);
        fs::create_directory(top / "made");
        BOOST_TEST_REQUIRE(::chown((top / "made").c_str(), nobody, nobody) == 0);
        BOOST_TEST(start.finish() == failed);
        BOOST_TEST(fs::is_empty(top / "made"));
    });
}

// Somebody has touched the file, so its record proves nothing, and a start may replace it. The end must not remove what
// the start has made.
BOOST_AUTO_TEST_CASE(between_any_two_calls_of_an_end_a_start_keeps_its_file)
{
    with_both([](auto make) {
        int met = 0;
        for (int call = 1;; ++call) {
            const temporary_directory top;
            const auto policy = make(top / "daemon.pid");
            traced_process daemon([&] {
                auto guard = policy.claim();
                guard.publish(::getpid());
                ::syscall(SYS_getppid); // the end begins
                return 0;
            });
            while (daemon.next_call() && daemon.call() != SYS_getppid) {}
            bool goes_on = true;
            for (int n = 0; n < call && goes_on; ++n) goes_on = daemon.next_call();
            if (!goes_on) break;
            ::utimensat(AT_FDCWD, policy.path.c_str(), nullptr, 0);
            if (!to_be_had(policy.path)) continue; // it has the lock: no start gets further
            BOOST_TEST_CONTEXT("before system call " << call << " of the end, number " << daemon.call())
            {
                try {
                    auto guard = policy.claim();
                    guard.publish(::getpid());
                    BOOST_TEST(daemon.finish() == 0);
                    BOOST_TEST(read_file(policy.path) == line_of(::getpid()));
                    BOOST_TEST(policy.find().pid == ::getpid());
                    ++met;
                } catch (const already_running&) { // it still has its abstract sockets
                }
            }
        }
        BOOST_TEST(met > 0);
    });
}

// As after dropping privileges: the daemon does not try at each event.
BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_restored_costs_one_call_at_the_next_event, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("only root has privileges to drop");
    const temporary_directory top;
    const daemonkit::flock_pid_file policy{.path = top / "daemon.pid"};
    traced_process daemon([&] {
        auto guard = policy.claim();
        guard.publish(::getpid());
        fs::remove(policy.path);
        if (!become_user(nobody)) return 2;
        for (int event = 0; event < 3; ++event) {
            ::syscall(SYS_getppid);
            if (!guard.keep()) return 3;
        }
        ::syscall(SYS_getppid);
        return 0;
    });
    std::vector<int> calls;
    while (daemon.next_call()) {
        if (daemon.call() == SYS_getppid)
            calls.push_back(0);
        else if (!calls.empty())
            ++calls.back();
    }
    BOOST_TEST(daemon.finish() == 0);
    BOOST_TEST_REQUIRE(calls.size() == 4U);
    BOOST_TEST(calls[0] > 1);
    BOOST_TEST(calls[1] <= 1);
    BOOST_TEST(calls[2] <= 1);
}

// Whoever can read the file can lock it.
BOOST_AUTO_TEST_CASE(a_stranger_s_lock_does_not_make_the_file_stay, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root to act as another user");
    const temporary_directory top;
    const daemonkit::pid_file policy{.path = top / "daemon.pid"};
    other_process daemon(daemon_of(policy));
    BOOST_TEST_REQUIRE(daemon.hear() == 1);
    const other_process stranger([&](const other_process& self) {
        if (!become_user(nobody)) return 2;
        const sys::unique_fd file(sys::open(policy.path.c_str(), O_RDONLY));
        self.say(sys::try_lock(file.get()) ? 1 : 0);
        self.await();
        return 0;
    });
    BOOST_TEST_REQUIRE(stranger.hear() == 1);
    daemon.go();
    BOOST_TEST(daemon.status() == 0);
    BOOST_TEST(!fs::exists(policy.path));
}

BOOST_AUTO_TEST_SUITE_END()
