// SPDX-License-Identifier: BSL-1.0
// A log file as a StdioPolicy, as a user may write it, and the same with one mistake each.
#include <daemonkit/core/startup_error.hpp>
#include <daemonkit/sys/descriptors.hpp>
#include <daemonkit/sys/file.hpp>
#include <daemonkit/testing/stdio_policy.hpp>

namespace {

namespace sys = daemonkit::sys;
using boost::filesystem::path;

enum class stdio_mistake {
    none,
    leaves_standard_input,
    closes_standard_error,
    keeps_the_old_output,
    no_close_on_exec,
    reopen_drops_the_old_file,
    reopen_does_nothing,
    a_failed_reopen_is_hidden_by_null,
    gives_every_file,
    gives_no_file
};

template <stdio_mistake Mistake>
struct log_to
{
    std::string file;

    static constexpr bool keeps_terminal = false;
    static constexpr bool reopens = true;

    static constexpr bool has(stdio_mistake mistake) { return Mistake == mistake; }

    struct streams
    {
        std::string file;
        bool made = false;

        void open()
        {
            sys::unique_fd log(sys::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0640));
            if (log)
                made = true;
            else
                log.reset(sys::open(file.c_str(), O_WRONLY | O_APPEND));
            if (!log && has(stdio_mistake::a_failed_reopen_is_hidden_by_null))
                log.reset(sys::open("/dev/null", O_WRONLY));
            if (!log) daemonkit::throw_errno("open the log", file);
            for (const int fd : {1, 2}) daemonkit::check_call(sys::put_on(log.get(), fd), "redirect to", file);
            if (has(stdio_mistake::no_close_on_exec)) static_cast<void>(::dup(log.get()) == -1);
        }
        void give_to(uid_t user, gid_t group)
        {
            if ((made || has(stdio_mistake::gives_every_file)) && !has(stdio_mistake::gives_no_file))
                daemonkit::check_call(sys::change_owner(1, user, group), "change the owner of", file);
        }
        void reopen()
        {
            if (has(stdio_mistake::reopen_does_nothing)) return;
            if (has(stdio_mistake::reopen_drops_the_old_file))
                for (const int fd : {1, 2}) ::close(fd);
            open();
        }
    };

    [[nodiscard]] streams redirect() const
    {
        if (has(stdio_mistake::keeps_the_old_output)) (void)::fcntl(1, F_DUPFD_CLOEXEC, 3);
        const sys::unique_fd null(daemonkit::check_call(sys::open("/dev/null", O_RDONLY), "open", "/dev/null"));
        streams opened{file};
        opened.open();
        if (!has(stdio_mistake::leaves_standard_input))
            daemonkit::check_call(sys::put_on(null.get(), 0), "redirect standard input");
        if (has(stdio_mistake::closes_standard_error)) ::close(2);
        return opened;
    }
};

#define DAEMONKIT_MISTAKE(name) /* NOLINT(*-macro-usage) */                                               \
    const daemonkit::testing::stdio_policy_tests stdio_##name("stdio_" #name, [](const path& directory) { \
        return log_to<stdio_mistake::name>{(directory / "log").string()};                                 \
    })

DAEMONKIT_MISTAKE(none);
DAEMONKIT_MISTAKE(leaves_standard_input);
DAEMONKIT_MISTAKE(closes_standard_error);
DAEMONKIT_MISTAKE(keeps_the_old_output);
DAEMONKIT_MISTAKE(no_close_on_exec);
DAEMONKIT_MISTAKE(reopen_drops_the_old_file);
DAEMONKIT_MISTAKE(reopen_does_nothing);
DAEMONKIT_MISTAKE(a_failed_reopen_is_hidden_by_null);
DAEMONKIT_MISTAKE(gives_every_file);
DAEMONKIT_MISTAKE(gives_no_file);
#undef DAEMONKIT_MISTAKE

} // namespace
