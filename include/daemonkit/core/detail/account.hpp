// SPDX-License-Identifier: BSL-1.0
// The user and the group that a daemon becomes. The settings that name them bring along what carries them out, so that
// it is in the programs that give one of them, and in no other.
#pragma once

#include "../../sys/credentials.hpp"
#include "../../text/joined.hpp"
#include "../startup_error.hpp"

#include <string>
#include <type_traits>
#include <utility>

namespace daemonkit::detail {

/// What becoming another user takes; see become_account.
struct account_steps
{
    sys::credentials (*look_up)(const std::string& user, const std::string& group);
    void (*tie)(const sys::credentials&);
    std::vector<pid_t> (*threads)();
    void (*become)(const sys::credentials&, const std::vector<pid_t>& threads, const std::string& user);
};

/// In this order; each throws startup_error.
class become_account
{
public:
    static const account_steps steps;

private:
    /// In the origin, before anything forks.
    static sys::credentials look_up(const std::string& user, const std::string& group)
    {
        sys::credentials who{sys::effective_user(), sys::effective_group(), {}};
        if (!user.empty() && !sys::find_user(user, who)) unknown("find user", user);
        if (!group.empty() && !sys::find_group(group, who.gid)) unknown("find group", group);
        if (sys::effective_user() != 0 && !sys::is_exactly(who))
            denied(user, group, "only root may become another user; start it as root");
        if (sys::effective_user() != 0 && !sys::has_no_capabilities())
            denied(user, group, "the capabilities that it was started with would stay; start it without, or as root");
        return who;
    }

    /// In the daemon, before on_start(), which may make threads.
    static void tie(const sys::credentials& who)
    {
        if (who.uid != 0 && sys::effective_user() == 0)
            check_call(sys::tie_capabilities_to_root(), "give up inherited capabilities");
    }

    /// In the daemon, last.
    static void become(const sys::credentials& who, const std::vector<pid_t>& threads, const std::string& user)
    {
        check_call(sys::become(who, threads), "drop privileges to user", user);
    }

    [[noreturn]] static void denied(const std::string& user, const std::string& group, const char* reason)
    {
        throw startup_error(std::make_error_code(std::errc::operation_not_permitted), "become",
                            sys::joined({user, group.empty() ? "" : ":", group}), reason);
    }

    [[noreturn]] static void unknown(const char* step, const std::string& name)
    {
        if (errno != 0 && errno != ENOENT) throw_errno(step, name);
        throw_bad_setting(step, name, "there is none of that name");
    }
};

inline constexpr account_steps become_account::steps{look_up, tie, sys::threads_of_this_process, become};

/// The name of a user or a group; none if it is empty.
class account
{
public:
    account() = default;
    template <class Name>
        requires(std::is_constructible_v<std::string, Name> && !std::is_same_v<std::remove_cvref_t<Name>, account>)
    account(Name&& name) // NOLINT(*-explicit-*): a setting is written as its value
        : name_(std::forward<Name>(name)), steps_(name_.empty() ? nullptr : &become_account::steps)
    {
    }

    [[nodiscard]] operator const std::string&() const noexcept { return name_; } // NOLINT(*-explicit-*)
    /// Null if there is no name.
    [[nodiscard]] const account_steps* steps() const noexcept { return steps_; }

private:
    std::string name_{};
    const account_steps* steps_ = nullptr;
};

} // namespace daemonkit::detail
