// SPDX-License-Identifier: BSL-1.0
// Users and groups: looked up before anything forks (name services open sockets and take locks), dropped later.
#pragma once

#include <grp.h>
#include <pwd.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

namespace daemonkit::sys {

inline uid_t effective_user() noexcept { return ::geteuid(); }
inline gid_t effective_group() noexcept { return ::getegid(); }

struct credentials
{
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups{};
};

/// Runs one of the get*nam_r family with a buffer that is large enough; 0, or an error number.
template <class Entry, class Lookup>
int look_up(Lookup lookup, const char* name, Entry& entry, std::vector<char>& buffer, bool& found)
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
    std::vector<char> buffer;
    bool found = false;
    errno = look_up(::getpwnam_r, name.c_str(), entry, buffer, found);
    if (!found) return false;
    into.uid = entry.pw_uid;
    into.gid = entry.pw_gid;
    for (int count = 16;;) {
        into.groups.resize(static_cast<std::size_t>(count));
        const int room = count;
        if (::getgrouplist(entry.pw_name, entry.pw_gid, into.groups.data(), &count) >= 0) {
            into.groups.resize(static_cast<std::size_t>(count));
            return true;
        }
        count = std::max(count, room * 2);
    }
}

inline bool find_group(const std::string& name, gid_t& into)
{
    group entry{};
    std::vector<char> buffer;
    bool found = false;
    errno = look_up(::getgrnam_r, name.c_str(), entry, buffer, found);
    if (found) into = entry.gr_gid;
    return found;
}

/// Whether the process already is exactly this and nothing more could be dropped.
inline bool is_exactly(const credentials& c) noexcept
{
    uid_t uid[3];
    gid_t gid[3];
    ::getresuid(&uid[0], &uid[1], &uid[2]);
    ::getresgid(&gid[0], &gid[1], &gid[2]);
    return std::all_of(uid, uid + 3, [&](uid_t u) { return u == c.uid; }) &&
           std::all_of(gid, gid + 3, [&](gid_t g) { return g == c.gid; });
}

/// Groups first, then gid, then uid, real, effective and saved alike, in every thread (glibc); then the proof that
/// they are what was asked for and that root does not come back. -1 and errno if any of it fails.
inline int become(const credentials& c) noexcept
{
    if (::geteuid() == 0 && ::setgroups(c.groups.size(), c.groups.data()) == -1) return -1;
    if (::setresgid(c.gid, c.gid, c.gid) == -1 || ::setresuid(c.uid, c.uid, c.uid) == -1) return -1;
    const bool regained = c.uid != 0 && (::setuid(0) == 0 || ::seteuid(0) == 0 || ::setresuid(0, 0, 0) == 0);
    if (!is_exactly(c) || regained) {
        errno = EPERM;
        return -1;
    }
    return 0;
}

} // namespace daemonkit::sys
