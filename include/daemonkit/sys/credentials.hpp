// SPDX-License-Identifier: BSL-1.0
// Users and groups: looked up before anything forks (name services open sockets and take locks), dropped later.
#pragma once

#include "open_files.hpp"
#include "process.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

namespace daemonkit::sys {

inline gid_t effective_group() noexcept { return ::getegid(); }

struct credentials
{
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups{};
};

/// Runs one of the get*nam_r family with a buffer that is large enough; 0, or an error number.
template <class Entry, class Lookup>
int look_up(Lookup lookup, const char* name, Entry& entry, std::string& buffer, bool& found)
{
    for (buffer.resize(1024);; buffer.resize(buffer.size() * 4)) {
        Entry* result = nullptr;
        const int error = lookup(name, &entry, buffer.data(), buffer.size(), &result);
        if (error == ERANGE && buffer.size() < 16'000'000) continue;
        found = result != nullptr;
        return found ? 0 : error;
    }
}

/// Fills uid, primary gid and supplementary groups of a user; false if there is none (errno tells of failures).
inline bool find_user(const std::string& name, credentials& into)
{
    passwd entry{};
    std::string buffer;
    bool found = false;
    errno = look_up(::getpwnam_r, name.c_str(), entry, buffer, found);
    if (!found) return false;
    into.uid = entry.pw_uid;
    into.gid = entry.pw_gid;
    for (int room = 16;; room *= 2) {
        into.groups = std::vector<gid_t>(static_cast<std::size_t>(room));
        int count = room;
        if (::getgrouplist(entry.pw_name, entry.pw_gid, into.groups.data(), &count) == -1) continue;
        while (into.groups.size() > static_cast<std::size_t>(count)) into.groups.pop_back();
        return true;
    }
}

inline bool find_group(const std::string& name, gid_t& into)
{
    group entry{};
    std::string buffer;
    bool found = false;
    errno = look_up(::getgrnam_r, name.c_str(), entry, buffer, found);
    if (found) into = entry.gr_gid;
    return found;
}

/// The capabilities of a thread, capabilities(7). Ambient ones are among the inheritable.
using capability_sets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

/// 0: of the calling one.
inline int read_capabilities(capability_sets& into, pid_t thread = 0) noexcept
{
    __user_cap_header_struct whose{_LINUX_CAPABILITY_VERSION_3, thread};
    return static_cast<int>(::syscall(SYS_capget, &whose, into.data()));
}

inline int set_capabilities(const capability_sets& sets) noexcept
{
    __user_cap_header_struct caller{_LINUX_CAPABILITY_VERSION_3, 0};
    return static_cast<int>(::syscall(SYS_capset, &caller, sets.data()));
}

/// false as well if it cannot be told; a thread that has ended has none.
inline bool has_no_capabilities(pid_t thread = 0) noexcept
{
    capability_sets sets{};
    if (read_capabilities(sets, thread) == -1) return errno == ESRCH;
    unsigned all = 0;
    for (const auto& half : sets) all |= half.effective | half.permitted | half.inheritable;
    return all == 0;
}

/// As /proc shows them; none if it does not.
inline std::vector<pid_t> threads_of_this_process()
{
    std::vector<pid_t> threads;
    any_number_in("/proc/self/task", [&](pid_t thread) {
        threads.push_back(thread);
        return false;
    });
    return threads;
}

/// Whether the process has this user and group, real, effective and saved.
inline bool is_exactly(const credentials& c) noexcept
{
    uid_t uid[3];
    gid_t gid[3];
    ::getresuid(&uid[0], &uid[1], &uid[2]);
    ::getresgid(&gid[0], &gid[1], &gid[2]);
    for (int i = 0; i < 3; ++i)
        if (uid[i] != c.uid || gid[i] != c.gid) return false;
    return true;
}

inline bool are_among(const std::vector<gid_t>& some, const std::vector<gid_t>& all) noexcept
{
    for (const gid_t one : some) {
        bool found = false;
        for (const gid_t other : all) found = found || one == other;
        if (!found) return false;
    }
    return true;
}

/// Whether these, in any order, are the supplementary groups.
inline bool has_groups(const std::vector<gid_t>& groups)
{
    const int count = ::getgroups(0, nullptr);
    if (count == -1) return false;
    std::vector<gid_t> own(static_cast<std::size_t>(count));
    return ::getgroups(count, own.data()) == count && are_among(own, groups) && are_among(groups, own);
}

/// Lets the capabilities of this thread, and of those that it makes from now on, go with user 0: takes away what setuid(2)
/// leaves, which is the inheritable ones (by which a launcher could have given them to what we execute) and the
/// securebits that keep the others.
inline int tie_capabilities_to_root() noexcept
{
    constexpr unsigned keeping = SECBIT_KEEP_CAPS | SECBIT_NO_SETUID_FIXUP;
    const int bits = ::prctl(PR_GET_SECUREBITS, 0UL, 0UL, 0UL, 0UL);
    if (bits == -1) return -1;
    const auto without = static_cast<unsigned>(bits) & ~keeping;
    if (without != static_cast<unsigned>(bits) &&
        ::prctl(PR_SET_SECUREBITS, static_cast<unsigned long>(without), 0UL, 0UL, 0UL) == -1)
        return -1;
    capability_sets sets{};
    if (read_capabilities(sets) == -1) return -1;
    for (auto& half : sets) half.inheritable = 0;
    return set_capabilities(sets);
}

/// Groups first, then gid, then uid, real, effective and saved alike, in every thread (glibc), and what capabilities
/// the calling one has kept; then the proof that all is what was asked for, whatever the calls returned, and that root
/// does not come back. Each of `threads` proves itself by its capabilities, which it would have if it were root still.
/// -1 and errno if any of it fails.
inline int become(const credentials& c, const std::vector<pid_t>& threads = {})
{
    const bool by_root = ::geteuid() == 0;
    if (by_root && ::setgroups(c.groups.size(), c.groups.data()) == -1) return -1;
    if (::setresgid(c.gid, c.gid, c.gid) == -1 || ::setresuid(c.uid, c.uid, c.uid) == -1) return -1;
    bool proven = is_exactly(c) && (!by_root || has_groups(c.groups));
    if (c.uid != 0) {
        if (set_capabilities({}) == -1) return -1;
        proven = proven && has_no_capabilities();
        for (const pid_t thread : threads) proven = proven && has_no_capabilities(thread);
        // Last: where it came back in one thread and not in another, glibc would abort.
        proven = proven && ::setuid(0) == -1 && ::seteuid(0) == -1 && ::setresuid(0, 0, 0) == -1;
    }
    if (!proven) errno = EPERM;
    return proven ? 0 : -1;
}

} // namespace daemonkit::sys
