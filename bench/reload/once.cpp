// SPDX-License-Identifier: BSL-1.0
// reload_once WAY PID_FILE PROCESSOR DAEMON...: starts the daemon on this processor, makes it reload 60 times in one way,
// and prints the median of the last 50, in µs. In all ways it waits for the word that on_reload() itself writes here; a
// reload() with a result has waited for that result before.
#include "signal/listener.hpp"

#include "support/statistics.hpp"

#include <daemonkit/daemonkit.hpp>
#ifdef BENCH_LIBDAEMON
#include <libdaemon/dpid.h>
#endif

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <stdexcept>

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

/// From the request to the reply, µs. The daemon sleeps when the request is sent.
double median_of(const listener& daemon, const std::function<void()>& request)
{
    const auto once = [&] {
        daemon.fall_asleep();
        const auto began = now();
        request();
        static_cast<void>(daemon.answered());
        return in_microseconds(now() - began);
    };
    for (int n = 0; n < 10; ++n) static_cast<void>(once()); // from cold caches
    sample times;
    for (int n = 0; n < 50; ++n) times.add(once());
    return times.quantile(0.5);
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

/// Locks the pid file for a daemon that does not.
descriptor lock(const std::string& pid_file)
{
    descriptor file(check(::open(pid_file.c_str(), O_RDWR | O_CLOEXEC), "open the pid file"));
    struct flock whole = {};
    whole.l_type = F_WRLCK;
    check(::fcntl(file.get(), F_OFD_SETLK, &whole), "lock the pid file");
    return file;
}

void with_guarantees(const std::string& pid_file)
{
    char text[1100]; // as it is there
    if (by_hand_reload(pid_file.c_str(), text) != 0) throw std::runtime_error(text);
}

void by_daemonkit(const remote::settings& settings)
{
    if (const auto told = remote::reload(settings); told.status != 0) throw std::runtime_error(told.message);
}

#ifdef BENCH_LIBDAEMON
const char* libdaemon_pid_file = nullptr; // not locked, because libdaemon waits for a lock

std::function<void()> by_libdaemon(const std::string& pid_file)
{
    libdaemon_pid_file = pid_file.c_str();
    ::daemon_pid_file_proc = [] { return libdaemon_pid_file; };
    return [] { check(::daemon_pid_file_kill(SIGHUP), "signal the daemon"); };
}
#endif

/// Of the daemons that have a pid file, `daemonkit` and `guarantees` write it themselves.
std::function<void()> request_by(const std::string& way, const std::string& pid_file, pid_t daemon)
{
    if (way == "daemonkit") return [settings = remote::settings{.pid = {.path = pid_file}}] { by_daemonkit(settings); };
    if (way == "guarantees") return [&pid_file] { with_guarantees(pid_file); };
    if (way == "signal") return [daemon] { by_hand(daemon); };
    std::ofstream(pid_file) << daemon << '\n';
    if (way == "file") return [&pid_file] { by_pid_file(pid_file); };
    if (way == "lock") return [&pid_file, held = std::make_shared<descriptor>(lock(pid_file))] { by_lock(pid_file); };
#ifdef BENCH_LIBDAEMON
    if (way == "libdaemon") return by_libdaemon(pid_file);
#endif
    throw std::runtime_error("no way to reload: " + way);
}

} // namespace

int main(int argc, char** argv)
try {
    const words arguments(argv + 1, argv + argc);
    const auto &way = arguments.at(0), &pid_file = arguments.at(1);
    const words command(arguments.begin() + 3, arguments.end());
    const listener daemon(command, std::stoul(arguments.at(2)), {"PID_FILE=" + pid_file});
    std::cout << median_of(daemon, request_by(way, pid_file, daemon.pid())) << '\n';
    return 0;
} catch (const std::exception& e) {
    std::cerr << "reload_once: " << e.what() << '\n';
    return 1;
}
