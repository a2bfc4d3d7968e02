// SPDX-License-Identifier: BSL-1.0
// The engine step by step: what it does next, until when, and when the kernel must kill.
#include <daemonkit/lease/detail/engine.hpp>

#include <boost/test/unit_test.hpp>

using daemonkit::lease_timing;
using daemonkit::detail::lease_end;
using daemonkit::detail::lease_engine;
using daemonkit::detail::lease_request;
using daemonkit::detail::lease_state;
using boot_clock = daemonkit::sys::boot_clock;
using namespace std::chrono_literals;

namespace {

constexpr boot_clock::time_point begin(1000s);

struct rules
{
    /// It sends what it wants, and returns what that is.
    lease_request send(std::chrono::nanoseconds at, bool stuck = false)
    {
        const auto order = engine.next(begin + at, stuck);
        until = order.until - begin;
        wait_until = order.at - begin;
        if (order.what != lease_request::none) engine.sent(order.what, begin + at);
        return order.what;
    }
    /// It owns the lease by a request that was sent at `begin`.
    void own(std::chrono::nanoseconds answered = 1s)
    {
        BOOST_TEST((send(0s) == lease_request::acquire));
        engine.owned(begin + answered);
    }
    [[nodiscard]] bool kills_at(std::chrono::nanoseconds at) const { return engine.kill_at() == begin + at; }

    lease_engine<> engine{lease_timing{}, true}; // TTL 10 s
    std::chrono::nanoseconds until{};
    std::chrono::nanoseconds wait_until{};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(rule, rules)

BOOST_AUTO_TEST_CASE(deadlines_count_from_the_send)
{
    own();
    BOOST_TEST((until == 2s)); // of the request
    BOOST_TEST(engine.owns());
    BOOST_TEST(kills_at(9s));
    BOOST_TEST((send(1s) == lease_request::watch));
    BOOST_TEST((until == std::chrono::nanoseconds(10s) / 3));
    engine.watched(begin + 3500ms);
    BOOST_TEST((send(3500ms) == lease_request::renew));
    engine.renewed(begin + 5s, false);
    BOOST_TEST(kills_at(3500ms + 9s));
}

BOOST_AUTO_TEST_CASE(soft_loss_is_for_ever)
{
    own();
    engine.pass(begin + 6600ms);
    BOOST_TEST(engine.owns());
    BOOST_TEST((send(6600ms) == lease_request::renew));
    BOOST_TEST((until < 6700ms)); // no longer than it may act
    engine.renewed(begin + 6700ms, false);
    BOOST_TEST(!engine.owns());
    BOOST_TEST((engine.end() == lease_end::late));
    BOOST_TEST(kills_at(9s));
    BOOST_TEST((send(7s) == lease_request::none));
}

BOOST_AUTO_TEST_CASE(late_ownership_is_none)
{
    own(7s);
    BOOST_TEST(!engine.owns());
    BOOST_TEST((engine.kill_at() == boot_clock::never));
    BOOST_TEST((send(7s) == lease_request::acquire)); // the session renews it
}

BOOST_AUTO_TEST_CASE(taken_lease_leaves_as_much_time_as_a_soft_loss)
{
    own();
    BOOST_TEST((send(4s) == lease_request::renew));
    engine.taken(begin + 4s);
    BOOST_TEST(!engine.owns());
    BOOST_TEST((engine.end() == lease_end::taken));
    BOOST_TEST((engine.kill_at() < begin + 6500ms));
}

BOOST_AUTO_TEST_CASE(asked_owner_stays_the_owner)
{
    own();
    BOOST_TEST((send(4s) == lease_request::renew));
    engine.renewed(begin + 4s, true);
    BOOST_TEST(engine.owns());
    BOOST_TEST(engine.asked());
    BOOST_TEST((send(8s) == lease_request::renew));
}

BOOST_AUTO_TEST_CASE(stuck_owner_does_not_renew)
{
    own();
    BOOST_TEST((send(5s, true) == lease_request::none));
    BOOST_TEST((wait_until == 5200ms));
    BOOST_TEST((send(6600ms, true) == lease_request::none));
    BOOST_TEST((wait_until < 6700ms));
    BOOST_TEST((send(6600ms) == lease_request::renew)); // in time
}

BOOST_AUTO_TEST_CASE(failures_are_repeated_with_a_pause)
{
    BOOST_TEST((send(0s) == lease_request::acquire));
    engine.failed(begin + 1ms);
    BOOST_TEST((send(1ms) == lease_request::none));
    BOOST_TEST((wait_until == 200ms));
    BOOST_TEST((send(200ms) == lease_request::acquire));
    engine.failed(begin + 2200ms); // a time-out
    BOOST_TEST((send(2200ms) == lease_request::acquire));
}

// A daemon that gave the lease back and was started again at once would otherwise own it again.
BOOST_AUTO_TEST_CASE(a_lease_that_was_given_back_is_wanted_at_once)
{
    BOOST_TEST((send(0s) == lease_request::acquire));
    engine.held();
    BOOST_TEST((send(1s) == lease_request::watch));
    engine.watched(begin + 1001ms); // the owner was asked
    BOOST_TEST((send(1001ms) == lease_request::none));
    BOOST_TEST((wait_until == 1005ms));
    BOOST_TEST((send(1005ms) == lease_request::acquire));
    engine.held();
    BOOST_TEST((send(1006ms) == lease_request::watch));
    engine.watched(begin + 1020ms); // it has gone
    BOOST_TEST((send(1020ms) == lease_request::acquire));
}

BOOST_AUTO_TEST_CASE(after_run_nothing_kills_and_the_lease_is_released)
{
    own();
    engine.stop(begin + 4s);
    BOOST_TEST(!engine.owns());
    BOOST_TEST((engine.kill_at() == boot_clock::never));
    BOOST_TEST((send(4s) == lease_request::release));
    engine.failed(begin + 4s);
    BOOST_TEST((send(4200ms) == lease_request::release)); // once more
    engine.failed(begin + 6s);
    BOOST_TEST((engine.state() == lease_state::ended));
}

BOOST_AUTO_TEST_CASE(without_a_request_nothing_is_released)
{
    engine.stop(begin);
    BOOST_TEST((engine.state() == lease_state::ended));
}

BOOST_AUTO_TEST_CASE(lease_that_does_not_expire_kills_and_loses_nothing)
{
    engine = lease_engine<>(lease_timing{}, false);
    own(1h);
    BOOST_TEST(engine.owns());
    BOOST_TEST((engine.kill_at() == boot_clock::never));
    engine.pass(begin + 24h);
    BOOST_TEST(engine.owns());
}

BOOST_AUTO_TEST_SUITE_END()
