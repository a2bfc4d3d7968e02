// SPDX-License-Identifier: BSL-1.0
// The daemon ends or is replaced between any two system calls of stop, reload and status. The verb is stopped before
// each of its calls in turn, and continues after the change. Then every process reports which signals it received.
#include "pid/both_policies.hpp"
#include "support/bystander.hpp"
#include "support/pid_namespace.hpp"
#include "support/skip.hpp"
#include "support/traced_process.hpp"

#include <daemonkit/control/detail/reload.hpp>
#include <daemonkit/control/detail/status.hpp>
#include <daemonkit/control/detail/stop.hpp>

#include <sys/mman.h>

#include <functional>
#include <iostream>
#include <memory>
#include <utility>
#include <vector>

namespace {

constexpr pid_t number = 1000;
constexpr pid_t another_number = 1001;

/// A process that holds the instance until TERM, and prints each signal that it receives.
class identity_holder
{
public:
    template <class Policy>
    identity_holder(const Policy& policy, pid_t pid)
    {
        if (::pipe2(words_.data(), O_CLOEXEC) == -1) std::abort();
        pid_ = fork_as(pid);
        if (pid_ == 0) {
            int status = 1;
            try {
                status = live(policy);
            } catch (const std::exception& e) {
                std::fprintf(stderr, "the daemon: %s\n", e.what());
            }
            ::_exit(status);
        }
        ::close(std::exchange(words_[1], -1));
    }
    identity_holder(const identity_holder&) = delete;
    identity_holder& operator=(const identity_holder&) = delete;
    ~identity_holder()
    {
        kill();
        collect();
        ::close(words_[0]);
    }

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    /// Whether it has published.
    [[nodiscard]] bool is_up(std::chrono::nanoseconds bound = generous)
    {
        return up_ = up_ || (sys::readable_within(words_[0], bound) && next() == ready);
    }
    [[nodiscard]] bool lives() const { return pid_ > 0 && alive(pid_); }
    [[nodiscard]] bool heard(int signal)
    {
        while (is_up() && sys::readable_within(words_[0], std::chrono::nanoseconds(0))) {
            const int word = next();
            if (word == end_of_words) break;
            heard_.insert(word);
        }
        return heard_.count(signal) != 0;
    }
    void ask_to_end() const
    {
        ::kill(pid_, SIGTERM);
        ends(pid_);
    }
    void kill() const
    {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ends(pid_);
    }
    /// Afterwards its pid is free.
    void collect()
    {
        if (pid_ > 0) ::exit_status_of(std::exchange(pid_, 0));
    }

private:
    static constexpr int ready = 0;
    static constexpr int end_of_words = -1;

    template <class Policy>
    int live(const Policy& policy)
    {
        const auto signals = sys::all_signals();
        sys::set_mask(signals);
        auto guard = policy.claim();
        guard.publish(::getpid());
        for (int word = ready; ::write(words_[1], &word, sizeof word) == sizeof word && word != SIGTERM;)
            ::sigwait(&signals, &word);
        return 0;
    }
    [[nodiscard]] int next() const
    {
        int word = end_of_words;
        return ::read(words_[0], &word, sizeof word) == sizeof word ? word : end_of_words;
    }

    std::array<int, 2> words_{};
    pid_t pid_ = 0;
    bool up_ = false;
    std::set<int> heard_{};
};

/// What happens to the daemon meanwhile, and which answers are then correct.
enum class fate {
    stays,
    crashes_to_a_zombie,
    crashes,
    ends_well,
    number_is_a_strangers,
    successor,
    namesake_successor,
    late_successor
};
constexpr std::pair<fate, const char*> fates[]{{fate::stays, "stays"},
                                               {fate::crashes_to_a_zombie, "crashes and is not collected"},
                                               {fate::crashes, "crashes"},
                                               {fate::ends_well, "ends well"},
                                               {fate::number_is_a_strangers, "crashes, a stranger has its number"},
                                               {fate::successor, "crashes, another runs"},
                                               {fate::namesake_successor, "crashes, another runs with its number"},
                                               {fate::late_successor, "had crashed before, another runs"}};

struct answer
{
    int status = -1;
    pid_t pid = -1;
};

/// One run of a verb, with the event before its call number `at`. Returns whether there was such a call, and what does
/// not hold.
template <class Policy>
struct scene
{
    const Policy& policy;
    fate what;
    answer& said;
    bool signalled = false; ///< whether the verb had already sent its signal
    std::unique_ptr<identity_holder> daemon = std::make_unique<identity_holder>(policy, number);
    std::unique_ptr<identity_holder> next{};
    std::unique_ptr<bystander> stranger{};

    /// Before the verb begins.
    void begin()
    {
        if (what == fate::late_successor) crash();
    }

    void happen()
    {
        switch (what) {
        case fate::stays: return;
        case fate::crashes_to_a_zombie: return daemon->kill();
        case fate::ends_well: daemon->ask_to_end(); return daemon->collect();
        case fate::crashes: return crash();
        case fate::number_is_a_strangers:
            crash();
            stranger = std::make_unique<bystander>([] { return fork_as(number); });
            return;
        case fate::successor: crash(); return succeed(another_number);
        case fate::namesake_successor: crash(); return succeed(number);
        case fate::late_successor: return succeed(another_number);
        }
    }

    void crash()
    {
        daemon->kill();
        daemon->collect();
        let_start_times_differ();
    }
    void succeed(pid_t pid)
    {
        next = std::make_unique<identity_holder>(policy, pid);
        // The daemon may have to wait for a lock that the verb holds now; then both continue together.
        (void)next->is_up(std::chrono::milliseconds(30));
    }

    [[nodiscard]] bool crashed() const
    {
        return what == fate::crashes || what == fate::crashes_to_a_zombie || what == fate::number_is_a_strangers;
    }
    /// Whether the answer names the daemon or its successor.
    [[nodiscard]] bool names_a_daemon() const { return said.pid == number || (next && said.pid == next->pid()); }

    [[nodiscard]] bool everybody_else_is_left_alone()
    {
        if (stranger && !holds(stranger->pid() == number && stranger->untouched(), "the stranger is left alone"))
            return false;
        if (!next) return true;
        if (!holds(next->is_up(), "the successor comes up")) return false;
        if (said.pid == next->pid()) // the daemon or its predecessor: either ends when it is asked to
            return holds(next->lives() != next->heard(SIGTERM), "the successor is stopped or left alone");
        return holds(next->lives() && !next->heard(SIGTERM) && !next->heard(SIGHUP), "nothing reaches the successor") &&
               holds(policy.find().pid == next->pid(), "it is found") &&
               holds(pid_in(policy.where()) == next->pid(), "its file is there");
    }
};

struct stop
{
    static constexpr const char* name = "stop";

    template <class Policy>
    static answer say(const Policy& policy)
    {
        const auto r = daemonkit::detail::stop(policy, {{SIGTERM, generous}});
        return {r.status, r.pid};
    }

    template <class Policy>
    static bool is_right(scene<Policy>& s)
    {
        if (!holds(s.said.status == 0, "stop has status 0")) return false;
        const bool somebody = s.what == fate::stays ? s.said.pid == number : s.said.pid == 0 || s.names_a_daemon();
        if (!holds(somebody, "stop names the process that it stopped")) return false;
        if (!holds(!s.daemon->lives(), "the daemon has gone")) return false;
        if (s.next && s.said.pid == another_number) return holds(!s.next->lives(), "the stopped process has ended");
        return s.next || holds(!fs::exists(s.policy.where()), "so has its file");
    }
};

struct reload
{
    static constexpr const char* name = "reload";

    template <class Policy>
    static answer say(const Policy& policy)
    {
        const auto r = daemonkit::detail::reload(policy, std::chrono::milliseconds(1)); // nobody answers here
        return {r.status, r.pid};
    }

    template <class Policy>
    static bool is_right(scene<Policy>& s)
    {
        if (s.what != fate::stays && s.said.status == 7) return holds(s.said.pid == 0, "reload names nobody");
        if (!holds(s.said.status == 1 && s.names_a_daemon(), "reload names the daemon or no process")) return false;
        // It is correct to report that the daemon ended before, if it was found alive and had ended when HUP was sent.
        if (s.what == fate::stays || (s.what == fate::ends_well && s.signalled))
            return holds(eventually([&] { return s.daemon->heard(SIGHUP); }), "the daemon receives HUP");
        if (s.next && s.said.pid == another_number)
            return holds(eventually([&] { return s.next->heard(SIGHUP); }), "the successor receives HUP");
        return true;
    }
};

struct status
{
    static constexpr const char* name = "status";

    template <class Policy>
    static answer say(const Policy& policy)
    {
        const auto r = daemonkit::detail::status(policy, "d");
        return {r.status(), r.pid};
    }

    template <class Policy>
    static bool is_right(scene<Policy>& s)
    {
        switch (s.said.status) {
        case 0: return holds(s.names_a_daemon(), "the running process is the daemon");
        case 1: return holds(s.crashed() || s.next, "the dead daemon has crashed");
        case 3: return holds(s.what == fate::ends_well || s.next, "the daemon without a file has ended in order");
        default: return holds(false, "status knows");
        }
    }
};

/// One event before every call of a verb; prints the number of calls.
template <class Verb, class Policy>
int before_all_calls(const Policy& policy, fate what, answer& said)
{
    const bystander first, last;
    for (int at = 0;; ++at) {
        fs::remove(policy.where());
        scene<Policy> scene{policy, what, said};
        if (scene.daemon->pid() == -1) return impossible("choose a process number");
        if (!holds(scene.daemon->is_up(), "the daemon comes up")) return 1;
        scene.begin();
        said = {};
        traced_process process([&] {
            said = Verb::say(policy);
            return 0;
        });
        bool reached = true;
        for (int call = 0; reached && call <= at; ++call) {
            if (process.call() == SYS_pidfd_send_signal) scene.signalled = true;
            reached = process.next_call();
        }
        if (!reached) {
            std::printf("%d", at);
            return 0;
        }
        scene.happen();
        const long before = process.call();
        const bool good = holds(process.finish() == 0, "the verb ends") && Verb::is_right(scene) &&
                          scene.everybody_else_is_left_alone() &&
                          holds(first.untouched() && last.untouched(), "others are left alone");
        if (!holds(good, "before call " + std::to_string(at) + " (" + std::to_string(before) + "), which said " +
                             std::to_string(said.status) + ", pid " + std::to_string(said.pid)))
            return 1;
    }
}

template <class Verb>
void between_all_calls_of()
{
    void* const shared = ::mmap(nullptr, sizeof(answer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    auto& said = *new (shared) answer;
    int held = 0;
    with_both([&](auto make) {
        for (const auto& [what, name] : fates) BOOST_TEST_CONTEXT("the daemon " << name)
            {
                const temporary_directory top;
                const auto policy = make(top / "daemon.pid");
                const auto child = in_child([&, fate = what] {
                    return in_pid_namespace([&] { return before_all_calls<Verb>(policy, fate, said); });
                });
                EXPECT_GOOD_OR_SKIP(child);
                if (child.status == 0) held += std::stoi(child.out);
            }
    });
    ::munmap(shared, sizeof(answer));
    std::cout << "between any two calls of " << Verb::name << ": " << std::size(fates) << " fates x 2 policies, "
              << held << " tried, " << held << " held\n";
}

} // namespace

BOOST_AUTO_TEST_SUITE(between_any_two_calls, *boost::unit_test::label("namespace"))

BOOST_AUTO_TEST_CASE(of_stop) { between_all_calls_of<stop>(); }
BOOST_AUTO_TEST_CASE(of_reload) { between_all_calls_of<reload>(); }
BOOST_AUTO_TEST_CASE(of_status) { between_all_calls_of<status>(); }

BOOST_AUTO_TEST_SUITE_END()
