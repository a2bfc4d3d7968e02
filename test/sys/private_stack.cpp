// SPDX-License-Identifier: BSL-1.0
// The stack that the library maps, and the switch to it.
#include <daemonkit/sys/raw/private_stack.hpp>
#include <daemonkit/sys/raw/shared_memory.hpp>

#include "support/process.hpp"
#include "support/skip.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>

using namespace daemonkit;

namespace {

struct visit
{
    const std::byte* from;
    const std::byte* to;
    const std::byte* caller;
    int sum = 0;
    bool was_there = false;
};

void called(void* argument, std::byte* below) noexcept
{
    auto& seen = *static_cast<visit*>(argument);
    const std::byte here{};
    seen.was_there = &here > seen.from && &here < seen.to && below < seen.caller && seen.caller - below < 4096;
    for (int i = 0; i < 100; ++i) seen.sum += i;
}

} // namespace

BOOST_AUTO_TEST_SUITE(private_stack)

BOOST_AUTO_TEST_CASE(a_function_runs_on_it_and_returns_to_the_caller)
{
    if (!sys::memory_can_be_shared()) DAEMONKIT_SKIP("stacks are not switched here");
    sys::private_stack stack;
    BOOST_REQUIRE(stack.map());
    const std::byte here{};
    visit seen{stack.middle(), stack.top(), &here};
    for (double kept = 1.5; kept < 4; kept += 1) { // registers keep their values
        sys::call_on(stack.top(), called, &seen);
        BOOST_TEST(seen.was_there);
    }
    BOOST_TEST(seen.sum == 3 * 4950);
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(stack.top()) % 16 == 0U);
    stack.unmap();
}

BOOST_AUTO_TEST_CASE(an_overflow_of_it_ends_the_process)
{
    const auto child = in_child([] {
        sys::private_stack stack;
        if (!stack.map()) return 1;
        for (volatile std::byte* at = stack.top() - 1;; at -= 512) *at = std::byte{1};
    });
    BOOST_TEST(child.status == 128 + SIGSEGV);
}

BOOST_AUTO_TEST_CASE(the_process_can_unmap_it_and_end)
{
    if (!sys::memory_can_be_shared()) DAEMONKIT_SKIP("stacks are not switched here");
    const auto child = in_child([] {
        static sys::private_stack stack;
        if (!stack.map()) return 1;
        sys::call_on(stack.top(), [](void*, std::byte*) noexcept { stack.unmap_and_exit(7); }, nullptr);
        return 2;
    });
    BOOST_TEST(child.status == 7);
}

BOOST_AUTO_TEST_SUITE_END()
