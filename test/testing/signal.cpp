// SPDX-License-Identifier: BSL-1.0
// Our SignalPolicies through the kit.
#include <daemonkit/signal.hpp>
#include <daemonkit/signal/reaping_signals.hpp>
#include <daemonkit/testing/signal_policy.hpp>

namespace {

using boost::filesystem::path;
using daemonkit::testing::signal_policy_tests;

const signal_policy_tests signalfd_tests("signalfd_signals", [](const path&) {
    return daemonkit::basic_signalfd_signals<SIGUSR1, SIGWINCH>{};
});
const signal_policy_tests self_pipe_tests("self_pipe_signals", [](const path&) {
    return daemonkit::basic_self_pipe_signals<SIGUSR1, SIGWINCH>{};
});
const signal_policy_tests reaping_tests("reaping_signals", [](const path&) { return daemonkit::reaping_signals{}; });
const signal_policy_tests flag_tests("flag_signals",
                                     [](const path&) { return daemonkit::basic_flag_signals<SIGUSR1, SIGWINCH>{}; });
// Its sets are the defaults: the kit knows the signals that a policy chooses at compile time only.
const signal_policy_tests configured_tests("configured_signals", [](const path&) {
    return daemonkit::configured_signals<daemonkit::basic_signalfd_signals<SIGUSR1, SIGWINCH>>{};
});
const signal_policy_tests inherit_signals_tests("inherit_signals",
                                                [](const path&) { return daemonkit::inherit_signals{}; });

} // namespace
