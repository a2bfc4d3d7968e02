// SPDX-License-Identifier: BSL-1.0
// The contract cases of a StdioPolicy: where 0, 1 and 2 go, and what a reload does to them. The rows are those of
// stdio/concept.hpp.
#pragma once

#include "../../stdio/concept.hpp"
#include "snapshot.hpp"
#include "step_faults.hpp"
#include "suite.hpp"

#include <atomic>

namespace daemonkit::testing::detail::stdio_cases {

using daemonkit::detail::keeps_streams;
using namespace std::chrono_literals;

inline constexpr const char* keeps =
    "P::keeps_terminal or p.inherits() is true: the streams stay those of the launcher";

/// Which files 0, 1 and 2 are.
struct streams_now
{
    std::array<struct stat, 3> files{};

    streams_now()
    {
        for (int fd = 0; fd <= 2; ++fd) ::fstat(fd, &files[static_cast<std::size_t>(fd)]);
    }
    [[nodiscard]] bool same(const streams_now& other, int fd) const
    {
        const auto i = static_cast<std::size_t>(fd);
        return files[i].st_dev == other.files[i].st_dev && files[i].st_ino == other.files[i].st_ino;
    }
};

inline std::string target(int fd) { return proc_link(::getpid(), "fd/" + std::to_string(fd)); }

inline const char* stream_name(int fd)
{
    return fd == 0 ? "standard input" : fd == 1 ? "standard output" : "standard error";
}

/// 0, 1 and 2 are open, and executed programs have them.
inline void expect_open(const std::string& when)
{
    for (int fd = 0; fd <= 2; ++fd) {
        const int flags = ::fcntl(fd, F_GETFD);
        expect(flags != -1, when + ": " + stream_name(fd) + " is closed");
        expect(flags == -1 || (flags & FD_CLOEXEC) == 0, when + ": " + stream_name(fd) + " is close-on-exec");
    }
}

/// Pipes as the streams of the launcher.
class launcher_streams
{
public:
    launcher_streams()
    {
        if (::pipe2(in_.data(), O_CLOEXEC) == -1 || ::pipe2(out_.data(), O_CLOEXEC) == -1)
            throw std::runtime_error("no pipe");
        ::dup2(in_[0], 0);
        ::dup2(out_[1], 1);
        ::dup2(out_[1], 2);
    }
    /// No copy of the ends is left but 0, 1 and 2.
    void close_copies()
    {
        ::close(in_[0]);
        ::close(out_[1]);
    }
    /// Whether all processes have let the output go.
    [[nodiscard]] bool output_ends() const
    {
        return eventually(
            [&] {
                pollfd p{out_[0], 0, 0};
                return ::poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0;
            },
            5s);
    }

private:
    std::array<int, 2> in_{};
    std::array<int, 2> out_{};
};

/// The regular files in the directory that 1 and 2 lead to.
inline std::set<std::string> log_files(const boost::filesystem::path& directory)
{
    std::set<std::string> files;
    for (const int fd : {1, 2}) {
        struct stat status = {};
        if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && target(fd).starts_with(directory.string() + "/"))
            files.insert(target(fd));
    }
    return files;
}

/// As logrotate does it.
inline void move_away(const std::set<std::string>& files)
{
    for (const auto& file : files) boost::filesystem::rename(file, file + ".1");
}

template <class StdioPolicy>
void the_streams_go_where_the_policy_says(const subject<StdioPolicy>& s)
{
    const launcher_streams streams;
    const auto at = s.fresh();
    const streams_now before;
    [[maybe_unused]] const auto guard = at.policy.redirect();
    expect_open("after redirect()");
    for (int fd = 0; fd <= 2; ++fd)
        expect(before.same({}, fd) == keeps_streams(at.policy),
               std::string("after redirect(), ") + stream_name(fd) +
                   (keeps_streams(at.policy) ? " is another than the launcher's" : " is that of the launcher"));
}

template <class StdioPolicy>
void the_launchers_output_is_let_go(const subject<StdioPolicy>& s)
{
    const auto at = s.fresh();
    if (keeps_streams(at.policy)) return skip(keeps);
    launcher_streams streams;
    streams.close_copies();
    std::array<int, 2> up{};
    if (::pipe2(up.data(), O_CLOEXEC) == -1) return fail("no pipe");
    const pid_t daemon = ::fork();
    if (daemon == 0) {
        try {
            [[maybe_unused]] const auto guard = at.policy.redirect();
            if (::write(up[1], "x", 1) == 1)
                for (;;) ::pause();
        } catch (const std::exception& e) {
            fail(std::string("redirect() throws: ") + e.what());
        }
        ::_exit(1);
    }
    ::close(up[1]);
    char byte = 0;
    if (::read(up[0], &byte, 1) != 1) return;
    for (const int fd : {0, 1, 2}) ::close(fd); // the launcher has ended
    expect(streams.output_ends(), "the daemon keeps the launcher's standard output open: `start | cat` does not end");
}

template <class StdioPolicy>
void the_streams_can_be_used(const subject<StdioPolicy>& s)
{
    const launcher_streams streams;
    const auto at = s.fresh();
    auto guard = at.policy.redirect();
    const auto use = [&](const std::string& when) {
        for (const int fd : {1, 2})
            expect(::write(fd, "line\n", 5) == 5, when + ": " + stream_name(fd) + " cannot be written");
        pollfd p{0, POLLIN, 0};
        expect(keeps_streams(at.policy) || ::poll(&p, 1, 1000) == 1, when + ": a read of standard input blocks");
    };
    use("after redirect()");
    guard.reopen();
    use("after reopen()");
}

template <class StdioPolicy>
void an_executed_program_inherits_the_streams_only(const subject<StdioPolicy>& s)
{
    const launcher_streams streams;
    const auto at = s.fresh();
    const auto before = open_descriptors(::getpid());
    auto guard = at.policy.redirect();
    guard.reopen();
    expect_open("after redirect() and reopen()");
    for (const int fd : open_descriptors(::getpid()))
        if (before.count(fd) == 0)
            expect((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "a descriptor without close-on-exec: " + target(fd));
}

template <class StdioPolicy>
void a_reopen_puts_new_files_on_the_same_descriptors(const subject<StdioPolicy>& s)
{
    const launcher_streams streams;
    const auto at = s.fresh();
    auto guard = at.policy.redirect();
    if constexpr (!StdioPolicy::reopens) {
        const streams_now before;
        guard.reopen();
        for (int fd = 0; fd <= 2; ++fd)
            expect(before.same({}, fd), std::string("P::reopens is false, but reopen() changes ") + stream_name(fd));
    } else {
        const auto files = log_files(at.directory);
        const auto input = target(0);
        const std::array<std::string, 2> names{target(1), target(2)};
        move_away(files);
        guard.reopen();
        expect_open("after reopen()");
        expect(target(0) == input, "reopen() changes standard input");
        for (const int fd : {1, 2}) {
            const auto& name = names[static_cast<std::size_t>(fd - 1)];
            if (files.count(name) == 0) continue;
            expect(target(fd) == name, std::string("after reopen() ") + stream_name(fd) + " leads to " + target(fd) +
                                           " instead of " + name);
        }
        if (files.empty()) skip("1 and 2 lead to no regular file in the directory: whether they are new is not known");
    }
}

template <class StdioPolicy>
void a_reopen_that_fails_keeps_the_old_files(const subject<StdioPolicy>& s)
{
    if constexpr (!StdioPolicy::reopens) return skip("P::reopens is false");
    const launcher_streams streams;
    const auto at = s.fresh();
    auto guard = at.policy.redirect();
    const streams_now before;
    const bool has_files = !log_files(at.directory).empty();
    boost::filesystem::rename(at.directory, at.directory.string() + ".old");
    ::close(::open(at.directory.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)); // a file where the directory was
    try {
        guard.reopen();
        expect_open("after a reopen() without the directory");
        for (const int fd : {1, 2})
            expect(!has_files || before.same({}, fd), std::string("reopen() succeeds without the directory, and ") +
                                                          stream_name(fd) + " leads to " + target(fd));
    } catch (const startup_error& e) {
        for (int fd = 0; fd <= 2; ++fd)
            expect(before.same({}, fd), std::string("reopen() fails, and changes ") + stream_name(fd));
        expect_open("after a reopen() that failed");
    } catch (const std::exception& e) {
        fail(std::string("reopen() throws something else than startup_error: ") + e.what());
    }
}

template <class StdioPolicy>
void no_thread_sees_a_closed_stream_during_reopen(const subject<StdioPolicy>& s)
{
    if constexpr (!StdioPolicy::reopens) return skip("P::reopens is false");
    const launcher_streams streams;
    const auto at = s.fresh();
    auto guard = at.policy.redirect();
    std::atomic<bool> ends{false};
    std::atomic<int> closed{0};
    std::atomic<int> looks{0};
    std::thread watcher([&] {
        for (; !ends; ++looks)
            for (const int fd : {0, 1, 2})
                if (::fcntl(fd, F_GETFD) == -1) ++closed;
    });
    for (int i = 0; i < 200 || looks < 1000; ++i) {
        guard.reopen();
        if (i % 10 == 0) // on a busy machine, too, it looks after some of them
            for (const int now = looks; looks < now + 2;) std::this_thread::yield();
    }
    ends = true;
    watcher.join();
    expect(closed == 0, "another thread sees a closed stream while reopen() runs");
}

} // namespace daemonkit::testing::detail::stdio_cases
