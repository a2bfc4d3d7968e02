// SPDX-License-Identifier: BSL-1.0
// The contract cases of a StdioPolicy: owners of files, crashes, and refused system calls.
#pragma once

#include "stdio_cases.hpp"

namespace daemonkit::testing::detail::stdio_cases {

template <class StdioPolicy>
void give_to_changes_the_files_of_this_start_only(const subject<StdioPolicy>& s)
{
    constexpr uid_t other = 65534;
    const launcher_streams streams;
    const auto at = s.fresh();
    if (::geteuid() != 0) {
        auto guard = at.policy.redirect();
        guard.give_to(::geteuid(), ::getegid());
        return skip("needs root: only give_to() to the user itself was tried");
    }
    const auto owner_of = [](const std::string& file) {
        struct stat status = {};
        ::stat(file.c_str(), &status);
        return status.st_uid;
    };
    for (const bool made_before : {false, true}) {
        for (const auto& file : files_below(at.directory))
            if (made_before && ::chown(file.c_str(), 0, 0) == -1) return fail("cannot change the owner of a file");
        in_process("a start", [&] {
            auto guard = at.policy.redirect();
            const auto files = log_files(at.directory);
            guard.give_to(other, other);
            for (const auto& file : files)
                expect((owner_of(file) == other) != made_before,
                       made_before ? "give_to() changes the owner of a file that existed before: " + file
                                   : "give_to() does not give a file that was made to the user: " + file);
            if (made_before) return;
            if (::setresgid(other, other, other) == -1 || ::setresuid(other, other, other) == -1) return;
            try {
                guard.reopen();
            } catch (const std::exception& e) {
                fail(std::string("after give_to() the user cannot reopen: ") + e.what());
            }
        });
    }
}

template <class StdioPolicy>
void a_crash_in_redirect_blocks_nothing(const subject<StdioPolicy>& s)
{
    if (const auto why = no_tracing(); !why.empty()) return skip(why);
    const auto at = s.fresh();
    step_faults("redirect()", [&] {
        return execute_step("redirect()", [&] { (void)at.policy.redirect(); });
    }).crash([&](const auto&) {
        in_process("the next start", [&] {
            [[maybe_unused]] const auto guard = at.policy.redirect();
            expect_open("in the next start");
        });
    });
}

template <class StdioPolicy>
void a_refused_call_in_redirect_is_named_or_harmless(const subject<StdioPolicy>& s)
{
    if (const auto why = no_tracing(); !why.empty()) return skip(why);
    const auto at = s.fresh();
    const auto body = [&] {
        const auto descriptors = open_descriptors(::getpid());
        const streams_now before;
        const int how = execute_step("redirect()", [&] { (void)at.policy.redirect(); });
        expect_open("after redirect()");
        if (how != ended::done)
            expect(open_descriptors(::getpid()) == descriptors, "redirect() fails, and leaves descriptors open");
        else
            for (int fd = 0; fd <= 2; ++fd)
                expect(keeps_streams(at.policy) || !before.same({}, fd) || fd == 0,
                       std::string("redirect() succeeds, but ") + stream_name(fd) + " is that of the launcher");
        return how;
    };
    step_faults("redirect()", body).refuse([](const auto& happened) {
        expect(happened.status() == ended::done || happened.status() == ended::refused,
               "the process ends with status " + std::to_string(happened.status()));
    });
}

template <class StdioPolicy>
void a_refused_call_in_reopen_keeps_the_old_files(const subject<StdioPolicy>& s)
{
    if constexpr (!StdioPolicy::reopens) return skip("P::reopens is false");
    if (const auto why = no_tracing(); !why.empty()) return skip(why);
    const auto body = [&] {
        const auto at = s.fresh();
        auto guard = at.policy.redirect();
        const streams_now before;
        const auto files = log_files(at.directory);
        const std::array<std::string, 2> names{target(1), target(2)};
        move_away(files);
        const int how = execute_step("reopen()", [&] { guard.reopen(); });
        expect_open("after reopen()");
        for (int fd = 1; fd <= 2; ++fd) {
            if (how == ended::refused)
                expect(before.same({}, fd), std::string("reopen() fails, and changes ") + stream_name(fd));
            if (how == ended::done && !files.empty())
                expect(!before.same({}, fd) && target(fd) == names[static_cast<std::size_t>(fd - 1)],
                       std::string("reopen() succeeds, but ") + stream_name(fd) + " leads to " + target(fd));
        }
        boost::filesystem::remove_all(at.directory); // the next run has the same
        return how;
    };
    // A sandbox that refuses dup2(2) has refused redirect() before, and onto an open descriptor it cannot fail.
#ifdef SYS_dup2
    const std::vector<long> duplicate{SYS_dup2, SYS_dup3};
#else
    const std::vector<long> duplicate{SYS_dup3};
#endif
    step_faults("reopen()", body).without(duplicate).refuse([](const auto& happened) {
        expect(happened.status() == ended::done || happened.status() == ended::refused,
               "the process ends with status " + std::to_string(happened.status()));
    });
}

} // namespace daemonkit::testing::detail::stdio_cases
