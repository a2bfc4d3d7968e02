// SPDX-License-Identifier: BSL-1.0
// Runs every verb once for each of its system calls and each fault of that call: the errors of plausible.hpp, and KILL,
// TERM and HUP to the calling process before and after the call. All processes of the verb are tested: the launcher,
// the intermediate process, the daemon. After each fault everything that a user relies on must hold; class trial lists
// what, and what each fault excuses.
//
// CI tries every call, and every distinct pair of call and error at least once, but not every error at every call: the
// errors of a call take turns. The state before a call is the state after the previous one, so CI kills and signals
// before each call only. In a row of calls that cannot fail (64 times rt_sigaction) the signals take turns too; TERM
// and HUP, which mean the same to all but the daemon, do so everywhere else. DAEMONKIT_FAULTS=all tries the whole
// product.
#include "place.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"
#include "tracer.hpp"

#include <boost/test/unit_test.hpp>

#include <dirent.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <set>

using fault::answer;
using fault::course;
using fault::injection;
using fault::role;

namespace {

using namespace std::chrono_literals;

enum class before { nothing, running, dead };

struct scenario
{
    const char* name;
    const char* verb;
    before given;
    int heard = 0; ///< if set, the daemon is traced instead of the verb, from the moment it receives this signal
};

/// What must be the same for every running daemon, whatever happened before.
std::string portrait(pid_t pid)
{
    std::string text;
    for (const char* const field : {"SigBlk", "SigCgt", "Umask", "Threads"})
        text += std::string(field) + " " + proc_status(pid, field) + ", ";
    auto ignored = proc_signals(pid, "SigIgn");
    for (const int of_glibc : {32, 33}) ignored.erase(of_glibc); // its posix_spawn() leaves them so
    text += std::to_string(ignored.size()) + " ignored, ";
    std::multiset<std::string> open;
    for (const int fd : open_descriptors(pid)) {
        auto target = proc_link(pid, "fd/" + std::to_string(fd));
        open.insert(target.substr(0, target.find('[')));
    }
    text += "working directory " + proc_link(pid, "cwd") + ", descriptors";
    for (const auto& target : open) text += " " + target;
    return text;
}

std::string last_line(const std::string& text)
{
    const auto end = text.find_last_not_of('\n');
    return end == std::string::npos ? "(nothing)" : text.substr(text.rfind('\n', end) + 1, end - text.rfind('\n', end));
}

/// One run of a scenario with one fault, and what has to hold after it.
class trial
{
public:
    trial(const place& where, const scenario& what, const injection& fault) : where_(where), what_(what), fault_(fault)
    {
        prepare();
        course_ = trace(DAEMONKIT_FAULT_SUBJECT, where.environment(), what.verb, what.heard, fault);
    }

    [[nodiscard]] const course& happened() const noexcept { return course_; }
    /// The portrait of the daemon that ran afterwards; empty if none did.
    [[nodiscard]] const std::string& picture() const noexcept { return picture_; }

    /// What was violated; empty if nothing was. `usual` is the portrait of a daemon without faults, once it is known.
    std::vector<std::string> violations(const std::string& usual)
    {
        check_verb();
        check_world(usual);
        check_next();
        return std::move(found_);
    }

private:
    void violated(const std::string& what) { found_.push_back(what); }

    void prepare()
    {
        where_.sweep();
        if (what_.given == before::nothing) return;
        const auto started = where_.verb("start");
        old_ = pid_in(where_.pid_file());
        if (started.status != 0 || old_ == 0) throw std::runtime_error("cannot prepare: " + started.out);
        if (what_.given == before::dead) {
            ::kill(old_, SIGKILL);
            ::waitpid(old_, nullptr, 0);
            old_ = 0;
        }
    }

    // ---- what the fault excuses -----------------------------------------------------------------------------------

    [[nodiscard]] bool hit(role who) const { return course_.hit && fault_.who == who; }
    [[nodiscard]] bool signalled(role who, int signal) const { return hit(who) && fault_.signal == signal; }
    /// A killed process cannot clean up: the pid file stays, empty or stale, with the directory that was made for it.
    /// That is the meaning of status 1, and the next start removes both.
    [[nodiscard]] bool crashed() const
    {
        for (const auto& [pid, p] : course_.processes)
            if (p.killed()) return true;
        return false;
    }
    /// If the kernel refuses to remove the file, it stays; it is emptied, if that works, and names no process.
    [[nodiscard]] bool removal_failed() const
    {
        return course_.hit && fault_.answered &&
               (course_.at.number == SYS_unlink || course_.at.number == SYS_rmdir ||
                course_.at.number == SYS_ftruncate || (what_.heard == SIGTERM && course_.at.number == SYS_newfstatat));
    }
    /// A daemon that was killed or told to end after the launcher had heard that it is ready.
    [[nodiscard]] bool ended_after_ready() const
    {
        const auto* const d = course_.of(role::daemon);
        return d != nullptr &&
               ((signalled(role::daemon, SIGKILL) && d->said_ready) || signalled(role::daemon, SIGTERM));
    }
    /// A signal that arrives after run() has returned, when the instance is released and the signals are main()'s
    /// again.
    [[nodiscard]] bool ended_anyway(const fault::process& daemon) const
    {
        if (what_.heard != SIGTERM || fault_.signal == 0) return false;
        bool removed = false;
        for (std::size_t i = 0; i < std::min(fault_.call, daemon.calls.size()); ++i)
            removed = removed || daemon.calls[i].number == SYS_unlink;
        return removed;
    }
    /// The error message itself could not be written.
    [[nodiscard]] bool struck_dumb() const
    {
        return hit(role::launcher) && fault_.answered && course_.at.number == SYS_write && course_.at.arguments[0] <= 2;
    }
    /// Answers that a program must not notice: it ends as if nothing had happened.
    [[nodiscard]] bool unnoticeable() const
    {
        return course_.hit && fault_.answered && fault::must_not_show(course_.at, *fault_.answered);
    }

    // ---- the verb itself ------------------------------------------------------------------------------------------

    void check_verb()
    {
        if (course_.hung) violated("a process was busy for ever");
        if (course_.outlived)
            violated("the launcher failed while its daemon or the intermediate process was still there");
        if (course_.streams_held) violated("a process keeps the launcher's standard output or error");
        if (what_.heard != 0) return check_daemon();
        const int status = course_.status();
        const bool verb_killed = course_.processes.at(course_.launcher).killed();
        if (verb_killed && !(hit(role::launcher) && fault_.signal != 0))
            return violated("the launcher was killed by signal " + std::to_string(status - 128));
        settle();
        const std::string verb = what_.verb;
        if (!verb_killed) {
            check_truth(verb, status);
            const int usual = what_.given == before::dead && verb == "status" ? 1 : 0;
            if (status != 0 && status != usual) check_sentence();
            if (unnoticeable() && status != usual)
                violated("ended with status " + std::to_string(status) + ": " + last_line(course_.err));
            if (fault_.signal != 0 && fault_.signal != SIGKILL && !hit(role::launcher) && status != usual)
                violated("a signal made it end with status " + std::to_string(status) + ": " + last_line(course_.err));
        }
        if (signalled(role::daemon, SIGTERM)) {
            const auto* const d = course_.of(role::daemon);
            if (d->gone && d->wait_status != 0) violated("TERM did not end the daemon in good order");
        }
        if (signalled(role::daemon, SIGHUP) && !course_.of(role::daemon)->reloaded) violated("HUP was lost");
    }

    /// The daemon that ran before: it carries out what the verb asked, in its own time.
    void settle()
    {
        if (old_ == 0) return;
        const std::string verb = what_.verb;
        if (course_.signalled && (verb == "stop" || verb == "restart")) {
            if (!ends(old_)) violated("TERM was sent, but the daemon goes on");
        }
        if (course_.signalled && verb == "reload")
            if (!eventually([&] { return where_.reloads() > 0; })) violated("HUP was sent, but nothing is reloaded");
        old_lives_ = alive(old_);
        if (old_lives_ == (course_.signalled && verb != "reload"))
            violated(old_lives_ ? "the daemon was not stopped" : "the daemon is gone");
    }

    void check_truth(const std::string& verb, int status)
    {
        const bool young = course_.daemon_lives();
        const bool ok = status == 0;
        if (verb == "start") {
            if (ok && !young && !old_lives_ && !ended_after_ready()) violated("exit status 0, but no daemon runs");
            if (!ok && young) violated("exit status " + std::to_string(status) + ", and a daemon runs");
        } else if (verb == "restart") {
            if (ok && !young && !ended_after_ready()) violated("exit status 0, but no new daemon runs");
            if (!ok && young) violated("exit status " + std::to_string(status) + ", and a new daemon runs");
        } else if (verb == "stop") {
            if (ok ? old_lives_ : course_.signalled)
                violated("exit status " + std::to_string(status) + ", and the daemon " +
                         (old_lives_ ? "runs" : "is gone"));
        } else if (verb == "reload") {
            // Where the daemon cannot be asked, it is told, and the verb says that the result cannot be had.
            const bool told = !ok && contains(course_.err, "told to reload");
            if (ok != course_.signalled && !(told && course_.signalled))
                violated("exit status " + std::to_string(status) + ", and the daemon was " + (ok ? "not " : "") +
                         "told");
        } else {
            const int truth = what_.given == before::dead ? 1 : 0;
            if (status != truth && status != 4) violated("exit status " + std::to_string(status));
            if (truth == 0 && ok && !struck_dumb() && !contains(course_.out, named(old_)))
                violated("names another process: " + last_line(course_.out));
        }
    }

    static std::string named(pid_t pid) { return "(pid " + std::to_string(pid) + ")"; }

    void check_sentence()
    {
        if (struck_dumb()) return;
        const auto& err = course_.err;
        if (!err.starts_with("subject: ") || err.find('\n') != err.size() - 1)
            violated("failed with '" + err + "' instead of one sentence");
    }

    /// The daemon, from the moment it received TERM or HUP.
    void check_daemon()
    {
        const auto* const d = course_.of(role::daemon);
        if (course_.status() != 0 || d == nullptr) return violated("could not be started: " + course_.err);
        const bool was_killed = signalled(role::daemon, SIGKILL);
        const bool was_ended = what_.heard == SIGTERM || signalled(role::daemon, SIGTERM);
        if (!was_killed && was_ended != d->gone) violated(d->gone ? "the daemon is gone" : "TERM was lost");
        if (d->killed() && !was_killed && !(ended_anyway(*d)))
            violated("was killed by signal " + std::to_string(WTERMSIG(d->wait_status)));
        if (d->gone && !was_killed && !d->killed() && d->wait_status != 0 && (!fault_.answered || unnoticeable()))
            violated("ended with status " + std::to_string(WEXITSTATUS(d->wait_status)));
        if (d->gone) return;
        const bool refused = contains(read_file(where_.log()), "reload refused");
        if (!d->reloaded && (!refused || unnoticeable() || fault_.signal != 0)) violated("HUP was lost");
    }

    // ---- the world afterwards -------------------------------------------------------------------------------------

    void check_world(const std::string& usual)
    {
        const bool young = course_.daemon_lives();
        if (young && old_lives_) violated("two daemons run");
        const pid_t runs = young ? course_.daemon : old_lives_ ? old_ : 0;
        for (const auto& [pid, p] : course_.processes)
            if (!p.gone && pid != runs) violated(std::string("the ") + name_of(p.who) + " is left");
        if (runs != 0) {
            if (read_file(where_.pid_file()) != std::to_string(runs) + "\n")
                violated("the pid file says '" + read_file(where_.pid_file()) + "'");
            eventually([&] { return proc_status(runs, "State").starts_with('S'); }); // some sleep with another mask
            picture_ = portrait(runs);
            if (!usual.empty() && !eventually([&] { return (picture_ = portrait(runs)) == usual; }))
                violated("the daemon is another: " + picture_ + " instead of " + usual);
        } else {
            const auto files = where_.files();
            // A stop that cannot remove a stale record reports that nothing runs, which is what it was asked to reach.
            const bool stays = crashed() || removal_failed() ||
                               (what_.given == before::dead &&
                                (course_.hit || course_.status() != 0 || std::string(what_.verb) == "status"));
            const bool old_directory = what_.given == before::dead && files.size() == 1;
            if (!files.empty() && !stays && !old_directory) violated("left " + *files.rbegin());
        }
        check_status(runs);
    }

    void check_status(pid_t runs)
    {
        const auto said = where_.verb("status");
        if (runs != 0 && (said.status != 0 || !contains(said.out, named(runs))))
            violated("status exits with " + std::to_string(said.status) + ", not that " + std::to_string(runs) +
                     " runs: " + last_line(said.out));
        if (runs == 0 && said.status != 3 && !(said.status == 1 && !where_.files().empty()))
            violated("status exits with " + std::to_string(said.status) + " where none runs: " + last_line(said.out));
    }

    /// Without any help: the running daemon can be stopped, the next one started and stopped, and then nothing is left.
    void check_next()
    {
        if (course_.daemon_lives() || old_lives_) expect("stop");
        reap();
        if (expect("start")) {
            const pid_t next = pid_in(where_.pid_file());
            if (next == 0 || !alive(next)) violated("the next start leaves no daemon");
        }
        expect("stop");
        reap();
        auto files = where_.files();
        files.erase("run/"); // stale, of a daemon that could not remove it
        if (!files.empty()) violated("after the next life " + *files.begin() + " is left");
    }

    bool expect(const char* verb)
    {
        const auto said = where_.verb(verb);
        if (said.status != 0)
            violated(std::string("the next ") + verb + " ends with status " + std::to_string(said.status) + ": " +
                     last_line(said.out));
        if (!said.streams_ended) violated(std::string("the next ") + verb + " leaves its output open");
        return said.status == 0;
    }

    /// No process of the run is left: all were children of the test, or became its children.
    void reap()
    {
        for (auto left = where_.left(); !left.empty(); left = where_.left()) {
            violated("process " + std::to_string(left[0]) + " (" + proc_link(left[0], "exe") + ") is left");
            put_down(left[0]);
            ::waitpid(left[0], nullptr, __WALL);
        }
    }

    const place& where_;
    scenario what_;
    injection fault_;
    course course_{};
    pid_t old_ = 0;
    bool old_lives_ = false;
    std::string picture_{};
    std::vector<std::string> found_{};
};

bool everything()
{
    const char* const wish = std::getenv("DAEMONKIT_FAULTS");
    return wish != nullptr && std::string(wish) == "all";
}

/// The answers of a call that occurrence `turn` of `of` gets, so that each is given at least once.
std::vector<answer> answers_for(const fault::system_call& call, std::size_t turn, std::size_t of)
{
    auto all = fault::plausible(call);
    if (everything() || all.empty()) return all;
    std::vector<answer> chosen;
    for (std::size_t i = turn % all.size(); i < all.size(); i += of) chosen.push_back(all[i]);
    return chosen;
}

std::vector<injection> faults_of(role who, const std::vector<fault::system_call>& calls)
{
    std::map<long, std::size_t> occurrences;
    std::map<long, int> turn;
    for (const auto& c : calls) ++occurrences[c.number];
    std::vector<injection> all;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        const auto& call = calls[i];
        const bool again = i > 0 && i + 1 < calls.size() && calls[i - 1].number == call.number &&
                           calls[i + 1].number == call.number && fault::plausible(call).empty();
        const int nth = turn[call.number]++;
        for (const answer& a : answers_for(call, static_cast<std::size_t>(nth), occurrences[call.number]))
            all.push_back({who, i, a, 0, false, call.number, nth});
        constexpr std::array signals{SIGKILL, SIGTERM, SIGHUP};
        for (const int signal : signals)
            for (const bool after : {false, true}) {
                const bool last = i + 1 == calls.size();
                const bool returns = call.number != SYS_exit_group && !(last && call.number == SYS_ppoll);
                if (after && (!returns || (!everything() && !last))) continue;
                if (again && !everything() && signal != signals[i % signals.size()]) continue;
                if (who != role::daemon && !everything() && signal == (i % 2 == 0 ? SIGTERM : SIGHUP)) continue;
                all.push_back({who, i, {}, signal, after});
            }
    }
    return all;
}

std::string describe(const injection& f)
{
    if (f.answered) return fault::describe(*f.answered);
    return std::string(::sigabbrev_np(f.signal)) + (f.after ? " after" : " before");
}

std::size_t number_of_calls(const course& one)
{
    std::size_t all = 0;
    for (const auto& [pid, p] : one.processes) all += p.calls.size();
    return all;
}

/// One run for each fault in the calls of `plain`. False if too many of these calls were not made; then `shortest` is the
/// shortest run that no fault reached, or as it was.
bool try_each(const place& where, const scenario& what, const course& plain, const std::string& usual, course& shortest)
{
    std::vector<injection> faults;
    for (const role who : fault::roles)
        if (const auto* const p = plain.of(who)) {
            if (what.heard != 0 && who != role::daemon) continue;
            const auto some = faults_of(who, p->calls);
            faults.insert(faults.end(), some.begin(), some.end());
        }
    const auto begun = std::chrono::steady_clock::now();
    std::size_t tried = 0;
    std::size_t missed = 0;
    std::string not_made;
    std::size_t bad = 0;
    for (const auto& f : faults) {
        trial t(where, what, f);
        const auto violations = t.violations(usual);
        if (t.happened().hit) {
            ++tried;
        } else {
            ++missed;
            not_made += std::string(" ") + name_of(f.who) + ":" + std::to_string(f.call) + ":" + describe(f);
            if (number_of_calls(t.happened()) < number_of_calls(shortest)) shortest = t.happened();
        }
        if (violations.empty()) continue;
        ++bad;
        std::string line;
        for (const auto& v : violations) line += (line.empty() ? "" : "; ") + v;
        BOOST_ERROR(what.name << ", " << where.policies() << ": " << name_of(f.who) << ", call " << f.call << " "
                              << fault::name_of(t.happened().at.number) << ", " << describe(f) << ": " << line);
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    std::cout << "faults of " << what.name << ", " << where.policies() << ": " << tried << " points, " << bad
              << " violations (" << missed << " calls not reached, " << took.count() << " ms)" << std::endl;
    BOOST_TEST(tried > 0U);
    if (missed * 20 <= faults.size()) return true; // the order of two processes varies
    std::cout << "not reached:" << not_made << std::endl;
    return false;
}

void try_all(const std::string& policies, const scenario& what)
{
    if (!fault::can_trace()) DAEMONKIT_SKIP("may not trace its own children (ptrace)");
    const place where(policies);
    trial first(where, {"start", "start", before::nothing}, {});
    first.violations({});
    const std::string usual = first.picture();
    trial without(where, what, {});
    const auto wrong = without.violations(usual);
    for (const auto& w : wrong) BOOST_ERROR(what.name << ", " << policies << ", without any fault: " << w);
    if (!wrong.empty()) return;

    // A daemon that waits for long looks at its record meanwhile. If this happened in the run without a fault and not in
    // most of the others, the shortest run tells which calls there are.
    course plain = without.happened();
    for (course shortest = plain; !try_each(where, what, plain, usual, shortest); plain = shortest)
        BOOST_TEST_REQUIRE(number_of_calls(shortest) < number_of_calls(plain));
}

} // namespace

// NOLINTBEGIN(*-macro-usage): a suite of cases, and Boost.Test makes either by a macro
#define DAEMONKIT_FAULT_CASE(name, ...) \
    BOOST_AUTO_TEST_CASE(name) { try_all(policies, {__VA_ARGS__}); }

#define DAEMONKIT_FAULT_SUITE(name, text)                                                            \
    BOOST_AUTO_TEST_SUITE(name, *boost::unit_test::label("fault") * boost::unit_test::label("slow")) \
    const char* const policies = text;                                                               \
    DAEMONKIT_FAULT_CASE(start, "start", "start", before::nothing)                                   \
    DAEMONKIT_FAULT_CASE(start_beside, "start beside a running one", "start", before::running)       \
    DAEMONKIT_FAULT_CASE(start_over, "start over a dead one", "start", before::dead)                 \
    DAEMONKIT_FAULT_CASE(stop, "stop", "stop", before::running)                                      \
    DAEMONKIT_FAULT_CASE(stop_dead, "stop of a dead one", "stop", before::dead)                      \
    DAEMONKIT_FAULT_CASE(restart, "restart", "restart", before::running)                             \
    DAEMONKIT_FAULT_CASE(reload, "reload", "reload", before::running)                                \
    DAEMONKIT_FAULT_CASE(status, "status", "status", before::running)                                \
    DAEMONKIT_FAULT_CASE(status_dead, "status of a dead one", "status", before::dead)                \
    DAEMONKIT_FAULT_CASE(in_ending, "the end of a daemon", "start", before::nothing, SIGTERM)        \
    DAEMONKIT_FAULT_CASE(in_reloading, "a reload in a daemon", "start", before::nothing, SIGHUP)     \
    BOOST_AUTO_TEST_SUITE_END()

#define DAEMONKIT_FAULT_SIGNALS(name, text)                                                          \
    BOOST_AUTO_TEST_SUITE(name, *boost::unit_test::label("fault") * boost::unit_test::label("slow")) \
    const char* const policies = text;                                                               \
    DAEMONKIT_FAULT_CASE(start, "start", "start", before::nothing)                                   \
    DAEMONKIT_FAULT_CASE(in_ending, "the end of a daemon", "start", before::nothing, SIGTERM)        \
    DAEMONKIT_FAULT_CASE(in_reloading, "a reload in a daemon", "start", before::nothing, SIGHUP)     \
    BOOST_AUTO_TEST_SUITE_END()
// NOLINTEND(*-macro-usage)

DAEMONKIT_FAULT_SUITE(flock_pid_file_double_fork, "flock_pid_file double_fork")
DAEMONKIT_FAULT_SUITE(flock_pid_file_single_fork, "flock_pid_file single_fork")
DAEMONKIT_FAULT_SUITE(pid_file_double_fork, "pid_file double_fork")
DAEMONKIT_FAULT_SUITE(pid_file_single_fork, "pid_file single_fork")
DAEMONKIT_FAULT_SUITE(flock_pid_file_handoff_fork, "flock_pid_file handoff_fork")
DAEMONKIT_FAULT_SUITE(pid_file_handoff_fork, "pid_file handoff_fork")

// What the other signal policies do between a signal and its hook, and around it.
DAEMONKIT_FAULT_SIGNALS(self_pipe_signals, "flock_pid_file double_fork self_pipe_signals")
DAEMONKIT_FAULT_SIGNALS(flag_signals, "flock_pid_file double_fork flag_signals")
