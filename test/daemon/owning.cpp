// SPDX-License-Identifier: BSL-1.0
// owning FORK VERB...: a daemon whose program opens its log, the system log, an event loop and more before start(). The
// variable OWNING is its directory. The file `before` gets a line "NUMBER TARGET" for each descriptor above 2. run(), and
// each reload, uses all that the program opened, and adds a line to the file `used`: "all", or what failed. More
// variables: CLOSE_FIRST=N closes all descriptors from N on first. REPLACE=N: a file of the program gets the number N.
// SAME=N: the file of the number N is closed and opened again for reading and writing, close-on-exec unless PLAINLY is
// set. DUPLICATE=N duplicates N. HIGH=N: a file gets the number N, otherwise 900. KEEP="N M": keep_descriptors.
// STARTS=FORK: on_start() starts another daemon, with the pid file `inner`.
#include "support/file.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <syslog.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

bool library_writes(); // library/opened_at_load.cpp

namespace {

const char* const directory = std::getenv("OWNING");

/// Opened before main().
std::ofstream by_constructor(std::string(directory != nullptr ? directory : "/nowhere") + "/by_constructor"); // NOLINT

std::string in_directory(const std::string& name) { return std::string(directory) + "/" + name; }

/// The number in an environment variable; 0 if it is not set.
int number(const char* name)
{
    const char* const value = std::getenv(name);
    return value != nullptr ? std::atoi(value) : 0;
}

std::vector<int> kept()
{
    const char* const list = std::getenv("KEEP");
    std::istringstream words(list != nullptr ? list : "");
    return {std::istream_iterator<int>(words), {}};
}

int open_plainly(const std::string& name) // not close-on-exec
{
    return ::open(in_directory(name).c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
}

bool writes(std::ostream& stream) { return static_cast<bool>(stream << "line\n" << std::flush); }

bool writes(int fd) { return ::write(fd, "line\n", 5) == 5; }

/// What the program opens.
struct possessions
{
    std::ofstream stream{in_directory("stream")};
    std::ofstream reopened{in_directory("reopened")};
    std::ofstream failed{"/dev/full"};
    std::FILE* file = std::fopen(in_directory("file").c_str(), "w");
    int plain = open_plainly("plain");
    int high = ::dup2(plain, number("HIGH") != 0 ? number("HIGH") : 900);
    int epoll = ::epoll_create1(0);
    int event = ::eventfd(0, EFD_CLOEXEC);
    int timer = ::timerfd_create(CLOCK_MONOTONIC, 0);
    int pipe[2] = {-1, -1};
    int replaced = -1;
    int duplicate = number("DUPLICATE") != 0 ? ::dup(number("DUPLICATE")) : -1;

    possessions()
    {
        if (::pipe(pipe) == -1) std::abort();
        if (const int fd = number("REPLACE"); fd != 0) {
            replaced = open_plainly("replaced");
            if (::dup2(replaced, fd) == -1 || ::close(replaced) == -1) std::abort();
            replaced = fd;
        }
        if (const int fd = number("SAME"); fd != 0) {
            const auto path = boost::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd));
            ::close(fd);
            if (::open(path.c_str(), O_RDWR | (number("PLAINLY") != 0 ? 0 : O_CLOEXEC)) != fd) std::abort();
            replaced = fd;
        }
        for (const int fd : {event, timer}) {
            epoll_event readable = {};
            readable.events = EPOLLIN;
            readable.data.fd = fd;
            if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &readable) == -1) std::abort();
        }
        ::openlog("owning", LOG_NDELAY | LOG_PID, LOG_DAEMON);
        ::syslog(LOG_INFO, "before");
    }

    [[nodiscard]] bool wakes(int fd) const
    {
        epoll_event ready = {};
        std::uint64_t count = 0;
        return ::epoll_wait(epoll, &ready, 1, 5000) == 1 && ready.data.fd == fd &&
               ::read(fd, &count, sizeof count) == sizeof count;
    }

    /// "all", or what does not work.
    std::string use()
    {
        const std::uint64_t one = 1;
        const itimerspec soon{{0, 0}, {0, 1}};
        char line[5];
        ::syslog(LOG_INFO, "after");
        if (number("CLOSE_FIRST") == 0 && !library_writes()) return "library";
        if (number("CLOSE_FIRST") == 0 && !writes(by_constructor)) return "by_constructor";
        if (!writes(stream)) return "stream";
        if (!writes(reopened)) return "reopened";
        if (!writes(failed)) return "failed";
        if (std::fputs("line\n", file) < 0 || std::fflush(file) != 0) return "file";
        if (!writes(plain)) return "plain";
        if (!writes(high)) return "high";
        if (::write(event, &one, sizeof one) != sizeof one || !wakes(event)) return "event";
        if (::timerfd_settime(timer, 0, &soon, nullptr) == -1 || !wakes(timer)) return "timer";
        if (!writes(pipe[1]) || ::read(pipe[0], line, sizeof line) != sizeof line) return "pipe";
        if (replaced != -1 && !writes(replaced)) return "replaced";
        if (duplicate != -1 && !writes(duplicate)) return "duplicate";
        return "all";
    }
};

/// Writes down the descriptors, and those of 0, 1 and 2 that lead to a file in the directory.
void write_down(const std::string& name)
{
    std::string lines;
    for (int fd = 0; fd < 20'000; ++fd) {
        boost::system::error_code none;
        const auto target = boost::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), none).string();
        if (!target.empty() && (fd > 2 || target.starts_with(directory)))
            lines += std::to_string(fd) + " " + target + "\n";
    }
    write_file(in_directory(name), lines);
}

template <class Fork>
struct inner : daemonkit::basic_daemon<inner<Fork>, Fork, daemonkit::flock_pid_file, daemonkit::signalfd_signals,
                                       daemonkit::null_stdio>
{
    int run()
    {
        while (this->wait()) {}
        return 0;
    }
    /// Ends the inner daemon; returns in the outer one.
    static void start_it()
    {
        const auto result = inner{}.start({.pid = {.path = in_directory("inner")}});
        if (!result.in_launcher) ::_exit(result);
    }
};

template <class Fork, class Signals>
struct owning : daemonkit::basic_daemon<owning<Fork, Signals>, Fork, daemonkit::flock_pid_file, Signals,
                                        daemonkit::log_file_stdio, daemonkit::service_notify>
{
    void on_start()
    {
        mine.reopened.close();
        mine.reopened.open(in_directory("reopened"), std::ios::app);
        writes(mine.failed);
        mine.failed.close();
        mine.failed.clear();
        mine.failed.open(in_directory("failed"), std::ios::app);
        const char* const starts = std::getenv("STARTS");
        const std::string fork = starts != nullptr ? starts : "";
        if (fork == "double") inner<daemonkit::double_fork>::start_it();
        if (fork == "single") inner<daemonkit::single_fork>::start_it();
    }
    void on_reload() { append_file(in_directory("used"), mine.use() + "\n"); }
    int run()
    {
        on_reload();
        while (this->wait()) {}
        return 0;
    }

    possessions mine{};
};

template <class Fork, class Signals = daemonkit::signalfd_signals>
int command(int argc, char** argv)
{
    owning<Fork, Signals> daemon;
    if (std::string(argv[2]) == "start" || std::string(argv[2]) == "run") write_down("before");
    return daemonkit::command_line(daemon, argc - 1, argv + 1,
                                   {.pid = {.path = in_directory("pid")},
                                    .stdio = {.output = in_directory("log")},
                                    .process = {.keep_descriptors = kept()}});
}

} // namespace

int main(int argc, char** argv)
{
    using namespace daemonkit;
    if (argc < 3 || directory == nullptr) return exit_status::usage;
    if (const int first = number("CLOSE_FIRST"); first != 0)
        ::syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, 0);
    const std::string fork = argv[1];
    if (fork == "double") return command<double_fork>(argc, argv);
    if (fork == "single") return command<single_fork, self_pipe_signals>(argc, argv);
    if (fork == "handoff") return command<handoff_fork>(argc, argv);
    return fork == "no" ? command<no_fork>(argc, argv) : exit_status::usage;
}
