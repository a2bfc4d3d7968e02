// SPDX-License-Identifier: BSL-1.0
// The place of a guard: what is in it, and when it is destroyed.
#include <daemonkit/lifecycle/detail/guard_slot.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using daemonkit::detail::guard_slot;

int living = 0;

/// Cannot be moved, and would be made from anything.
struct greedy
{
    template <class Anything>
    greedy(Anything&&) : made_from("anything") // NOLINT(*-explicit-*,*-forwarding-reference-overload)
    {
        ++living;
    }
    greedy(const char* text, int) : made_from(text) { ++living; }
    greedy(const greedy&) = delete;
    greedy& operator=(const greedy&) = delete;
    ~greedy() { --living; }

    std::string made_from;
};

} // namespace

BOOST_AUTO_TEST_SUITE(slot)

BOOST_AUTO_TEST_CASE(holds_the_result_of_the_maker_itself)
{
    guard_slot<greedy> slot;
    BOOST_TEST(!slot);
    slot.make([] { return greedy("the policy", 0); });
    BOOST_TEST(static_cast<bool>(slot));
    BOOST_TEST(slot->made_from == "the policy");
    BOOST_TEST(living == 1);
    slot.release();
    slot.release();
    BOOST_TEST(!slot);
    BOOST_TEST(living == 0);
}

BOOST_AUTO_TEST_CASE(its_end_releases_nothing)
{
    const auto made = [] { return std::string(100, 'x'); };
    alignas(guard_slot<greedy>) std::byte place[sizeof(guard_slot<greedy>)];
    auto* const slot = new (place) guard_slot<greedy>;
    slot->make([&] { return greedy(made().c_str(), 0); });
    BOOST_TEST(living == 1);
    greedy& guard = **slot;
    slot->~guard_slot();
    BOOST_TEST(living == 1);
    guard.~greedy();
    BOOST_TEST(living == 0);
}

BOOST_AUTO_TEST_CASE(a_maker_that_throws_leaves_it_empty)
{
    guard_slot<greedy> slot;
    BOOST_CHECK_THROW(slot.make([]() -> greedy { throw 7; }), int);
    BOOST_TEST(!slot);
}

BOOST_AUTO_TEST_SUITE_END()
