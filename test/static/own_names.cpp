// SPDX-License-Identifier: BSL-1.0
// A program that says `using namespace daemonkit` keeps its own names: those of our internals do not hide them, neither
// at namespace scope nor in the class that derives from a daemon.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>
#include <daemonkit/socket_activation.hpp>
#include <daemonkit/stderr_log.hpp>

#include <type_traits>

using namespace daemonkit;

// clang-format off
#define DAEMONKIT_OWN_NAMES(name) \
    name(event) name(message) name(account) name(holder) name(required) name(process) name(listeners) name(lifecycle) \
    name(running_daemon) name(derived) name(control) name(rule) name(combination) name(fingerprint) name(guard) \
    name(hold) name(check) name(cannot) name(refuse) name(options) name(program) name(policies) name(runtime) name(life) \
    name(stamp) name(hooks) name(preset) name(defaults) name(record) name(self) name(live) name(state) \
    name(manager) name(streams) name(signals) name(result) name(report) name(error) name(failure) name(deadline) \
    name(file) name(directory) name(channel) name(socket_name) name(unit) name(joined) name(first) name(take) name(give) \
    name(given) name(complete) name(found) name(policy) name(daemon_class) name(link_type) name(steps)
// clang-format on

#define DAEMONKIT_DEFINE(name) \
    struct name                \
    {                          \
        int own = 1;           \
    };
DAEMONKIT_OWN_NAMES(DAEMONKIT_DEFINE)
DAEMONKIT_DEFINE(link)     // hidden by link(2) unless it is written as `struct link`
DAEMONKIT_DEFINE(identity) // hidden in the class by the function of basic_daemon, in the same way

#define DAEMONKIT_USE(name) static_assert(name{}.own == 1);
DAEMONKIT_OWN_NAMES(DAEMONKIT_USE)
static_assert(std::is_aggregate_v<struct link>);

namespace {

struct clockd : universal_daemon<clockd>, socket_activation
{
    int run()
    {
        DAEMONKIT_OWN_NAMES(DAEMONKIT_USE)
        static_assert(std::is_aggregate_v<struct identity>);
        return 0;
    }
    void on_reload() {}
};

static_assert(clockd::hears_reload() && std::is_default_constructible_v<clockd>);

} // namespace
