// SPDX-License-Identifier: BSL-1.0
// Makes each system call that a daemon needs and a sandbox may refuse, with arguments that change nothing.
#pragma once

#include "../compiled.hpp"
#include "process.hpp"
#include "refusal.hpp"
#include "unique_fd.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

namespace daemonkit::sys {

/// The names of the calls that are refused here with ENOSYS or EPERM.
[[nodiscard]] DAEMONKIT_INLINE std::vector<std::string> refused_calls();

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::vector<std::string> refused_calls()
{
    std::vector<std::string> refused;
    const auto note = [&refused](const char* name, long result) {
        if (result == -1 && is_refusal(errno)) refused.emplace_back(name);
    };
    const unique_fd own(pidfd_open(this_process()));
    note("pidfd_open", own.get());
    if (own) note("pidfd_send_signal", pidfd_send_signal(own.get(), 0));
    sigset_t none;
    sigemptyset(&none);
    const unique_fd signals(::signalfd(-1, &none, SFD_CLOEXEC));
    note("signalfd4", signals.get());
    note("close_range", ::syscall(SYS_close_range, ~0U, ~0U, 0U)); // no descriptor has this number
    const unique_fd local(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    note("socket", local.get());
    rlimit limit = {};
    note("getrlimit", ::getrlimit(RLIMIT_NOFILE, &limit));
    note("setrlimit", ::setrlimit(RLIMIT_NOFILE, &limit)); // as it is
    note("prctl", ::prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL));
    const mode_t mask = ::umask(077);
    ::umask(mask);
    pollfd nothing = {-1, 0, 0};
    note("poll", ::poll(&nothing, 1, 0));
    struct statx facts = {};
    note("statx", ::statx(AT_FDCWD, "/", 0, STATX_INO, &facts));
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[2] = {};
    note("capget", ::syscall(SYS_capget, &header, sets));
    return refused;
}

#endif

} // namespace daemonkit::sys
