// SPDX-License-Identifier: BSL-1.0
// From the call of reload() to its return with the daemon's word on how on_reload() ended, beside one signal and one
// reply. Everybody also waits for the word that on_reload() itself writes here: ours for two, therefore.
#include "signal/listener.hpp"

#include "contender/verb_race.hpp"

#include <daemonkit/daemonkit.hpp>
#ifdef BENCH_LIBDAEMON
#include <libdaemon/dpid.h>
#endif

#include <fstream>

/// The verb of contender/by_hand.c with our guarantees: the exit status, and one sentence.
extern "C" int by_hand_reload(const char* pid_file, char* text);

namespace {

using namespace bench;

/// Has the same parts as the contender, whose pid file it looks at.
struct remote : daemonkit::sysv_daemon<remote>
{
    void on_reload() {}
    int run() { return 0; }
};

/// From the request to the reply. All daemons sleep at the beginning.
template <class Request>
race::measure round_trip(const listener& daemon, Request request)
{
    return [&daemon, request] {
        daemon.fall_asleep();
        const auto began = now();
        request();
        static_cast<void>(daemon.answered());
        return std::vector{in_microseconds(now() - began)};
    };
}

void by_hand(pid_t daemon) { check(::kill(daemon, SIGHUP), "signal the daemon"); }

pid_t pid_in(const descriptor& file)
{
    char text[16] = {};
    check(static_cast<int>(::read(file.get(), text, sizeof text - 1)), "read the pid file");
    return std::atoi(text);
}

void by_pid_file(const std::string& pid_file)
{
    by_hand(pid_in(descriptor(check(::open(pid_file.c_str(), O_RDONLY | O_CLOEXEC), "open the pid file"))));
}

/// What by_hand does in bench/contender: the daemon is who holds the lock, before and after its pidfd is opened.
pid_t holder_of(const std::string& pid_file)
{
    const descriptor file(check(::open(pid_file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW), "open the pid file"));
    struct flock whole = {};
    whole.l_type = F_WRLCK;
    check(::fcntl(file.get(), F_OFD_GETLK, &whole), "look at the lock");
    return whole.l_type == F_UNLCK ? 0 : pid_in(file);
}

void by_lock(const std::string& pid_file)
{
    const pid_t daemon = holder_of(pid_file);
    const pidfd process(daemon);
    if (daemon == 0 || holder_of(pid_file) != daemon) throw std::runtime_error("the daemon is not there");
    process.signal(SIGHUP);
}

#ifdef BENCH_LIBDAEMON
const char* libdaemon_pid_file = nullptr;

void by_libdaemon() { check(::daemon_pid_file_kill(SIGHUP), "signal the daemon"); }
#endif

void with_guarantees(const std::string& pid_file)
{
    char text[1100]; // as it is there
    if (by_hand_reload(pid_file.c_str(), text) != 0) throw std::runtime_error(text);
}

void measure(report& report, const temporary_directory& directory, const placement& place)
{
    pin(0, place.driver);
    const auto hand_written_file = directory / "by_hand.pid";
    const auto our_file = directory / "ours.pid";
    const listener hand_written({program("signal_by_hand"), "signalfd_signals"}, place.contender);
    const listener ours({program("signal_ours"), "signalfd_signals", our_file}, place.contender);
    const auto guarded_file = directory / "guarded.pid";
    const listener guarded({program("reload_by_hand"), "run"}, place.contender, {"PID_FILE=" + guarded_file});
    const auto locked_file = directory / "locked.pid"; // libdaemon waits for a lock
    for (const auto& file : {hand_written_file, locked_file}) std::ofstream(file) << hand_written.pid() << '\n';
    const descriptor lock(check(::open(locked_file.c_str(), O_RDWR | O_CLOEXEC), "open the pid file"));
    struct flock whole = {};
    whole.l_type = F_WRLCK;
    check(::fcntl(lock.get(), F_OFD_SETLK, &whole), "lock the pid file for the daemon");
    const remote::settings settings{.pid = {.path = our_file}};

    race all;
    std::vector<std::size_t> numbers;
    std::vector<contestant> rows;
    const auto add = [&](const char* name, const char* remark, const listener& daemon, auto request) {
        numbers.push_back(all.add(round_trip(daemon, request)));
        rows.push_back({name, nullptr, remark});
    };
    add("C with the same guarantees", "with the result of the reload", guarded, [&] { with_guarantees(guarded_file); });
    add("daemonkit", "the same", ours, [&] {
        if (const auto told = remote::reload(settings); told.status != 0) throw std::runtime_error(told.message);
    });
    add("C by hand: lock, pid file, pidfd, signal, reply", "", hand_written, [&] { by_lock(locked_file); });
    add("C by hand: one signal, one reply", "the pid is known", hand_written, [&] { by_hand(hand_written.pid()); });
    add("C by hand: pid file, signal, reply", "believes the file", hand_written,
        [&] { by_pid_file(hand_written_file); });
#ifdef BENCH_LIBDAEMON
    libdaemon_pid_file = hand_written_file.c_str();
    ::daemon_pid_file_proc = [] { return libdaemon_pid_file; };
    add("libdaemon", "daemon_pid_file_kill(); believes the file", hand_written, by_libdaemon);
#endif
    report.settle(all, {.least = 500, .budget = std::chrono::seconds(30)},
                  {{"reload(): time ÷ the reference", place.name, numbers[1], numbers[0], 1.05}});
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].values = &all.of(numbers[i]);
    report.add_ratios("reload() to on_reload() done, " + place.name, "µs", rows);
    report.add_cost({"reload(), time", place.name, ratio_of(all.of(numbers[0]), all.of(numbers[2]))});
}

/// The verb of a program, from its spawn to its exit.
void compare_verbs(report& to, const temporary_directory& directory)
{
    race all;
    field by_name(all);
    std::vector<std::pair<contender, words>> daemons;
    for (const auto& l : linkages)
        for (const char* name : {l.reference, l.ours}) {
            const auto who = built(name);
            if (who.start.empty()) continue;
            const words environment{"PID_FILE=" + (directory / name)};
            start(who, directory / name);
            daemons.emplace_back(who, environment);
            by_name.add(
                name,
                [who, environment] {
                    const auto [took, status, used] = run(who.reload, environment);
                    if (status != 0) throw std::runtime_error(who.name + " does not reload");
                    return costs_of(took, used);
                },
                verb_quantities);
        }
    to.settle(all, {.least = 60, .budget = std::chrono::seconds(70)},
              by_name.against_the_reference("reload: time ÷ the reference", 1.05));
    for (const auto& [who, environment] : daemons) run(who.stop, environment);
    verb_table counted(to, "reload");
    count_verb(counted, &contender::reload, directory);
    counted.settle_instructions(1.15);
    counted.add_tables(by_name, "reload", "reload");
}

} // namespace

int main(int argc, char** argv)
{
    return report::write("reload", argc, argv, [](report& report) {
        const temporary_directory directory;
        compare_verbs(report, directory); // before this process stays on one processor
        for (const auto& place : placements()) measure(report, directory, place);
    });
}
