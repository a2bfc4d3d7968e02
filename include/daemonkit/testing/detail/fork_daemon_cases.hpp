// SPDX-License-Identifier: BSL-1.0
// The contract cases of a ForkPolicy: what the daemon is and has.
#pragma once

#include "fork_cases.hpp"

#include <cstdlib>

namespace daemonkit::testing::detail::fork_cases {

/// Gives this process a session of its own, with a controlling terminal; false if there are no pseudo terminals here.
inline bool take_terminal()
{
    ::setsid();
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    return terminal != -1 && ::grantpt(terminal) == 0 && ::unlockpt(terminal) == 0 &&
           ::open(::ptsname(terminal), O_RDWR | O_CLOEXEC) != -1 && proc_stat(::getpid(), 7) != 0;
}

template <class ForkPolicy>
void the_daemon_has_a_session_without_a_terminal(const subject<ForkPolicy>& s)
{
    if constexpr (!forks<ForkPolicy>) {
        skip(detaches_not);
    } else {
        started start(s.fresh().policy, is_ready, [] {
            if (!take_terminal()) skip("there are no pseudo terminals here");
        });
        start.expect_success();
        const auto& facts = start.facts();
        expect(facts.session > 0 && facts.session != start.launcher(), "the daemon is in the session of the launcher");
        expect(facts.group > 0 && facts.group != start.launcher(),
               "the daemon is in the process group of the launcher");
        expect(facts.terminal == 0, "the daemon has a controlling terminal");
        start.channel().go();
    }
}

template <class ForkPolicy>
void no_intermediate_process_is_left(const subject<ForkPolicy>& s)
{
    if constexpr (!forks<ForkPolicy>) {
        skip(detaches_not);
    } else {
        started start(s.fresh().policy, is_ready);
        start.expect_success();
        const pid_t daemon = start.facts().daemon;
        std::string others;
        const auto alone = [&] { // a process that ended is a zombie of this one, which init would collect
            others.clear();
            for (const pid_t child : children_of(::getpid()))
                if (child != daemon && alive(child)) others += " " + std::to_string(child);
            return others.empty();
        };
        const bool is_alone = eventually(alone, 5s);
        expect(is_alone, "beside the daemon processes are left:" + others);
        start.channel().go();
    }
}

template <class ForkPolicy>
void the_daemon_goes_on_without_its_launcher(const subject<ForkPolicy>& s)
{
    if constexpr (!forks<ForkPolicy>) {
        skip(detaches_not);
    } else {
        constexpr int up = 1;
        started start(s.fresh().policy, [](auto& link, const other_process& channel) {
            ::signal(SIGPIPE, SIG_DFL);
            channel.say(up);
            channel.await();
            link.extend(1h); // neither of these may raise SIGPIPE
            link.ready();
            channel.say(went_on);
            channel.await();
        });
        if (!expect(start.channel().hear() == up, "no daemon is made")) return;
        ::kill(start.launcher(), SIGKILL);
        ends(start.launcher());
        start.channel().go();
        expect(start.channel().hear() == went_on, "the daemon ends when its launcher is killed, or in ready()");
        start.channel().go();
    }
}

template <class ForkPolicy>
void the_daemon_has_the_launchers_descriptors(const subject<ForkPolicy>& s)
{
    if constexpr (!forks<ForkPolicy>) {
        skip(detaches_not);
    } else {
        constexpr int low = 100;
        constexpr int high = 600;
        std::set<int> before;
        started start(
            s.fresh().policy,
            [&](auto& link, const other_process& channel) {
                const int own = link.descriptor();
                expect(own == -1 || ::fcntl(own, F_GETFD) != -1, "descriptor() is not open");
                for (const int fd : open_descriptors(::getpid()))
                    if (before.count(fd) == 0)
                        expect((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0,
                               "in the daemon: a descriptor without close-on-exec: " +
                                   proc_link(::getpid(), "fd/" + std::to_string(fd)));
                for (const int fd : {0, 1, 2, low, high})
                    expect(::fcntl(fd, F_GETFD) != -1, "descriptor " + std::to_string(fd) + " is closed in the daemon");
                is_ready(link, channel);
            },
            [&] {
                ::dup2(0, low);
                ::dup2(0, high);
                before = open_descriptors(::getpid());
            });
        start.expect_success();
        start.channel().go();
    }
}

template <class ForkPolicy>
void the_daemon_has_the_launchers_mask_and_dispositions(const subject<ForkPolicy>& s)
{
    if constexpr (!forks<ForkPolicy>) {
        skip(detaches_not);
    } else {
        std::unique_ptr<dispositions> before;
        started start(
            s.fresh().policy,
            [&](auto& link, const other_process& channel) {
                expect(before->changed_in({}).empty(), "in the daemon, other actions for" + before->changed_in({}));
                is_ready(link, channel);
            },
            [&] {
                ::signal(SIGCHLD, SIG_IGN);
                ::signal(SIGHUP, SIG_IGN);
                before = std::make_unique<dispositions>();
            });
        start.expect_success();
        expect(start.facts().all_blocked, "detach() unblocks signals in the daemon: one could end it before install()");
        start.channel().go();
    }
}

} // namespace daemonkit::testing::detail::fork_cases
