// SPDX-License-Identifier: BSL-1.0
// Users and groups by name, for error messages. The names come from /etc/passwd and /etc/group themselves: a name service
// takes locks, opens sockets, and is not in static programs.
#pragma once

#include "../compiled.hpp"
#include "../text/joined.hpp"
#include "read_file.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>

namespace daemonkit::sys {

/// The user that the kernel shows as owner in place of each user that is not mapped into this user namespace,
/// user_namespaces(7).
inline constexpr uid_t overflow_user = 65534;

/// Which users are mapped into this user namespace.
struct user_map
{
    bool has_overflow_user = true; ///< overflow_user itself is mapped
    bool is_complete = true;       ///< every user of the machine is
};

/// Reads /proc/self/uid_map. Without it, all users.
[[gnu::cold]] user_map mapped_users();

/// Whether `user` stands for the users that are not mapped into this user namespace, and for no other.
[[gnu::cold]] inline bool is_unmapped(uid_t user) { return user == overflow_user && !mapped_users().has_overflow_user; }

/// The number, and before it the name that /etc/passwd or /etc/group has for it: "www-data (33)". Without a name "33".
[[gnu::cold]] std::string named_id(const char* database, unsigned id);

/// "user www-data (33)", as an error message names the owner of a file. The overflow user may be a user that is not
/// mapped, and is then described as one.
[[gnu::cold]] std::string described_user(uid_t user);

/// "group staff (50)".
[[gnu::cold, gnu::noinline]] inline std::string described_group(gid_t group)
{
    return joined({"group ", named_id("/etc/group", group)});
}

#if DAEMONKIT_DEFINES

[[gnu::noinline]] DAEMONKIT_INLINE user_map mapped_users()
{
    std::string map;
    if (read_file("/proc/self/uid_map", map, 65536) == -1) return {};
    user_map users{false, false};
    unsigned first = 0, outside = 0, count = 0, all = 0;
    int length = 0;
    for (const char* at = map.c_str(); std::sscanf(at, "%u %u %u%n", &first, &outside, &count, &length) == 3;
         at += length) {
        if (overflow_user >= first && overflow_user - first < count) users.has_overflow_user = true;
        all += count;
    }
    users.is_complete = all == ~0U; // user_namespaces(7): the number 2^32 - 1 is no user
    return users;
}

[[gnu::noinline]] DAEMONKIT_INLINE std::string named_id(const char* database, unsigned id)
{
    std::string all;
    read_file(database, all, 1 << 20);
    const auto number = joined({":", id, ":"});
    for (std::string_view rest = all; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n')); // NAME:PASSWORD:NUMBER:...
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const auto name = line.substr(0, line.find(':'));
        const auto password = line.find(':', name.size() + 1);
        if (!name.empty() && password != std::string_view::npos && line.substr(password).starts_with(number))
            return joined({name, " (", id, ")"});
    }
    return joined({id});
}

[[gnu::noinline]] DAEMONKIT_INLINE std::string described_user(uid_t user)
{
    const auto users = user == overflow_user ? mapped_users() : user_map();
    if (!users.has_overflow_user) return joined({"a user that this user namespace does not map (", user, ")"});
    return joined({"user ", named_id("/etc/passwd", user),
                   users.is_complete ? "" : " or a user that this user namespace does not map"});
}

#endif

} // namespace daemonkit::sys
