// SPDX-License-Identifier: BSL-1.0
// A master and its workers. A worker answers each connection to preforked.sock with the line in the file `greeting`.
// The master replaces a worker that died. A reload replaces all workers: the new ones have the new greeting.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

struct preforked : daemonkit::sysv_daemon<preforked, daemonkit::reaping_signals, daemonkit::log_file_stdio>
{
    void on_start()
    {
        greeting_ = read_greeting();
        const sockaddr_un address{AF_UNIX, "preforked.sock"};
        ::unlink(address.sun_path); // left by a crash; no other instance comes as far as this
        socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == -1 ||
            ::listen(socket_.get(), SOMAXCONN) == -1)
            throw daemonkit::startup_error(daemonkit::last_error(), "listen at", address.sun_path);
    }

    void on_stop() { ::unlink("preforked.sock"); }

    //! [master]
    static constexpr bool announces_ready = true; // start returns when the workers exist

    int run(std::size_t workers)
    {
        fill(workers);
        ready();
        while (wait_for(1s)) fill(workers); // at most once a second: a worker that dies at once is no fork bomb
        retire();
        for (const pid_t worker : retired_) ::waitpid(worker, nullptr, 0);
        return EXIT_SUCCESS;
    }

    void on_reload()
    {
        greeting_ = read_greeting(); // if this throws, the workers stay
        const auto workers = workers_.size();
        retire();
        fill(workers);
    }

    void on_child(pid_t worker, int status)
    {
        if (WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM)
            std::fprintf(stderr, "preforked: worker (pid %d) was killed by signal %d\n", worker, WTERMSIG(status));
        std::erase(workers_, worker);
        std::erase(retired_, worker);
    }
    //! [master]

private:
    void fill(std::size_t workers)
    {
        while (workers_.size() < workers) {
            const pid_t master = ::getpid();
            const pid_t worker = ::fork();
            if (worker == 0) work(master);
            if (worker == -1) return std::perror("preforked: cannot fork a worker");
            workers_.push_back(worker);
        }
    }

    /// A worker that answers a caller ends after the answer.
    void retire()
    {
        for (const pid_t worker : std::exchange(workers_, {})) {
            ::kill(worker, SIGTERM);
            retired_.push_back(worker);
        }
    }

    //! [worker]
    /// In the worker. It must not return: the rest of run() and on_stop() are the master's.
    [[noreturn]] void work(pid_t master) const
    {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM); // also when the master is killed
        if (::getppid() != master) ::_exit(EXIT_SUCCESS);
        sigset_t stop;
        sigset_t open;
        ::sigemptyset(&stop);
        ::sigaddset(&stop, SIGTERM);
        ::sigprocmask(SIG_BLOCK, &stop, &open);
        for (pollfd caller{socket_.get(), POLLIN, 0};;) {
            ::ppoll(&caller, 1, nullptr, &open); // the only place where TERM ends the worker
            const daemonkit::sys::unique_fd client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (client) ::send(client.get(), greeting_.data(), greeting_.size(), MSG_NOSIGNAL);
        }
    }
    //! [worker]

    static std::string read_greeting()
    {
        std::ifstream in("greeting");
        std::string line;
        if (!std::getline(in, line)) throw daemonkit::startup_error(daemonkit::last_error(), "read", "greeting");
        return line + "\n";
    }

    std::string greeting_{};
    daemonkit::sys::unique_fd socket_{};
    std::vector<pid_t> workers_{};
    std::vector<pid_t> retired_{};
};

int main(int argc, char** argv)
{
    const auto settings = []() -> preforked::settings {
        const auto here = boost::filesystem::current_path();
        return {.pid = {.path = here / "preforked.pid"},
                .stdio = {.output = here / "preforked.log"},
                .process = {.working_directory = here.string()}};
    };
    return daemonkit::command_line<preforked>(argc, argv, settings, 3U);
}
