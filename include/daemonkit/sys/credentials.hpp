// SPDX-License-Identifier: BSL-1.0
// Users, groups and capabilities. The launcher looks up names before it forks, because name services open sockets and
// take locks. The daemon changes to the user later.
#pragma once

#include "../compiled.hpp"
#include "open_files.hpp"
#include "process.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
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

inline gid_t effective_group() noexcept { return ::getegid(); } ///< getegid(2)

/// A user id, a primary group and supplementary groups.
struct credentials
{
    uid_t uid = 0;               ///< the user
    gid_t gid = 0;               ///< the group
    std::vector<gid_t> groups{}; ///< supplementary groups
};

/// What the user database says of a session of a user, passwd(5).
struct login
{
    std::string name{};  ///< the name of the user
    std::string home{};  ///< the home directory
    std::string shell{}; ///< the shell; `/bin/sh` if the database names none
};

/// Calls one of the get*nam_r functions, with a larger buffer as long as it fails with ERANGE. Returns 0 or an error
/// number.
template <class DatabaseEntry, class LookupFunction>
int look_up(LookupFunction lookup, const char* name, DatabaseEntry& entry, std::string& buffer, bool& found)
{
    for (buffer.resize(1024);; buffer.resize(buffer.size() * 4)) {
        DatabaseEntry* result = nullptr;
        const int error = lookup(name, &entry, buffer.data(), buffer.size(), &result);
        if (error == ERANGE && buffer.size() < 16'000'000) continue;
        found = result != nullptr;
        return found ? 0 : error;
    }
}

/// Fills in uid, primary gid and supplementary groups of a user, getpwnam(3) and getgrouplist(3), and `session` if it is
/// not null. Returns false if the user does not exist, or if the lookup failed. errno is 0 or ENOENT if it does not
/// exist.
DAEMONKIT_INLINE bool find_user(const std::string& name, credentials& into, login* session = nullptr);

/// Like find_user(), for the gid of a group, getgrnam(3).
DAEMONKIT_INLINE bool find_group(const std::string& name, gid_t& into);

/// The capabilities of a thread, capabilities(7). Every ambient capability is also inheritable.
using capability_sets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

/// capget(2). `thread` 0 is the calling thread. Returns 0, or -1 and errno.
DAEMONKIT_INLINE int read_capabilities(capability_sets& into, pid_t thread = 0) noexcept;

/// capset(2) for the calling thread. Returns 0, or -1 and errno.
DAEMONKIT_INLINE int set_capabilities(const capability_sets& sets) noexcept;

/// Whether a thread has no capabilities, or has ended. Also false if they cannot be read. 0 is the calling thread.
DAEMONKIT_INLINE bool has_no_capabilities(pid_t thread = 0) noexcept;

/// The thread ids of this process from /proc/self/task, proc(5); empty if it cannot be read.
DAEMONKIT_INLINE std::vector<pid_t> threads_of_this_process();

/// Whether the real, effective and saved ids of the process all are this user and this group. Also false if they cannot
/// be read.
DAEMONKIT_INLINE bool is_exactly(const credentials& c) noexcept;

/// Whether `all` contains each of `some`.
DAEMONKIT_INLINE bool are_among(const std::vector<gid_t>& some, const std::vector<gid_t>& all) noexcept;

/// Whether the supplementary groups of the process are exactly these, in any order.
DAEMONKIT_INLINE bool has_groups(const std::vector<gid_t>& groups);

/// Makes this thread, and each thread that it creates later, lose its capabilities when it stops being user 0. Removes
/// what setuid(2) keeps: the inheritable capabilities, and the securebits that preserve the others. A launcher could
/// pass inheritable capabilities to the programs that the daemon executes. capabilities(7). Returns 0, or -1 and errno.
DAEMONKIT_INLINE int tie_capabilities_to_root() noexcept;

/// Gives this thread, and each thread that it creates later, a new, empty session keyring: otherwise a daemon without
/// privileges could read the keys that root has put into the session of the starter. keyctl(2), session-keyring(7).
/// Returns 0, or -1 and errno. Kernels and sandboxes without keyrings are accepted: no key can be read there.
DAEMONKIT_INLINE int leave_session_keyring() noexcept;

/// Sets the groups, then the real, effective and saved gid, then the same uids. glibc does this in every thread. Then
/// drops the remaining capabilities of the calling thread. Verifies the result instead of relying on return values, and
/// verifies that root cannot be regained. `threads` are verified by their capabilities: a thread that is still root has
/// some. Returns 0, or -1 and errno if a step or a check failed.
DAEMONKIT_INLINE int become(const credentials& c, const std::vector<pid_t>& threads = {});

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE bool find_user(const std::string& name, credentials& into, login* session)
{
    passwd entry{};
    std::string buffer;
    bool found = false;
    errno = look_up(::getpwnam_r, name.c_str(), entry, buffer, found);
    if (!found) return false;
    into.uid = entry.pw_uid;
    into.gid = entry.pw_gid;
    if (session != nullptr)
        *session = {entry.pw_name, entry.pw_dir, *entry.pw_shell != '\0' ? entry.pw_shell : "/bin/sh"};
    for (int room = 16;; room *= 2) {
        into.groups = std::vector<gid_t>(static_cast<std::size_t>(room));
        int count = room;
        if (::getgrouplist(entry.pw_name, entry.pw_gid, into.groups.data(), &count) == -1) continue;
        while (into.groups.size() > static_cast<std::size_t>(count)) into.groups.pop_back();
        return true;
    }
}

DAEMONKIT_INLINE bool find_group(const std::string& name, gid_t& into)
{
    group entry{};
    std::string buffer;
    bool found = false;
    errno = look_up(::getgrnam_r, name.c_str(), entry, buffer, found);
    if (found) into = entry.gr_gid;
    return found;
}

DAEMONKIT_INLINE int read_capabilities(capability_sets& into, pid_t thread) noexcept
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, thread};
    return static_cast<int>(::syscall(SYS_capget, &header, into.data()));
}

DAEMONKIT_INLINE int set_capabilities(const capability_sets& sets) noexcept
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    return static_cast<int>(::syscall(SYS_capset, &header, sets.data()));
}

DAEMONKIT_INLINE bool has_no_capabilities(pid_t thread) noexcept
{
    capability_sets sets{};
    if (read_capabilities(sets, thread) == -1) return errno == ESRCH;
    unsigned all = 0;
    for (const auto& half : sets) all |= half.effective | half.permitted | half.inheritable;
    return all == 0;
}

DAEMONKIT_INLINE std::vector<pid_t> threads_of_this_process()
{
    std::vector<pid_t> threads;
    any_number_in("/proc/self/task", [&](pid_t thread) {
        threads.push_back(thread);
        return false;
    });
    return threads;
}

DAEMONKIT_INLINE bool is_exactly(const credentials& c) noexcept
{
    uid_t uid[3] = {};
    gid_t gid[3] = {};
    if (::getresuid(&uid[0], &uid[1], &uid[2]) == -1 || ::getresgid(&gid[0], &gid[1], &gid[2]) == -1) return false;
    for (int i = 0; i < 3; ++i)
        if (uid[i] != c.uid || gid[i] != c.gid) return false;
    return true;
}

DAEMONKIT_INLINE bool are_among(const std::vector<gid_t>& some, const std::vector<gid_t>& all) noexcept
{
    for (const gid_t one : some) {
        bool found = false;
        for (const gid_t other : all) found = found || one == other;
        if (!found) return false;
    }
    return true;
}

DAEMONKIT_INLINE bool has_groups(const std::vector<gid_t>& groups)
{
    const int count = ::getgroups(0, nullptr);
    if (count == -1) return false;
    std::vector<gid_t> own(static_cast<std::size_t>(count));
    return ::getgroups(count, own.data()) == count && are_among(own, groups) && are_among(groups, own);
}

DAEMONKIT_INLINE int tie_capabilities_to_root() noexcept
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

DAEMONKIT_INLINE int leave_session_keyring() noexcept
{
    const auto present = [] { return ::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0); };
    const long before = present();
    if (::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) == -1) return before == -1 ? 0 : -1;
    if (before == -1 || present() != before) return 0;
    errno = EPERM; // a sandbox can make the call succeed without effect
    return -1;
}

DAEMONKIT_INLINE int become(const credentials& c, const std::vector<pid_t>& threads)
{
    const bool by_root = ::geteuid() == 0;
    if (by_root && ::setgroups(c.groups.size(), c.groups.data()) == -1) return -1;
    if (::setresgid(c.gid, c.gid, c.gid) == -1 || ::setresuid(c.uid, c.uid, c.uid) == -1) return -1;
    bool proven = is_exactly(c) && (!by_root || has_groups(c.groups));
    if (c.uid != 0) {
        if (set_capabilities({}) == -1) return -1;
        proven = proven && has_no_capabilities();
        for (const pid_t thread : threads) proven = proven && has_no_capabilities(thread);
        // Last, because glibc aborts if one thread regains root and another does not.
        proven = proven && ::setuid(0) == -1 && ::seteuid(0) == -1 && ::setresuid(0, 0, 0) == -1;
    }
    if (!proven) errno = EPERM;
    return proven ? 0 : -1;
}

#endif

} // namespace daemonkit::sys
