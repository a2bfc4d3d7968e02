// SPDX-License-Identifier: BSL-1.0
#include "contender/linkages.hpp"
#include "contender/own_calls.hpp"
#include "contender/peers.hpp"
#include "many/many.hpp"

#include <boost/filesystem/directory.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;

enum class before { fresh, stale, half_written };

/// The parent of a process that has not ended; 0 if there is none.
pid_t parent_of(pid_t pid)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string stat; // "1234 (name) S 1 …"; the process may end while it is read, and then this stays empty
    std::getline(file, stat, '\0');
    const auto name_end = stat.rfind(')');
    if (name_end == std::string::npos || stat[name_end + 2] == 'Z') return 0;
    return std::atoi(stat.c_str() + name_end + 4);
}

/// Our children that have not ended; those that have are collected.
std::vector<pid_t> living()
{
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {}
    std::vector<pid_t> all;
    for (const auto& entry : boost::filesystem::directory_iterator("/proc"))
        if (const pid_t pid = std::atoi(entry.path().filename().c_str()); pid > 0 && parent_of(pid) == ::getpid())
            all.push_back(pid);
    return all;
}

void end_all()
{
    for (auto left = living(); !left.empty(); left = living())
        for (const pid_t pid : left) {
            ::kill(pid, SIGKILL); // a child that only we collect
            ::waitpid(pid, nullptr, 0);
        }
}

/// Whatever becomes of the question, no process is left behind.
struct end_all_at_exit
{
    end_all_at_exit() = default;
    end_all_at_exit(const end_all_at_exit&) = delete;
    end_all_at_exit& operator=(const end_all_at_exit&) = delete;
    ~end_all_at_exit() { end_all(); }
};

/// A named pipe that is open at both ends here, so that no process waits in open(2) and it never ends.
bench::descriptor make_fifo(const std::string& path)
{
    bench::check(::mkfifo(path.c_str(), 0600), "make " + path);
    return bench::descriptor(bench::check(::open(path.c_str(), O_RDWR | O_CLOEXEC), "open " + path));
}

/// Runs all commands at once: each waits at a gate, in a shell that then becomes it, until all have come.
void run_at_once(const std::vector<bench::words>& commands, const bench::words& environment)
{
    const bench::temporary_directory directory;
    const auto here = directory / "here", gate = directory / "gate";
    const auto arrivals = make_fifo(here), release = make_fifo(gate);
    std::vector<pid_t> pids;
    for (const auto& command : commands) {
        bench::words line{"/bin/sh", "-c", "echo >\"$0\"; read -r _ <\"$1\"; shift; exec \"$@\" 2>/dev/null", here,
                          gate};
        line.insert(line.end(), command.begin(), command.end());
        pids.push_back(bench::spawn(line, environment));
    }
    char newline = 0;
    for (std::size_t i = 0; i < pids.size(); ++i) {
        bench::wait_readable(arrivals.get(), "a start");
        bench::check(static_cast<int>(::read(arrivals.get(), &newline, 1)), "read " + here);
    }
    const std::string all(pids.size(), '\n');
    bench::check(static_cast<int>(::write(release.get(), all.data(), all.size())), "open " + gate);
    for (const pid_t pid : pids) bench::wait_for(pid);
}

struct storm
{
    bench::contender who;
    std::string pid_file;
    bench::nanoseconds settled; ///< their number does not change any more that has not changed for so long

    void prepare(before what) const
    {
        if (what == before::half_written) std::ofstream(pid_file).close(); // a writer that has died at once
        if (what != before::stale) return;
        bench::start(who, pid_file); // and its daemon is killed
        end_all();
    }

    /// How many daemons are there after `count` starts. Those of who returns early may still be ending: they are
    /// counted when their number is settled, or is one.
    [[nodiscard]] int daemons_after(before what, int count) const
    {
        prepare(what);
        run_at_once(std::vector(static_cast<std::size_t>(count), who.start), bench::environment_of(who, pid_file));
        auto left = living().size();
        for (auto until = bench::now() + settled; left > 1 && bench::now() < until; ::poll(nullptr, 0, 10))
            if (const auto now_left = living().size(); now_left != left) {
                left = now_left;
                until = bench::now() + settled;
            }
        end_all();
        ::unlink(pid_file.c_str());
        return static_cast<int>(left);
    }

    /// How many of `count` starts made a process, the one that wins included.
    [[nodiscard]] int forking_after(before what, int count, const bench::temporary_directory& directory) const
    {
        prepare(what);
        std::vector<bench::words> commands;
        const auto list = [&](int i) { return directory / ("calls" + std::to_string(i)); };
        for (int i = 0; i < count; ++i) commands.push_back(bench::traced(who.start, list(i)));
        run_at_once(commands, bench::environment_of(who, pid_file));
        end_all();
        ::unlink(pid_file.c_str());
        int forking = 0;
        for (int i = 0; i < count; ++i)
            if (bench::forks_in(bench::calls_in(list(i))) > 0) ++forking;
        return forking;
    }
};

constexpr std::array kinds{before::fresh, before::stale, before::half_written};

/// The reference and ours: several times, with a count of forks.
void compare_ourselves(bench::report& report, const bench::temporary_directory& directory, bench::table& living_after)
{
    constexpr int count = 60, times = 3;
    constexpr auto settled = 1s;
    bench::table forks{"of " + std::to_string(count) + " starts of one at once, those that fork",
                       {"contender", "over no pid file", "over a stale one", "over a half-written one"},
                       {}};
    for (const auto& who : bench::of_both_linkages()) {
        if (who.start.empty()) continue;
        const storm one{who, directory / who.name, settled};
        std::vector<bench::cell> lives{who.name}, forking{who.name};
        int wrong = 0, losers_forking = 0;
        for (const auto kind : kinds) {
            int least = count, most = 0;
            for (int i = 0; i < times; ++i) {
                const int left = one.daemons_after(kind, count);
                least = std::min(least, left);
                most = std::max(most, left);
                if (left != 1) ++wrong;
            }
            lives.emplace_back(least == most ? bench::cell(static_cast<double>(most))
                                             : bench::cell(std::to_string(least) + " … " + std::to_string(most)));
            const int made = one.forking_after(kind, count, directory);
            forking.emplace_back(static_cast<double>(made));
            losers_forking += made - 1;
        }
        if (who.name.starts_with("ours")) {
            const auto starts = std::to_string(count) + " starts of " + who.name + " at once: ";
            report.add_count(starts + "times that not exactly one lives", wrong, 0,
                             "of " + std::to_string(3 * times) + ", over no, a stale and a half-written pid file");
            report.add_count(starts + "losers that fork", losers_forking, 0, "over each of these once");
        }
        living_after.rows.push_back(std::move(lives));
        forks.rows.push_back(std::move(forking));
    }
    report.add(std::move(forks));
}

} // namespace

void compare_storms(bench::report& report)
{
    bench::check(::prctl(PR_SET_CHILD_SUBREAPER, 1), "become a subreaper");
    const end_all_at_exit guard;
    const bench::temporary_directory directory;
    bench::table lives{"how many daemons live after many starts of one at once",
                       {"contender", "over no pid file", "over a stale one", "over a half-written one", "remark"},
                       {}};
    compare_ourselves(report, directory, lives);
    constexpr int count = 40;
    constexpr auto settled = 1s;
    for (const auto& who : bench::peers(directory / "peer")) {
        if (who.start.empty() || !who.keeper.empty() || !who.needs.empty()) {
            lives.rows.push_back(
                {who.name, "", "", "", who.start.empty() ? who.remark : "a supervisor's: one name, one service"});
            continue;
        }
        const storm one{who, directory / "peer", settled};
        std::vector<bench::cell> row{who.name};
        for (const auto kind : kinds) row.emplace_back(static_cast<double>(one.daemons_after(kind, count)));
        row.emplace_back("of " + std::to_string(count));
        lives.rows.push_back(std::move(row));
    }
    report.add(std::move(lives));
}
