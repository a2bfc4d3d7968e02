// SPDX-License-Identifier: BSL-1.0
// A PidPolicy as a user may write it, and the same with one mistake each: a suite for each, named by the mistake.
#include <daemonkit/sys/file.hpp>
#include <daemonkit/sys/fork_handler.hpp>
#include <daemonkit/testing/pid_policy.hpp>

#include <sys/file.h>

#include <stdexcept>

namespace {

namespace sys = daemonkit::sys;
using boost::filesystem::path;

enum class pid_mistake {
    none,
    claim_is_not_exclusive,
    the_loser_touches_the_file,
    the_loser_names_itself,
    publishes_in_claim,
    leaves_the_file,
    a_child_removes_the_file,
    believes_a_reused_pid,
    no_close_on_exec,
    a_child_keeps_the_lock,
    crashes_leave_a_file,
    throws_runtime_errors,
    never_gives_up,
    rounds_doubt_to_none
};

/// A line "PID START" in a file that is locked for the life of the daemon.
template <pid_mistake Mistake>
struct record
{
    std::string file;

    static constexpr bool records_pid = true;

    static constexpr bool has(pid_mistake mistake) { return Mistake == mistake; }

    /// Throws the error of a system call.
    [[noreturn]] void refuse(const char* step) const
    {
        if (has(pid_mistake::throws_runtime_errors)) throw std::runtime_error(step);
        daemonkit::throw_errno(step, file);
    }

    class guard
    {
    public:
        guard(const record& policy, sys::unique_fd fd) : policy_(policy), file_(std::move(fd)), owner_(::getpid()) {}
        guard(guard&& other) noexcept
            : policy_(other.policy_), file_(std::move(other.file_)), owner_(std::exchange(other.owner_, 0)),
              closed_in_child_(std::move(other.closed_in_child_))
        {
        }
        guard& operator=(guard&& other) noexcept
        {
            std::swap(policy_, other.policy_);
            std::swap(file_, other.file_);
            std::swap(owner_, other.owner_);
            std::swap(closed_in_child_, other.closed_in_child_);
            return *this;
        }
        ~guard()
        {
            if (closed_in_child_.ran()) file_.forget();
            const bool mine = owner_ == ::getpid() || (has(pid_mistake::a_child_removes_the_file) && owner_ != 0);
            if (mine && !has(pid_mistake::leaves_the_file) &&
                (!file_ || sys::leads_to(policy_.file.c_str(), file_.get())))
                ::unlink(policy_.file.c_str());
        }

        void publish(pid_t pid)
        {
            policy_.write(file_.get(), pid);
            owner_ = pid;
            if (has(pid_mistake::a_child_keeps_the_lock)) return;
            closed_in_child_ = sys::fork_handler(sys::close_in_child, file_.get());
            if (!closed_in_child_) policy_.refuse("register a fork handler");
        }
        void release() noexcept { owner_ = 0; }
        [[nodiscard]] std::array<int, 1> descriptors() const noexcept { return {file_.get()}; }
        [[nodiscard]] static int lost_fd() noexcept { return -1; }
        [[nodiscard]] bool keep() const
        {
            if (has(pid_mistake::never_gives_up) || sys::leads_to(policy_.file.c_str(), file_.get())) return true;
            try {
                const auto other = policy_.find();
                return !other || other.pid == ::getpid();
            } catch (const daemonkit::startup_error&) {
                return true;
            }
        }

    private:
        record policy_;
        sys::unique_fd file_;
        pid_t owner_;
        sys::fork_handler closed_in_child_{};
    };

    [[nodiscard]] guard claim() const
    {
        const int close_on_exec = has(pid_mistake::no_close_on_exec) ? 0 : O_CLOEXEC;
        for (const sys::deadline until(std::chrono::seconds(3));;) {
            sys::unique_fd fd(::open(file.c_str(), O_RDWR | O_CREAT | close_on_exec, 0644));
            if (!fd) refuse("open the record");
            if (has(pid_mistake::the_loser_touches_the_file)) ::futimens(fd.get(), nullptr);
            if (!has(pid_mistake::claim_is_not_exclusive) && ::flock(fd.get(), LOCK_EX | LOCK_NB) == -1) {
                if (errno != EWOULDBLOCK && errno != EINTR) refuse_made(fd, "lock the record");
                if (const auto other = find())
                    throw daemonkit::already_running(has(pid_mistake::the_loser_names_itself) ? ::getpid() : other.pid,
                                                     file);
                if (until.passed())
                    throw daemonkit::startup_error(std::make_error_code(std::errc::timed_out), "lock", file);
                sys::sleep_for(std::chrono::milliseconds(1));
                continue;
            }
            if (!sys::leads_to(file.c_str(), fd.get())) { // removed meanwhile
                if (until.passed()) refuse_made(fd, "lock the record");
                continue;
            }
            if (::ftruncate(fd.get(), 0) == -1 && errno != EINTR) refuse_made(fd, "empty the record");
            if (has(pid_mistake::crashes_leave_a_file)) {
                const std::string other = file + "." + std::to_string(::getpid());
                const sys::unique_fd made(::open(other.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
                ::unlink(other.c_str());
            }
            if (has(pid_mistake::publishes_in_claim)) write(fd.get(), ::getpid());
            return {*this, std::move(fd)};
        }
    }

    [[nodiscard]] daemonkit::pid_holder find() const
    {
        std::string text;
        if (sys::read_file(file.c_str(), text, 64) == -1) {
            if (errno == ENOENT || has(pid_mistake::rounds_doubt_to_none)) return {};
            refuse("read the record");
        }
        int pid = 0;
        unsigned long long start = 0;
        if (!text.ends_with('\n') || std::sscanf(text.c_str(), "%d %llu", &pid, &start) != 2) return {};
        auto holder = daemonkit::open_holder(pid, [&](int) {
            if (has(pid_mistake::believes_a_reused_pid)) return true;
            const auto stat = sys::read_process_stat(pid);
            if (!stat && ::kill(pid, 0) == 0 && !has(pid_mistake::rounds_doubt_to_none)) refuse("read /proc of");
            return stat && stat->start == start;
        });
        holder.stale = !holder;
        return holder;
    }

    [[nodiscard]] std::string where() const { return file; }

private:
    /// The file was made, or is locked, by this process.
    [[noreturn]] void refuse_made(const sys::unique_fd& fd, const char* step) const
    {
        const int error = errno;
        if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) ::unlink(file.c_str());
        errno = error;
        refuse(step);
    }

    void write(int fd, pid_t pid) const
    {
        const auto stat = sys::read_process_stat(pid);
        if (!stat) refuse("read the start time of the daemon for");
        const std::string line = std::to_string(pid) + " " + std::to_string(stat->start) + "\n";
        if (::lseek(fd, 0, SEEK_SET) == -1 || sys::write_all(fd, line) == -1) refuse("write the record");
    }
};

template <pid_mistake Mistake>
record<Mistake> make(const path& directory)
{
    return {(directory / "record").string()};
}

#define DAEMONKIT_MISTAKE(name) /* NOLINT(*-macro-usage) */ \
    const daemonkit::testing::pid_policy_tests pid_##name("pid_" #name, make<pid_mistake::name>)

DAEMONKIT_MISTAKE(none);
DAEMONKIT_MISTAKE(claim_is_not_exclusive);
DAEMONKIT_MISTAKE(the_loser_touches_the_file);
DAEMONKIT_MISTAKE(the_loser_names_itself);
DAEMONKIT_MISTAKE(publishes_in_claim);
DAEMONKIT_MISTAKE(leaves_the_file);
DAEMONKIT_MISTAKE(a_child_removes_the_file);
DAEMONKIT_MISTAKE(believes_a_reused_pid);
DAEMONKIT_MISTAKE(no_close_on_exec);
DAEMONKIT_MISTAKE(a_child_keeps_the_lock);
DAEMONKIT_MISTAKE(crashes_leave_a_file);
DAEMONKIT_MISTAKE(throws_runtime_errors);
DAEMONKIT_MISTAKE(never_gives_up);
DAEMONKIT_MISTAKE(rounds_doubt_to_none);
#undef DAEMONKIT_MISTAKE

} // namespace
