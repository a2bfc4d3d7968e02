// SPDX-License-Identifier: BSL-1.0
// A search that meets a daemon while it publishes or ends, between any two system calls of both. "Dead" would be wrong:
// the daemon lives, or has ended in order.
#include "pid/both_policies.hpp"

#include <daemonkit/control/detail/reload.hpp>

#include "support/traced_process.hpp"

#include <sys/syscall.h>

namespace {

enum found { nobody_there = 1, the_daemon, a_dead_one, another_or_none_to_tell };

template <class Policy>
int found_by(const Policy& policy, pid_t daemon)
{
    try {
        const auto holder = policy.find();
        if (holder) return holder.pid == daemon ? the_daemon : another_or_none_to_tell;
        return holder.stale ? a_dead_one : nobody_there;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return another_or_none_to_tell;
    }
}

void mark() { ::syscall(SYS_getppid); }

/// Continues to the next mark(); false if the process has ended.
bool to_mark(traced_process& process)
{
    while (process.next_call())
        if (process.call() == SYS_getppid) return true;
    return false;
}

bool advance(traced_process& process, int calls)
{
    for (int n = 0; n < calls; ++n)
        if (!process.next_call()) return false;
    return true;
}

} // namespace

BOOST_AUTO_TEST_SUITE(pid_file_searched, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(while_a_daemon_publishes_nothing_is_dead)
{
    with_both([](auto make) {
        int met = 0;
        for (int calls_of_daemon = 0;; ++calls_of_daemon) {
            bool published = false;
            // A search of an unsettled file looks again for a second: its first look is enough.
            for (int calls = 1; calls <= 25; ++calls) {
                const temporary_directory top;
                const auto policy = make(top / "daemon.pid");
                traced_process daemon([&] {
                    auto guard = policy.claim();
                    mark();
                    guard.publish(::getpid());
                    mark();
                    mark();
                    return 0;
                });
                BOOST_TEST_REQUIRE(to_mark(daemon));
                BOOST_TEST_REQUIRE(advance(daemon, calls_of_daemon));
                published = daemon.call() == SYS_getppid && calls_of_daemon > 0;
                traced_process search([&] { return found_by(policy, daemon.pid()); });
                const bool goes_on = advance(search, calls);
                if (!goes_on && calls > 1) break;
                if (!published) BOOST_TEST_REQUIRE(to_mark(daemon));
                const int found = search.finish();
                BOOST_TEST((found == the_daemon || (found == nobody_there && !published)),
                           "found " << found << " before call " << calls << " of the search, after " << calls_of_daemon
                                    << " calls of publish()");
                ++met;
            }
            if (published) break;
        }
        BOOST_TEST(met > 100);
    });
}

BOOST_AUTO_TEST_CASE(while_a_daemon_ends_nothing_is_dead)
{
    with_both([](auto make) {
        for (int calls = 1;; ++calls) {
            const temporary_directory top;
            const auto policy = make(top / "daemon.pid");
            other_process daemon(daemon_of(policy));
            BOOST_TEST_REQUIRE(daemon.hear() == 1);
            traced_process search([&] { return found_by(policy, daemon.pid()); });
            if (!advance(search, calls)) break;
            daemon.go();
            BOOST_TEST(daemon.status() == 0);
            const int found = search.finish();
            BOOST_TEST((found == the_daemon || found == nobody_there), "found " << found << " before call " << calls);
        }
    });
}

BOOST_AUTO_TEST_CASE(in_a_directory_that_was_made_again_after_its_check)
{
    with_both([](auto make) {
        const temporary_directory top;
        const auto policy = make(top / "run/daemon.pid");
        fs::create_directory(top / "run");
        const auto checked = detail::check_directory(policy.path);
        fs::rename(top / "run", top / "old"); // so that the new one has another inode number
        fs::create_directory(top / "run");
        auto guard = policy.claim();
        guard.publish(::getpid());
        BOOST_TEST(detail::find_in_file(policy.path, checked).holder.pid == ::getpid());
    });
}

// The check of a path finds the mount on which it lies. Its own search finds the same one.
BOOST_AUTO_TEST_CASE(the_name_of_a_path_depends_on_its_mount_only)
{
    const temporary_directory top;
    int known = 0;
    for (const fs::path& directory : {fs::path("/"), fs::path("/dev/shm"), fs::path("/dev/shm/missing"),
                                      fs::path("/run"), fs::path("/proc"), top / "missing", top / "."}) {
        const auto path = directory / "daemon.pid";
        detail::trusted_directory checked;
        try {
            checked = detail::check_directory(path);
        } catch (const startup_error&) { // of another user, on this machine
            continue;
        }
        known += checked.mount ? 1 : 0;
        const detail::abstract_socket one(path, checked);
        checked.mount.reset();
        BOOST_TEST(one.name() == detail::abstract_socket(path, checked).name(), path);
        BOOST_TEST(!one.out_of_root(), path);
    }
    BOOST_TEST(known > 0);
}

// A class derived from a policy is asked for its own socket.
BOOST_AUTO_TEST_CASE(for_a_reload_with_the_socket_of_the_policy)
{
    struct without_socket : daemonkit::flock_pid_file
    {
        [[nodiscard]] sys::unique_fd control_socket(const pid_holder&) const { return {}; }
    };
    const temporary_directory top;
    const without_socket derived{{.path = top / "daemon.pid"}};
    const daemonkit::flock_pid_file policy{.path = derived.path};
    auto guard = policy.claim();
    guard.publish(::getpid());
    sys::unique_fd socket;
    BOOST_TEST(detail::find_to_ask(derived, socket).pid == ::getpid());
    BOOST_TEST(!socket);
    BOOST_TEST(detail::find_to_ask(policy, socket).pid == ::getpid());
    BOOST_TEST(static_cast<bool>(socket));
}

BOOST_AUTO_TEST_SUITE_END()
