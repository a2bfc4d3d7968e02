// SPDX-License-Identifier: BSL-1.0
// Two starts that meet at a stale pid file: the second one claims between any two system calls of the first.
#include "pid/both_policies.hpp"
#include "support/traced_process.hpp"

#include <sys/file.h>
#include <sys/syscall.h>

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

// The other start has not published yet, so that neither its record nor its abstract socket tells of it: only a second
// look at the path after the lock does.
BOOST_AUTO_TEST_CASE(between_any_two_calls_of_a_start_is_claimed_once)
{
    with_both([](auto make) {
        int met = 0;
        int had = 0;
        for (int call = 1;; ++call) {
            const temporary_directory top;
            const auto policy = make(top / "daemon.pid");
            write_file(policy.path, "4194304\n");
            traced_process first([&, self = ::getpid()] { return claim_in_child(policy, self); });
            bool goes_on = true;
            for (int n = 0; n < call && goes_on; ++n) goes_on = first.next_call();
            if (!goes_on) break;
            BOOST_TEST_CONTEXT("before its system call " << call << ", number " << first.call())
            {
                if (!to_be_had(policy.path)) {
                    BOOST_TEST(first.finish() == got_it);
                    ++had;
                    continue;
                }
                auto second = policy.claim();
                // Until the first start has met the lock of the second one, and looks again.
                for (int locks = 0; locks < 2 && first.next_call();) locks += first.call() == SYS_fcntl ? 1 : 0;
                second.publish(::getpid());
                BOOST_TEST(first.finish() == names_us);
                ++met;
            }
        }
        BOOST_TEST(met > 5);
        BOOST_TEST(had > 5);
    });
}

BOOST_AUTO_TEST_SUITE_END()
