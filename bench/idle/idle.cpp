// SPDX-License-Identifier: BSL-1.0
// What a daemon costs that has nothing to do: how often it wakes, its threads, its descriptors, and the memory that
// no other process shares.
#include "contender/linkages.hpp"
#include "contender/peers.hpp"

#include "support/contender.hpp"
#include "support/process.hpp"
#include "support/report.hpp"

#include <boost/filesystem/operations.hpp>

#include <linux/close_range.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <deque>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>

namespace {

using namespace bench;

/// The number after a word at the beginning of a line, as /proc writes them; all of them added up.
double number(const std::string& text, const std::string& word)
{
    double sum = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(word)) sum += std::stod(line.substr(line.find(':') + 1));
    return sum;
}

std::string proc(pid_t process, const char* file) { return "/proc/" + std::to_string(process) + "/" + file; }

double switches(pid_t process)
{
    const auto status = text_of(proc(process, "status"));
    if (status.empty()) throw std::runtime_error("a daemon has died");
    return number(status, "voluntary_ctxt_switches") + number(status, "nonvoluntary_ctxt_switches");
}

double descriptors(pid_t process)
{
    const boost::filesystem::directory_iterator all(proc(process, "fd"));
    return static_cast<double>(std::distance(all, boost::filesystem::directory_iterator()));
}

struct state
{
    double wake_ups = 0; ///< a minute
    double threads = 0;
    double descriptors = 0;
    double memory = 0; ///< KiB
};

/// Several daemons of one program: the text and constants of the program are shared then.
class crowd
{
public:
    static constexpr int size = 5;

    crowd(const contender& who, const std::string& pid_file, bool in_foreground = false) : name(who.name)
    {
        for (int i = 0; i < size; ++i) {
            const auto own_file = pid_file + std::to_string(i);
            daemons_.push_back(in_foreground ? spawn_ready(who, own_file) : start(who, own_file).daemon);
            if (in_foreground) children_.push_back(daemons_.back());
        }
    }
    crowd(const crowd&) = delete;
    crowd& operator=(const crowd&) = delete;
    ~crowd()
    {
        for (const pid_t daemon : daemons_) end(daemon);
        for (const pid_t child : children_) wait_for(child);
    }

    void begin()
    {
        before_.clear();
        for (const pid_t daemon : daemons_) before_.push_back(switches(daemon));
    }

    [[nodiscard]] state after(double minutes) const
    {
        state s;
        sample memory;
        for (std::size_t i = 0; i < daemons_.size(); ++i) { // the busiest of all, but for memory
            s.wake_ups = std::max(s.wake_ups, (switches(daemons_[i]) - before_[i]) / minutes);
            s.threads = std::max(s.threads, number(text_of(proc(daemons_[i], "status")), "Threads"));
            s.descriptors = std::max(s.descriptors, descriptors(daemons_[i]));
            memory.add(number(text_of(proc(daemons_[i], "smaps_rollup")), "Private_"));
        }
        s.memory = memory.result().median; // how the stack lies in its pages is random
        return s;
    }

    const std::string name;

private:
    static pid_t spawn_ready(const contender& who, const std::string& pid_file)
    {
        const auto pipe = make_pipe();
        const pid_t child = spawn(who.start, {"PID_FILE=" + pid_file}, pipe.write.get());
        wait_readable(pipe.read.get(), who.name);
        return child;
    }

    std::vector<pid_t> daemons_;
    std::vector<pid_t> children_;
    std::vector<double> before_;
};

/// This is no synchronisation: it is what is measured.
void let_pass(time_t seconds)
{
    timespec left{seconds, 0};
    while (::nanosleep(&left, &left) == -1) {}
}

/// C with the same guarantees and the same linkage. Only ours needs the libraries of C++.
std::string reference_of(const std::string& name)
{
    if (name.ends_with("_static")) return "by_hand_guarded_static";
    return name.starts_with("ours") || name.starts_with("idle_") ? "by_hand_guarded" : "by_hand";
}

void add_goals(report& report, const std::string& name, const state& ours, const state& reference)
{
    const auto of = "idle, " + name + ": ";
    report.add_count(of + "wake-ups a minute", ours.wake_ups);
    report.add_count(of + "threads", ours.threads, 1);
    report.add_count(of + "descriptors beyond the reference", ours.descriptors - reference.descriptors);
    report.add_goal({.what = "private memory of an idle daemon beyond the reference",
                     .variant = name == "ours" ? "dynamic" : "static",
                     .measured = exactly(ours.memory - reference.memory),
                     .bound = 16,
                     .unit = "KiB"});
}

void measure(report& report)
{
    // Those in the foreground keep what they inherit: that is not to be what the caller of this had open.
    check(::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC), "close what is inherited");
    const temporary_directory directory;
    std::deque<crowd> crowds;
    std::vector<std::vector<cell>> absent;
    const auto add = [&](const contender& who, bool in_foreground = false) {
        if (who.start.empty())
            absent.push_back({who.name, "", "", "", "", "", "", who.remark});
        else
            crowds.emplace_back(who, directory / (std::to_string(crowds.size()) + ".pid"), in_foreground);
    };
    for (const char* name : {"by_hand", "by_hand_linked_alike", "by_hand_static", "by_hand_guarded",
                             "by_hand_guarded_static", "ours", "ours_static", "ours_single_fork", "ours_handoff_fork",
                             "idle_pid_file", "idle_self_pipe_signals", "idle_flag_signals", "idle_log_file_stdio"})
        add(built(name));
    for (const char* name : {"idle_systemd_daemon", "idle_container_daemon"}) add(built(name), true);
    for (const auto& peer : peers(directory / "peer"))
        if (peer.start.size() <= 3 && peer.keeper.empty()) add(peer); // the others are made for one pid file

    constexpr time_t seconds = 30;
    for (auto& c : crowds) c.begin();
    let_pass(seconds);
    std::map<std::string, state> states;
    for (const auto& c : crowds) states[c.name] = c.after(static_cast<double>(seconds) / 60);

    table t{.title = "idle for " + std::to_string(seconds) + " s",
            .columns = {"contender", "wake-ups a minute", "threads", "descriptors", "private memory, KiB",
                        "descriptors beyond the reference", "KiB beyond the reference", "remark"},
            .id = "idle"};
    for (const auto& c : crowds) {
        const auto& s = states.at(c.name);
        const auto& reference = states.at(reference_of(c.name));
        t.rows.push_back({name_in_tables(c.name), s.wake_ups, s.threads, s.descriptors, s.memory,
                          s.descriptors - reference.descriptors, s.memory - reference.memory, ""});
        if (c.name == "ours" || c.name == "ours_static") add_goals(report, c.name, s, reference);
    }
    t.rows.insert(t.rows.end(), absent.begin(), absent.end());
    report.add(std::move(t));
    report.add_note("private memory is Private_* of smaps_rollup, the median of " + std::to_string(crowd::size) +
                    " daemons of one program at once; the reference is C with the same guarantees and the same "
                    "linkage for ours, and C by hand for all others");
}

} // namespace

int main(int argc, char** argv) { return report::write("idle", argc, argv, measure); }
