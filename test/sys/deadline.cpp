// SPDX-License-Identifier: BSL-1.0
#include <daemonkit/sys/deadline.hpp>
#include <daemonkit/sys/self_pipe.hpp>

#include "support/disabled_call.hpp"
#include "support/process.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/syscall.h>

#include <cerrno>
#include <limits>
#include <utility>

namespace sys = daemonkit::sys;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

BOOST_AUTO_TEST_SUITE(deadline)

BOOST_AUTO_TEST_CASE(saturate_turns_every_duration_into_one_that_can_be_waited_for)
{
    using real = std::chrono::duration<double>;
    using limits = std::numeric_limits<double>;
    BOOST_TEST((sys::saturate(1500ms) == 1'500'000'000ns));
    BOOST_TEST((sys::saturate(real(0.25)) == 250ms));
    BOOST_TEST((sys::saturate(real(1.001)) == 1001ms)); // its number is a little less
    BOOST_TEST((sys::saturate(24h * 365) == nanoseconds(24h * 365)));
    const nanoseconds nothing[]{sys::saturate(0s),
                                sys::saturate(-1ns),
                                sys::saturate(std::chrono::hours::min()),
                                sys::saturate(nanoseconds::min()),
                                sys::saturate(real(-0.5)),
                                sys::saturate(real(-limits::infinity())),
                                sys::saturate(real(limits::quiet_NaN())),
                                sys::saturate(real(limits::denorm_min()))};
    for (const auto& d : nothing) BOOST_TEST((d == nanoseconds::zero()));
    const nanoseconds endless[]{sys::saturate(std::chrono::hours::max()), sys::saturate(std::chrono::seconds::max()),
                                sys::saturate(nanoseconds::max()),        sys::saturate(nanoseconds::max() - 1ns),
                                sys::saturate(std::chrono::years(150)),   sys::saturate(real(1e300)),
                                sys::saturate(real(limits::infinity()))};
    for (const auto& d : endless) BOOST_TEST((d == sys::forever));
    static_assert(sys::saturate(-5min) == 0ns, "usable at compile time");
}

BOOST_AUTO_TEST_CASE(a_deadline_that_is_not_ahead_has_passed)
{
    for (const nanoseconds d : {0ns, -1ns, nanoseconds(-1h)}) {
        BOOST_TEST(sys::deadline(d).passed());
        BOOST_TEST((sys::deadline(d).remaining() == 0ns));
    }
}

BOOST_AUTO_TEST_CASE(a_deadline_ahead_remains_and_then_passes)
{
    const sys::deadline far(1h);
    BOOST_TEST(!far.passed());
    BOOST_TEST((far.remaining() > 0ns && far.remaining() <= 1h));
    const sys::deadline near(1ms);
    sys::sleep_for(2ms);
    BOOST_TEST(near.passed());
}

// The end must not be computed beyond what the clock can count.
BOOST_AUTO_TEST_CASE(absurd_and_endless_deadlines_never_pass)
{
    for (const nanoseconds d : {sys::forever, sys::forever - 1ns, nanoseconds(24h * 366 * 290)}) {
        const sys::deadline end(d);
        BOOST_TEST(!end.passed());
        BOOST_TEST((end.remaining() == sys::forever));
    }
}

BOOST_AUTO_TEST_CASE(readable_within_sees_what_is_there_and_only_that)
{
    sys::unique_fd read_end, write_end;
    BOOST_TEST_REQUIRE(sys::open_pipe(read_end, write_end) == 0);
    BOOST_TEST(!sys::readable_within(read_end.get(), 0ns));
    BOOST_TEST(!sys::readable_within(read_end.get(), -1h));
    sys::wake(write_end.get());
    BOOST_TEST(sys::readable_within(read_end.get(), sys::forever));
    sys::drain(read_end.get());
    BOOST_TEST(!sys::readable_within(read_end.get(), 0ns));
    write_end.reset();
    BOOST_TEST(sys::readable_within(read_end.get(), sys::forever));
}

BOOST_AUTO_TEST_CASE(readable_within_works_where_ppoll_is_refused_and_ends_where_it_fails)
{
    for (const unsigned error : {1U * EPERM, 1U * ENOSYS, 1U * ENOMEM}) {
        const auto child = in_child([=] {
            sys::unique_fd read_end, write_end;
            if (sys::open_pipe(read_end, write_end) == -1 || !disable_call(SYS_ppoll, error)) return 2;
            bool good = holds(!sys::readable_within(read_end.get(), 0ns), "nothing is there") &&
                        holds(!sys::readable_within(read_end.get(), 2ms), "nothing comes");
            sys::wake(write_end.get());
            const bool sees = sys::readable_within(read_end.get(), 1h);
            good = good && holds(sees == (error != ENOMEM), "a byte is seen, unless poll fails");
            return good ? 0 : 1;
        });
        BOOST_TEST(child.status == 0, child.err);
    }
}

BOOST_AUTO_TEST_CASE(in_seconds_is_for_people)
{
    const std::pair<nanoseconds, const char*> table[]{{0s, "0"},       {4ms, "0.004"}, {50ms, "0.050"},
                                                      {99ms, "0.099"}, {500ms, "0.5"}, {30s, "30"},
                                                      {1500ms, "1.5"}, {1h, "3600"},   {10'900ms, "10.9"}};
    for (const auto& [duration, text] : table) BOOST_TEST(sys::in_seconds(duration) == text);
}

BOOST_AUTO_TEST_SUITE_END()
