// SPDX-License-Identifier: BSL-1.0
// The constants that the signal policies define, and the requirements on a policy.
#include <daemonkit/signal.hpp>

#include <boost/test/unit_test.hpp>

#include <utility>

using namespace daemonkit;
using namespace daemonkit::detail;

namespace {

template <class P>
using guard_of = decltype(std::declval<const P&>().install(std::span<const int>(), std::declval<const sigset_t&>()));

static_assert(signal_policy<inherit_signals>);
static_assert(signal_policy<flag_signals> && signal_policy<basic_flag_signals<SIGUSR1, SIGWINCH>>);
static_assert(signal_policy<self_pipe_signals> && signal_policy<basic_self_pipe_signals<SIGUSR1, SIGWINCH>>);
static_assert(signal_policy<signalfd_signals> && signal_policy<basic_signalfd_signals<SIGUSR1, SIGWINCH>>);

static_assert(!inherit_signals::claims_signals);
static_assert(flag_signals::claims_signals && self_pipe_signals::claims_signals && signalfd_signals::claims_signals);

static_assert(!has_signal_fd<guard_of<inherit_signals>> && !has_stop_requested<guard_of<inherit_signals>>);
static_assert(!has_signal_fd<guard_of<flag_signals>> && has_stop_requested<guard_of<flag_signals>>);
static_assert(has_signal_fd<guard_of<self_pipe_signals>> && has_stop_requested<guard_of<self_pipe_signals>>);
static_assert(has_signal_fd<guard_of<signalfd_signals>> && !has_stop_requested<guard_of<signalfd_signals>>);

// A policy is a copyable settings object; a type that owns something cannot be copied.
static_assert(std::is_empty_v<flag_signals> && std::is_empty_v<self_pipe_signals> && std::is_empty_v<signalfd_signals>);
static_assert(!std::is_copy_constructible_v<guard_of<flag_signals>>);
static_assert(!std::is_copy_constructible_v<guard_of<self_pipe_signals>>);
static_assert(!std::is_copy_constructible_v<guard_of<signalfd_signals>>);

/// A minimal policy of a user.
struct minimal
{
    static constexpr bool claims_signals = false;
    struct guard
    {
        signal_event wait(std::chrono::nanoseconds, int) { return {}; }
    };
    guard install(std::span<const int>, const sigset_t&) const { return {}; }
};
static_assert(signal_policy<minimal>);

struct says_nothing_about_itself : minimal
{
    int claims_signals = 0;
};
struct claims_without_choice : minimal
{
    static constexpr bool claims_signals = true;
};
struct chooses : claims_without_choice
{
    static constexpr std::array<int, 1> chosen{SIGUSR1};
};
struct waits_for_nothing : minimal
{
    struct guard
    {
        int wait(std::chrono::nanoseconds, int) { return 0; }
    };
    guard install(std::span<const int>, const sigset_t&) const { return {}; }
};
struct installs_only_when_mutable : minimal
{
    guard install(std::span<const int>, const sigset_t&) { return {}; }
};
struct owns : minimal
{
    owns(owns&&) = default;
    owns& operator=(owns&&) = default;
};
static_assert(!signal_policy<int>);
static_assert(!signal_policy<says_nothing_about_itself>);
static_assert(!signal_policy<claims_without_choice>);
static_assert(signal_policy<chooses>);
static_assert(!signal_policy<waits_for_nothing>);
static_assert(!signal_policy<installs_only_when_mutable>);
static_assert(!signal_policy<owns>);

/// fd() and stop_requested() count only with the documented return types.
struct almost_a_descriptor
{
    signal_event wait(std::chrono::nanoseconds, int) { return {}; }
    long fd() const { return 0; }
    bool stop_requested() const { return false; } // it may throw: a hot loop could not use it
};
static_assert(signal_guard<almost_a_descriptor>);
static_assert(!has_signal_fd<almost_a_descriptor> && !has_stop_requested<almost_a_descriptor>);

} // namespace

BOOST_AUTO_TEST_SUITE(event)

BOOST_AUTO_TEST_CASE(a_signal_means_stop_or_reload_or_what_was_chosen)
{
    BOOST_TEST(!daemonkit::signal_event{});
    for (int signal = 1; signal < _NSIG; ++signal) {
        const daemonkit::signal_event e{signal};
        BOOST_TEST(static_cast<bool>(e));
        BOOST_TEST(e.is_stop() == (signal == SIGTERM || signal == SIGINT));
        BOOST_TEST(e.is_reload() == (signal == SIGHUP));
    }
}

BOOST_AUTO_TEST_CASE(chosen_signals_keep_their_order)
{
    BOOST_TEST(flag_signals::chosen.empty());
    constexpr std::array<int, 3> expected{SIGWINCH, SIGUSR1, 64};
    BOOST_TEST((basic_signalfd_signals<SIGWINCH, SIGUSR1, 64>::chosen == expected));
}

BOOST_AUTO_TEST_SUITE_END()
