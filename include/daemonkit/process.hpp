// SPDX-License-Identifier: BSL-1.0
// What the process is to be, whichever policies make it a daemon: daemon(7), steps 10, 11 and 13. Paths are plain
// strings here (a boost::filesystem::path converts), so that a daemon without files needs no file system library.
#pragma once

#include "account.hpp"
#include "startup_error.hpp"
#include "sys/file.hpp"
#include "sys/joined.hpp"
#include "sys/limits.hpp"
#include "sys/process.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace daemonkit {

struct process_settings
{
    /// In messages and for status; empty: the name the program was called by.
    std::string name{};
    std::string working_directory = "/";
    mode_t umask = 022;
    /// Dropped to after on_start(); empty: stay. The user's supplementary groups come with it.
    account user{};
    /// Instead of the user's own primary group.
    account group{};
    /// Entered together with dropping privileges; the working directory is then one inside it.
    std::string chroot{};
    /// setrlimit(2), in this order.
    std::vector<sys::resource_limit> limits{};
    /// false sets RLIMIT_CORE to 0: memory of a daemon does not end up in a file.
    bool core_dumps = false;
    /// prctl(2), PR_SET_NO_NEW_PRIVS: neither the daemon nor what it executes gains any by set-user-ID.
    bool no_new_privileges = false;
    /// Descriptors above 2 that a detaching daemon keeps; all others are closed.
    std::vector<int> keep_descriptors{};
};

/// The settings with users and groups looked up: in the origin, before anything forks or is changed.
class process_setup
{
public:
    explicit process_setup(const process_settings& settings)
        : settings_(settings), account_(settings.user.steps() ? settings.user.steps() : settings.group.steps())
    {
        if (account_ != nullptr) credentials_ = account_->look_up(settings.user, settings.group);
    }

    /// Before anything is opened: no file of ours becomes somebody's stdout.
    static void prepare_standard_descriptors() { check(sys::fill_standard_descriptors(), "open", "/dev/null"); }

    /// In the origin, before anything is changed. fork(2) takes only the calling thread along, and whatever lock
    /// another one holds stays locked for ever in the daemon.
    static void prepare_to_fork()
    {
        if (const auto threads = sys::thread_count(); threads > 1)
            throw startup_error(std::make_error_code(std::errc::device_or_resource_busy), "fork", {},
                                sys::joined({"the process has ", threads,
                                             " threads and a fork takes one along: start the daemon before any "
                                             "thread"}));
    }

    /// In the daemon, privileged.
    void apply() const
    {
        if (account_ != nullptr) account_->tie(credentials_);
        sys::set_umask(settings_.umask);
        for (const auto& limit : settings_.limits)
            if (sys::set_limit(limit) == -1) cannot("set resource limit", sys::joined({limit.resource}));
        if (!settings_.core_dumps) check(sys::set_limit(sys::no_core), "switch core dumps off");
        enter(settings_.chroot.empty() ? settings_.working_directory.c_str() : "/");
    }

    /// Whom the daemon becomes; null if it stays what it is.
    [[nodiscard]] const sys::credentials* credentials() const noexcept
    {
        return account_ != nullptr ? &credentials_ : nullptr;
    }

    /// In the daemon, after on_start(): the last privileged steps. Fatal if any of it fails.
    void drop_privileges() const
    {
        std::vector<pid_t> threads;
        if (account_ != nullptr) threads = account_->threads(); // as long as /proc is in sight
        if (!settings_.chroot.empty()) {
            entered(sys::change_root(settings_.chroot.c_str()), "change the root directory to", settings_.chroot);
            enter(settings_.working_directory.c_str());
        }
        if (account_ != nullptr) account_->become(credentials_, threads, settings_.user);
        if (settings_.no_new_privileges) check(sys::renounce_privileges(), "renounce new privileges");
    }

private:
    static void enter(const char* directory)
    {
        entered(sys::change_directory(directory), "change to the working directory", directory);
    }

    [[gnu::noinline]] static void entered(int result, const char* step, std::string_view directory)
    {
        if (result != -1) return;
        if (errno == ENOENT || errno == ENOTDIR) misconfigured(step, directory, "there is no such directory");
        cannot(step, directory);
    }

    const process_settings& settings_; // of the caller of start(), who waits
    const account_steps* account_;     // null: it stays what it is
    sys::credentials credentials_{};
};

} // namespace daemonkit
