// SPDX-License-Identifier: BSL-1.0
// The process that detaches: one program for all ways, since what a fork copies is the program with its libraries too.
// daemonkit's ways are taken inside the real start(), of a daemon that records no pid and hears no signals, so that
// detaching is what remains, beside what every daemon of ours does (descriptors, directory, umask, /dev/null).
#include "by_hand.h"

#include <daemonkit/basic_daemon.hpp>
#include <daemonkit/fork/double_fork.hpp>
#if __has_include(<daemonkit/fork/handoff_fork.hpp>)
#include <daemonkit/fork/handoff_fork.hpp>
#endif
#include <daemonkit/fork/single_fork.hpp>
#include <daemonkit/pid/no_pid_file.hpp>
#include <daemonkit/signal/inherit_signals.hpp>
#include <daemonkit/stdio/null_stdio.hpp>

#include <cstdio>
#include <string_view>

namespace {

/// The same, and it takes the time before it detaches and as soon as it is the daemon.
template <class Fork>
struct timed : Fork
{
    template <class... Args>
    [[nodiscard]] auto detach(const Args&... args) const
    {
        subject_detaches();
        auto link = Fork::detach(args...);
        if constexpr (daemonkit::detail::leaves_no_launcher<Fork>)
            subject_runs();
        else if (!link.in_launcher())
            subject_runs();
        return link;
    }
};

template <class Fork>
struct subject : daemonkit::basic_daemon<subject<Fork>, timed<Fork>, daemonkit::no_pid_file, daemonkit::inherit_signals,
                                         daemonkit::null_stdio>
{
    void on_start() { subject_initialises(); }
    int run()
    {
        subject_serves();
        return 0;
    }
};

template <class Fork>
int detach(const subject_descriptors& kept)
{
    subject_asks();
    const auto result = subject<Fork>{}.start({.process = {.keep_descriptors = {kept.report, kept.launcher}}});
    if (!result.message.empty()) std::fprintf(stderr, "%s\n", result.message.c_str());
    return result;
}

} // namespace

int main(int argc, char** argv)
{
    const auto kept = subject_begin(argc, argv);
    const std::string_view way = argv[1];
    if (way == "single_fork") return detach<daemonkit::single_fork>(kept);
    if (way == "double_fork") return detach<daemonkit::double_fork>(kept);
#if __has_include(<daemonkit/fork/handoff_fork.hpp>)
    if (way == "handoff_fork") return detach<daemonkit::handoff_fork>(kept);
#endif
    const int status = detach_by_hand(argv[1], kept);
    if (status == -1) std::fprintf(stderr, "%s: no such way: %s\n", argv[0], argv[1]);
    return status == -1 ? 2 : status;
}
