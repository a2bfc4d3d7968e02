// SPDX-License-Identifier: BSL-1.0
// Thousands of lives, one after the other, while both cores are busy. They leave nothing in the process that starts
// them, in the directory or in the kernel, and each daemon has received its TERM.
#include "storm.hpp"
#include "support/text.hpp"

#include <boost/filesystem/directory.hpp>

#include <fstream>

namespace {

using kind = happening::kind;

/// The resources of a process that a life could leak.
struct possessions
{
    std::set<int> descriptors = open_descriptors(::getpid());
    std::string signals = proc_status(::getpid(), "SigBlk") + " " + proc_status(::getpid(), "SigIgn") + " " +
                          proc_status(::getpid(), "SigCgt") + " " + proc_status(::getpid(), "SigPnd") + " " +
                          proc_status(::getpid(), "ShdPnd");
    std::string threads = proc_status(::getpid(), "Threads");
    long data = std::atol(proc_status(::getpid(), "VmData").c_str());    ///< kB
    long resident = std::atol(proc_status(::getpid(), "VmRSS").c_str()); ///< kB
};

/// Compares the two. Memory may grow by a few pages, as with any allocator, but not with the number of lives.
void nothing_is_left(const possessions& before, const possessions& after)
{
    BOOST_TEST(before.descriptors == after.descriptors, boost::test_tools::per_element());
    BOOST_TEST(before.signals == after.signals);
    BOOST_TEST(before.threads == after.threads);
#ifndef __SANITIZE_ADDRESS__ // which keeps what was freed
    BOOST_TEST(after.data - before.data <= 16, before.data << " kB of data became " << after.data);
    BOOST_TEST(after.resident - before.resident <= 64, before.resident << " kB resident became " << after.resident);
#endif
}

/// A life unregisters its fork handlers: a later child of fork() keeps everything that this process has.
void a_child_has_everything()
{
    std::vector<sys::unique_fd> files;
    while (files.size() < 20) files.emplace_back(sys::open("/dev/null", O_RDONLY));
    const possessions mine;
    BOOST_TEST(family::status_of(family::fork([&] {
                   const possessions its;
                   return its.descriptors == mine.descriptors && its.signals == mine.signals ? 0 : 1;
               })) == 0);
}

/// The number of lines of /proc/net/unix with this text: abstract sockets of a daemon.
long kernel_names(const std::string& text)
{
    std::ifstream names("/proc/net/unix");
    long count = 0;
    for (std::string line; std::getline(names, line);) count += contains(line, text) ? 1 : 0;
    return count;
}

/// Keeps both cores busy.
class load
{
public:
    load()
    {
        for (int i = 0; i < 2; ++i)
            burners_.insert(family::fork([]() -> int {
                for (volatile unsigned n = 0;;) n = n + 1;
            }));
    }
    load(const load&) = delete;
    load& operator=(const load&) = delete;
    ~load()
    {
        for (const pid_t burner : burners_) put_down(burner);
    }

    [[nodiscard]] const std::set<pid_t>& processes() const noexcept { return burners_; }

private:
    std::set<pid_t> burners_{};
};

/// Starts and stops from this process; returns how many daemons recorded that they received their stop.
template <class Pid, class Fork>
long start_and_stop(int cycles)
{
    const auto name = fs::unique_path("cycled-%%%%-%%%%-%%%%.pid").string();
    const instance<Pid, Fork> it(name);
    const load busy;
    const int batch = std::min(50, cycles / 5); // the journal is checked after each
    long heard = 0;
    std::unique_ptr<possessions> before;
    for (int i = 1; i <= cycles; ++i) {
        it.call(kind::start);
        if (i % batch == 0) {
            const auto lives = family::alive();
            BOOST_TEST(lives.size() == busy.processes().size() + 1);
            BOOST_TEST(lives.count(it.status().pid) == 1);
        }
        it.call(kind::stop);
        if (i % batch != 0 && i != cycles) continue;

        pid_t daemon = 0;
        for (const auto& line : it.written().lines()) {
            BOOST_TEST(line.status == 0, line.said.data());
            if (line.what == kind::start) daemon = line.outcome == start_outcome::ready ? line.pid : -1;
            if (line.what == kind::stop) BOOST_TEST(line.pid == daemon, line.said.data());
        }
        BOOST_TEST(it.written().count(kind::up) == it.written().count(kind::start));
        BOOST_TEST(it.written().count(kind::second) == 0);
        heard += it.written().count(kind::down);
        it.written().clear();
        BOOST_TEST(family::alive() == busy.processes(), boost::test_tools::per_element());
        if (before == nullptr) before = std::make_unique<possessions>();
    }
    nothing_is_left(*before, {});
    a_child_has_everything();
    BOOST_TEST(!fs::exists(it.pid_file()));
    BOOST_TEST(std::distance(fs::directory_iterator(it.pid_file().parent_path()), {}) == 1,
               "the witness alone is left");
    BOOST_TEST(kernel_names(name) == 0);
    return heard;
}

/// A daemon in the foreground that stops itself.
template <class Pid, class Signals>
struct brief : basic_daemon<brief<Pid, Signals>, no_fork, Pid, Signals, inherit_stdio>
{
    explicit brief(long& c) : count(c) {}

    void on_stop() { ++count; }
    int run()
    {
        ::kill(::getpid(), SIGTERM);
        while (this->wait()) {}
        return 0;
    }

    long& count;
};

template <class Pid, class Signals>
long live_here(int cycles)
{
    const temporary_directory top;
    const auto name = fs::unique_path("cycled-%%%%-%%%%-%%%%.pid").string();
    const family everybody;
    const load busy;
    const typename brief<Pid, Signals>::settings s{.pid = {.path = top / ("made/" + name)}};
    long heard = 0;
    std::unique_ptr<possessions> before;
    for (int i = 0; i < cycles; ++i) {
        brief<Pid, Signals> d(heard);
        const start_result r = d.start(s);
        BOOST_TEST((r.outcome == start_outcome::finished), r.message);
        if (i == cycles / 10) before = std::make_unique<possessions>();
    }
    nothing_is_left(*before, {});
    a_child_has_everything();
    BOOST_TEST(fs::is_empty(top.path()));
    BOOST_TEST(kernel_names(name) == 0);
    return heard;
}

#ifdef __SANITIZE_ADDRESS__
constexpr int few = 200; // a fork costs ten times as much
#else
constexpr int few = 1000;
#endif

int all_cycles() { return times("DAEMONKIT_CYCLES", few); }

} // namespace

BOOST_AUTO_TEST_SUITE(cycles, *boost::unit_test::label("slow"))

BOOST_AUTO_TEST_CASE(of_starts_and_stops_leave_nothing_and_every_stop_is_received)
{
    const int each = all_cycles() / 6;
    const long begin = now();
    long heard = start_and_stop<pid_file, single_fork>(each) + start_and_stop<pid_file, double_fork>(each) +
                 start_and_stop<flock_pid_file, single_fork>(each) + start_and_stop<flock_pid_file, double_fork>(each);
    int all = 4 * each;
    if (sys::memory_can_be_shared()) {
        heard += start_and_stop<pid_file, handoff_fork>(each) + start_and_stop<flock_pid_file, handoff_fork>(each);
        all += 2 * each;
    }
    BOOST_TEST(heard == all);
    std::cout << "starts and stops under load: " << all << " cycles, " << heard << " stops received, nothing left; "
              << (now() - begin) / 1'000'000 << " ms\n";
}

BOOST_AUTO_TEST_CASE(of_lives_in_one_process_leave_nothing_in_it)
{
    const int each = all_cycles() / 6;
    const long begin = now();
    const long heard = live_here<pid_file, flag_signals>(each) + live_here<pid_file, self_pipe_signals>(each) +
                       live_here<pid_file, signalfd_signals>(each) + live_here<flock_pid_file, flag_signals>(each) +
                       live_here<flock_pid_file, self_pipe_signals>(each) +
                       live_here<flock_pid_file, signalfd_signals>(each);
    BOOST_TEST(heard == 6L * each);
    std::cout << "lives in one process under load: " << 6 * each << " cycles, " << heard
              << " stops received, nothing left; " << (now() - begin) / 1'000'000 << " ms\n";
}

BOOST_AUTO_TEST_SUITE_END()
