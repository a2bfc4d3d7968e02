// SPDX-License-Identifier: BSL-1.0
// The contract cases of what other processes learn of a daemon that runs: the optional rows of a PidPolicy on states.
#pragma once

#include "pid_lives.hpp"

#include <string>

namespace daemonkit::testing::detail::pid_cases {

template <class PidPolicy>
void a_reload_and_a_stop_are_found(const subject<PidPolicy>& s)
{
    using guard_type = daemonkit::detail::identity_type<PidPolicy>;
    if constexpr (!daemonkit::detail::has_reloading<guard_type> && !daemonkit::detail::has_stopping<guard_type>) {
        skip("the guard has no reloading() and no stopping()");
    } else {
        const auto at = s.fresh();
        auto guard = at.policy.claim();
        guard.publish(::getpid());
        if constexpr (daemonkit::detail::has_started<guard_type>) guard.started();
        const pid_t self = ::getpid();
        const auto expect_state = [&](bool reloading, bool stopping, const std::string& when) {
            in_process("another process", [&] {
                const auto daemon = found(at.policy, when);
                expect(daemon.pid == self, when + ": find() names " + named(daemon.pid));
                expect(daemon.reloading == reloading, when + ": `reloading` is wrong");
                expect(daemon.stopping == stopping, when + ": `stopping` is wrong");
            });
        };
        expect_state(false, false, "after publish()");
        if constexpr (daemonkit::detail::has_reloading<guard_type>) {
            guard.reloading(true);
            expect_state(true, false, "after reloading(true)");
            guard.reloading(false);
            expect_state(false, false, "after reloading(false)");
        }
        if constexpr (daemonkit::detail::has_stopping<guard_type>) {
            guard.stopping();
            expect_state(false, true, "after stopping()");
        }
    }
}

template <class PidPolicy>
void the_status_line_is_that_of_the_daemon(const subject<PidPolicy>& s)
{
    if constexpr (!daemonkit::detail::keeps_status<daemonkit::detail::identity_type<PidPolicy>> ||
                  !daemonkit::detail::has_status_line<PidPolicy>) {
        skip("the guard has no status(), or the policy has no status_line()");
    } else {
        const auto at = s.fresh();
        const auto files = files_below(at.directory);
        const auto expect_line = [&](const std::string& line, const std::string& when) {
            in_process("another process", [&] {
                const std::string is = at.policy.status_line(found(at.policy, when));
                expect(is == line, when + ": status_line() is \"" + is + "\" instead of \"" + line + '"');
            });
        };
        {
            other_process daemon([&](const other_process& self) {
                auto guard = at.policy.claim();
                guard.publish(::getpid());
                for (const char* const line : {"a long line", "line"}) {
                    guard.status(line);
                    self.say(1);
                    self.await();
                }
                return 0;
            });
            for (const char* const line : {"a long line", "line"}) {
                expect(daemon.hear() == 1, "a daemon cannot claim and publish");
                expect_line(line, "after status()");
                if (line == std::string("a long line")) daemon.go();
            }
        } // killed
        {
            auto guard = at.policy.claim();
            guard.publish(::getpid());
            expect_line("", "after publish(), behind a killed daemon");
            guard.status("another");
            expect_line("another", "after status(), behind a killed daemon");
        }
        const auto left = added(files, files_below(at.directory));
        expect(left.empty(), "at the end of a daemon with a status line: left behind: " + left);
    }
}

} // namespace daemonkit::testing::detail::pid_cases
