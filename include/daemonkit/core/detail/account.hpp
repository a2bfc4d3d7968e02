// SPDX-License-Identifier: BSL-1.0
// The user and the group that a daemon changes to. The constructor of the setting refers to the code that changes them,
// so only programs that set a user or a group contain that code.
#pragma once

#include "../../compiled.hpp"
#include "../../sys/credentials.hpp"
#include "../../sys/environment.hpp"
#include "../../text/joined.hpp"
#include "../startup_error.hpp"

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace daemonkit::detail {

/// The user and the groups that a daemon changes to.
struct target_account
{
    sys::credentials ids{};
    sys::login session{}; // empty: only the group changes
};

/// Owns one. Its destructor calls code that only programs with a user or a group contain; <memory>, for a pointer that
/// does so, would be compiled in all.
class owned_account
{
public:
    using deleter = void (*)(const target_account*);

    owned_account() = default;
    owned_account(const target_account* account, deleter end) noexcept : account_(account), end_(end) {}
    owned_account(owned_account&& other) noexcept : account_(std::exchange(other.account_, nullptr)), end_(other.end_)
    {
    }
    owned_account& operator=(owned_account&& other) noexcept
    {
        std::swap(account_, other.account_);
        std::swap(end_, other.end_);
        return *this;
    }
    owned_account(const owned_account&) = delete;
    ~owned_account()
    {
        if (account_ != nullptr) end_(account_);
    }

    const target_account& operator*() const noexcept { return *account_; }
    const target_account* operator->() const noexcept { return account_; }

private:
    const target_account* account_ = nullptr;
    deleter end_ = nullptr;
};

/// The steps of changing to a user or a group; see become_account. No virtual functions: GCC would guess the only class
/// that has them, and inline it into every program.
struct account_steps
{
    owned_account (*look_up)(const std::string& user, const std::string& group);
    void (*prepare)(const target_account&);
    std::vector<pid_t> (*threads)();
    void (*become)(const target_account&, const std::vector<pid_t>& threads);
};

/// The steps, in this order; each throws startup_error.
class become_account
{
public:
    static const account_steps steps;

private:
    /// In the launcher, before it forks.
    static owned_account look_up(const std::string& user, const std::string& group);

    /// In the daemon, before on_start(), because on_start() may create threads and children.
    static void prepare(const target_account& account);

    static void set_environment(const sys::login& session);

    /// In the daemon, as the last privileged step.
    static void become(const target_account& account, const std::vector<pid_t>& threads);

    [[noreturn]] static void denied(const std::string& user, const std::string& group, const char* reason);

    [[noreturn]] static void unknown(const char* step, const std::string& name);
};

inline constexpr account_steps become_account::steps{look_up, prepare, sys::threads_of_this_process, become};

/// The name of a user or a group in the settings; empty: none.
class account
{
public:
    account() = default;
    template <class NameText>
        requires(std::is_constructible_v<std::string, NameText> &&
                 !std::is_same_v<std::remove_cvref_t<NameText>, account>)
    account(NameText&& name) // NOLINT(*-explicit-*): a setting is written as its value
        : name_(std::forward<NameText>(name)), steps_(name_.empty() ? nullptr : &become_account::steps)
    {
    }

    [[nodiscard]] operator const std::string&() const noexcept { return name_; } // NOLINT(*-explicit-*)
    /// The code that changes to this user or group; null if there is no name.
    [[nodiscard]] const account_steps* steps() const noexcept { return steps_; }

private:
    std::string name_{};
    const account_steps* steps_ = nullptr;
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE owned_account become_account::look_up(const std::string& user, const std::string& group)
{
    auto* const made = new target_account{{sys::effective_user(), sys::effective_group(), {}}, {}};
    owned_account account(made, [](const target_account* old) { delete old; });
    auto& target = made->ids;
    if (!user.empty() && !sys::find_user(user, target, &made->session)) unknown("find user", user);
    if (!group.empty() && !sys::find_group(group, target.gid)) unknown("find group", group);
    if (sys::effective_user() != 0 && !sys::is_exactly(target))
        denied(user, group, "only root may become another user; start the daemon as root");
    if (sys::effective_user() != 0 && !sys::has_no_capabilities())
        denied(user, group,
               "the daemon would keep the capabilities of the process that starts it; start it without "
               "capabilities, or as root");
    return account;
}

DAEMONKIT_INLINE void become_account::prepare(const target_account& account)
{
    if (!account.session.name.empty()) set_environment(account.session);
    if (account.ids.uid == 0 || sys::effective_user() != 0) return;
    check_call(sys::tie_capabilities_to_root(), "drop inherited capabilities");
    check_call(sys::leave_session_keyring(), "leave the session keyring of the starter");
}

DAEMONKIT_INLINE void become_account::set_environment(const sys::login& session)
{
    const auto set = [](const char* name, const std::string& value) {
        check_call(sys::set_variable(name, value), "set the environment variable", name);
    };
    set("HOME", session.home);
    set("USER", session.name);
    set("LOGNAME", session.name);
    set("SHELL", session.shell);
}

DAEMONKIT_INLINE void become_account::become(const target_account& account, const std::vector<pid_t>& threads)
{
    check_call(sys::become(account.ids, threads), "drop privileges to user", account.session.name);
}

DAEMONKIT_INLINE void become_account::denied(const std::string& user, const std::string& group, const char* reason)
{
    throw startup_error(std::make_error_code(std::errc::operation_not_permitted), "become",
                        sys::joined({user, group.empty() ? "" : ":", group}), reason);
}

DAEMONKIT_INLINE void become_account::unknown(const char* step, const std::string& name)
{
    if (errno != 0 && errno != ENOENT) throw_errno(step, name);
    throw_bad_setting(step, name, "it does not exist");
}

#endif

} // namespace daemonkit::detail
