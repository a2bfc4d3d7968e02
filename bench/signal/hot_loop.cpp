// SPDX-License-Identifier: BSL-1.0
#include "hot_loop.hpp"

using namespace daemonkit;
using bench::guard_of;

static_assert(detail::has_stop_requested<guard_of<self_pipe_signals>> &&
                  detail::has_stop_requested<guard_of<flag_signals>> &&
                  !detail::has_stop_requested<guard_of<signalfd_signals>> &&
                  !detail::has_stop_requested<guard_of<inherit_signals>>,
              "a policy claims stop_requested() and has no loop here");

namespace {

template <class Stop>
unsigned long count_until(Stop stop)
{
    unsigned long count = 0;
    while (!stop()) ++count;
    return count;
}

} // namespace

unsigned long hot_loop_by_hand()
{
    return count_until([] { return bench::stop_by_hand.load(std::memory_order_relaxed); });
}

unsigned long hot_loop_self_pipe_signals(const bench::counter<self_pipe_signals>& daemon)
{
    return count_until([&] { return daemon.stop_requested(); });
}

unsigned long hot_loop_flag_signals(const bench::counter<flag_signals>& daemon)
{
    return count_until([&] { return daemon.stop_requested(); });
}
