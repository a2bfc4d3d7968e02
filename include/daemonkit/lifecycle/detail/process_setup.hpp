// SPDX-License-Identifier: BSL-1.0
// Applies process_settings: daemon(7), steps 10, 11 and 13.
#pragma once

#include "../../compiled.hpp"
#include "../../core/startup_error.hpp"
#include "../../stdio/concept.hpp"
#include "../../sys/descriptors.hpp"
#include "../../sys/file.hpp"
#include "../../sys/limits.hpp"
#include "../../sys/process.hpp"
#include "../../sys/raw/inherited_descriptors.hpp"
#include "../../sys/system_log.hpp"
#include "../../text/joined.hpp"
#include "../process_settings.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace daemonkit::detail {

/// The settings, with users and groups looked up: made in the launcher, before it forks or changes anything.
class process_setup
{
public:
    [[gnu::cold]] explicit process_setup(const process_settings& settings);

    /// In the launcher, before any file is opened: otherwise a file could become standard output.
    static void prepare_standard_descriptors() { check_call(sys::fill_standard_descriptors(), "open", "/dev/null"); }

    /// In the launcher, before it changes anything. fork(2) copies only the calling thread. A lock that another thread
    /// holds would stay locked in the daemon for ever.
    [[gnu::cold]] static void prepare_to_fork();

    /// In the launcher. The constants of a policy are checked by terminal_rule; this is for those with a setting.
    template <class StdioPolicy>
    static void prepare_to_leave_terminal([[maybe_unused]] const StdioPolicy& policy)
    {
        if constexpr (has_inherits<StdioPolicy>)
            if (policy.inherits())
                throw_bad_setting("detach", {},
                                  "standard input, output and error would stay those of the caller: set another target "
                                  "for the output, or run the daemon in the foreground by the verb run");
    }

    /// In the daemon. `kept` are ranges of descriptors that stay open beside those of the settings.
    template <class... KeptDescriptors>
    void close_inherited(const KeptDescriptors&... kept) const
    {
        sys::record_descriptors_before_main();
        check_call(sys::inherited_descriptors::close_except(settings_.keep_descriptors, kept...),
                   "close inherited descriptors");
    }

    /// In the daemon, privileged. `detached`: in the foreground, what is not set stays the caller's.
    [[gnu::cold]] void apply(bool detached) const;

    /// The user and groups that the daemon changes to; null: no change.
    [[nodiscard]] const sys::credentials* credentials() const noexcept
    {
        return steps_ != nullptr ? &account_->ids : nullptr;
    }

    /// In the daemon, after on_start(): the last privileged steps. Throws startup_error if any of them fails.
    [[gnu::cold]] void drop_privileges() const;

    /// Throws startup_error if the file that records the pid is standard output or error, too: a reader could take a
    /// line of the log for a pid.
    static void refuse_as_log(int identity);

private:
    [[nodiscard]] const char* directory() const noexcept
    {
        return settings_.working_directory.empty() ? "/" : settings_.working_directory.c_str();
    }

    static void enter(const char* directory)
    {
        entered(sys::change_directory(directory), "change to the working directory", directory);
    }

    static void entered(int result, const char* step, std::string_view directory);

    const process_settings& settings_; // those passed to start(), which outlive this object
    const account_steps* steps_;       // null: no change of user or group
    owned_account account_{};
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE process_setup::process_setup(const process_settings& settings)
    : settings_(settings), steps_(settings.user.steps() ? settings.user.steps() : settings.group.steps())
{
    if (steps_ != nullptr) account_ = steps_->look_up(settings.user, settings.group);
}

[[gnu::noinline]] DAEMONKIT_INLINE void process_setup::prepare_to_fork()
{
    if (const auto threads = sys::thread_count(); threads > 1)
        throw startup_error(std::make_error_code(std::errc::device_or_resource_busy), "fork", {},
                            sys::joined({"the process has ", threads,
                                         " threads, and only one of them would run in the daemon: start the daemon "
                                         "before any other thread"}));
}

DAEMONKIT_INLINE void process_setup::apply(bool detached) const
{
    if (steps_ != nullptr) steps_->prepare(*account_);
    if (detached || settings_.umask)
        check_call_of("umask", sys::set_umask(settings_.umask.value_or(022)), "set the umask");
    settings_.limits.apply();
    if (!settings_.core_dumps.value_or(!detached))
        check_call_of("prlimit64", sys::set_limit(sys::no_core), "disable core dumps");
    settings_.nice.apply();
    settings_.oom_score_adjust.apply();
    settings_.cpu_scheduling.apply();
    settings_.cpu_affinity.apply();
    settings_.io_scheduling.apply();
    if (!settings_.chroot.empty()) return enter("/");
    if (detached || !settings_.working_directory.empty()) enter(directory());
}

DAEMONKIT_INLINE void process_setup::drop_privileges() const
{
    std::vector<pid_t> threads;
    if (steps_ != nullptr) threads = steps_->threads(); // before chroot(2), which hides /proc
    if (!settings_.chroot.empty()) {
        sys::open_system_log(); // its socket is outside
        entered(sys::change_root(settings_.chroot.c_str()), "change the root directory to", settings_.chroot);
        enter(directory());
    }
    if (steps_ != nullptr) steps_->become(*account_, threads);
    if (settings_.no_new_privileges) check_call(sys::renounce_privileges(), "set the no_new_privs attribute");
}

DAEMONKIT_INLINE void process_setup::refuse_as_log(int identity)
{
    sys::file_status record = {};
    sys::file_status stream = {};
    for (const int fd : {1, 2})
        if (sys::status_of(fd, stream) == 0 && S_ISREG(stream.st_mode) && sys::status_of(identity, record) == 0 &&
            sys::same_file(record, stream))
            throw_bad_setting("redirect standard descriptors", {},
                              "the log file and the pid file are the same file: set different paths");
}

[[gnu::noinline]] DAEMONKIT_INLINE void process_setup::entered(int result, const char* step, std::string_view directory)
{
    if (result != -1) return;
    if (errno == ENOENT || errno == ENOTDIR) throw_bad_setting(step, directory, "there is no such directory");
    throw_errno(step, directory);
}

#endif

} // namespace daemonkit::detail
