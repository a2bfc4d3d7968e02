// SPDX-License-Identifier: BSL-1.0
// A process that wants a lease and acts while it owns it: each act appends the token and the time to a file. Two owners
// at once are seen in that file: a smaller token after a greater one.
#pragma once

#include "fenced_file.hpp"

#include "support/child_process.hpp"
#include "support/file.hpp"

#include <daemonkit/lease/detail/driver.hpp>

#include <boost/filesystem/path.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

/// How it behaves.
struct behaviour
{
    bool stuck = false;  ///< as owner, run() never waits, and asks nothing
    bool busy = false;   ///< as owner, run() never waits, and asks before each act whether it owns the lease
    bool fenced = false; ///< it acts through a resource that checks the token
};

/// Campaigns until TERM, the loss of the lease, or until it is asked to step down. Says what it becomes, and by how much
/// its wall clock is set. Its exit status is 75 after a loss. USR1 makes an owner stop, as by SIGSTOP, between the check
/// and the next act.
template <class Store, class LeaseTiming>
int lead(const Store& store, const LeaseTiming& timing, const boost::filesystem::path& acts, behaviour how = {})
{
    static volatile std::sig_atomic_t term = 0;
    static volatile std::sig_atomic_t pause = 0;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL); // not left behind by a test that is ended
    ::signal(SIGTERM, [](int) { term = 1; });
    ::signal(SIGUSR1, [](int) { pause = 1; });
    daemonkit::detail::lease_driver<Store, LeaseTiming> driver(store, timing);
    try {
        driver.begin();
    } catch (const std::exception& e) {
        child_process::say(e.what());
        return 1;
    }
    const int out = ::open(acts.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    const fenced_file fenced(acts);
    using daemonkit::detail::lease_state;
    const auto act = [&] { // a moment after the check
        const auto token = std::to_string(driver.token());
        pollfd p{driver.changed_fd(), POLLIN, 0};
        ::poll(&p, how.busy ? 0 : 1, 10);
        if (pause != 0) {
            pause = 0;
            ::raise(SIGSTOP);
        }
        const auto now = daemonkit::sys::boot_clock::now().time_since_epoch();
        const auto line = token + " " + std::to_string(now.count()) + "\n";
        if (how.fenced) {
            if (!fenced.append(driver.token(), line)) child_process::say("refused");
            return true;
        }
        return ::write(out, line.data(), line.size()) != -1;
    };
    int status = 0;
    std::string error;
    const auto set_by = [] { // from the boot on
        return std::chrono::round<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch() -
                                                        daemonkit::sys::boot_clock::now().time_since_epoch());
    };
    const auto clock = set_by();
    auto hours = std::chrono::hours::zero();
    for (auto said = lease_state::ended; term == 0;) {
        driver.take_change();
        const auto view = driver.view();
        if (const auto more = std::chrono::round<std::chrono::hours>(set_by() - clock); more != hours) {
            hours = more;
            child_process::say("wall clock: " + std::to_string(hours.count()) + " h");
        }
        if (view.error != error) {
            error = view.error;
            child_process::say(error.empty() ? "no error" : "error: " + error);
        }
        if (view.state != said) {
            said = view.state;
            if (said == lease_state::owner) child_process::say("owner " + std::to_string(driver.token()));
            if (said == lease_state::standing_by)
                child_process::say("standing by for " + (view.holder ? std::to_string(view.holder->pid) : "?"));
            if (said == lease_state::owner && how.stuck) driver.working();
        }
        if (view.state == lease_state::lost) {
            child_process::say(view.end == daemonkit::detail::lease_end::late ? "lost: late" : "lost: taken");
            status = 75;
            if (!how.stuck) break;
        }
        if (view.asked) {
            child_process::say("asked");
            break;
        }
        if (driver.owns()) {
            do {
                if (!act()) return 1;
            } while (how.busy && driver.owns() && term == 0);
        } else {
            pollfd p{driver.changed_fd(), POLLIN, 0};
            ::poll(&p, 1, 50);
        }
    }
    driver.end();
    child_process::say("released");
    ::close(out);
    return status;
}

/// The owners in the order of their acts.
struct term
{
    std::uint64_t token = 0;
    std::chrono::nanoseconds first{}; ///< act
    std::chrono::nanoseconds last{};  ///< act
};
inline std::vector<term> terms_in(const boost::filesystem::path& acts)
{
    std::vector<term> all;
    std::ifstream in(acts.string());
    long long time = 0;
    for (std::uint64_t token = 0; in >> token >> time;) {
        if (all.empty() || all.back().token != token) all.push_back({token, std::chrono::nanoseconds(time), {}});
        all.back().last = std::chrono::nanoseconds(time);
    }
    return all;
}
/// When the last act was; zero: there was none. Reads the end of the file only, so it can be asked often.
inline std::chrono::nanoseconds last_act(const boost::filesystem::path& acts)
{
    constexpr std::streamoff more_than_a_line = 64;
    std::ifstream in(acts.string(), std::ios::ate);
    in.seekg(std::max<std::streamoff>(in.tellg() - more_than_a_line, 0));
    std::chrono::nanoseconds last{};
    std::string line;
    while (std::getline(in, line))
        if (const auto space = line.find(' '); space != std::string::npos)
            last = std::chrono::nanoseconds(std::stoll(line.substr(space)));
    return last;
}
/// Whether no owner acted after its successor.
inline bool rise(const std::vector<term>& terms)
{
    for (std::size_t i = 1; i < terms.size(); ++i)
        if (terms[i].token <= terms[i - 1].token) return false;
    return true;
}
