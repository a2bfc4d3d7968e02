// SPDX-License-Identifier: BSL-1.0
// echo_load PORT PASSING STAYING [SECONDS]: clients of an echo server on 127.0.0.1, until TERM or INT or for so many
// seconds. Each PASSING client connects, has one line echoed and disconnects, again and again. Each STAYING client
// keeps its connection and has line after line echoed, some of them long. No two lines are equal, so a lost, doubled or
// torn line is detected. It prints "running" when every client has had its first echo, and the totals at the end. Exit
// status 0: no connection was refused, reset or broken, and every echo was right.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

std::atomic<bool> stopping;
std::atomic<int> without_echo; // clients that have had none yet

struct
{
    std::atomic<long> connections;   // established
    std::atomic<long> lines;         // echoed
    std::atomic<long> refused;       // connect(2) failed
    std::atomic<long> reset;         // ended, or mute for 20 s, before one byte was echoed
    std::atomic<long> broken;        // the same, later: established with a process that is gone, and not kept
    std::atomic<long> wrong;         // the echo is not what was sent
    std::atomic<long> connecting_us; // the longest, in microseconds
    std::atomic<long> echoing_us;
} seen;

void note_longest(std::atomic<long>& longest, clock_type::time_point since)
{
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(clock_type::now() - since);
    const auto time = static_cast<long>(took.count());
    for (long before = longest; time > before && !longest.compare_exchange_weak(before, time);) {}
}

class connection
{
public:
    explicit connection(unsigned short port)
    {
        const timeval bound{20, 0};
        for (const int direction : {SO_RCVTIMEO, SO_SNDTIMEO})
            ::setsockopt(fd_, SOL_SOCKET, direction, &bound, sizeof bound);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const auto began = clock_type::now();
        established_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        note_longest(seen.connecting_us, began);
        ++(established_ ? seen.connections : seen.refused);
    }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection() { ::close(fd_); }

    [[nodiscard]] explicit operator bool() const { return established_; }

    /// false: the connection is broken, and counted.
    bool echoes(const std::string& line)
    {
        const auto began = clock_type::now();
        std::string echo(line.size(), '\0');
        if (::send(fd_, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) return ends();
        for (std::size_t have = 0; have < echo.size();) {
            const auto n = ::recv(fd_, echo.data() + have, echo.size() - have, 0);
            if (n <= 0) return ends();
            echoed_ = true;
            have += static_cast<std::size_t>(n);
        }
        note_longest(seen.echoing_us, began);
        ++(echo == line ? seen.lines : seen.wrong);
        return echo == line;
    }

private:
    [[nodiscard]] bool ends() const
    {
        ++(echoed_ ? seen.broken : seen.reset);
        return false;
    }

    int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool established_ = false;
    bool echoed_ = false;
};

/// A line that no client has sent before; each sixteenth is longer than the pipes and buffers on its path.
std::string line_of(int client, long number)
{
    std::string line = std::to_string(client) + " " + std::to_string(number) + " ";
    if (number % 16 == 15)
        while (line.size() < 100'000) line += std::to_string(line.size()) + " ";
    return line + "\n";
}

void visit(unsigned short port, int client, bool stays)
{
    bool first = true;
    const auto echoed = [&] {
        if (std::exchange(first, false)) --without_echo;
    };
    for (long number = 0; !stopping; ++number) {
        connection server(port);
        if (server && stays)
            for (; !stopping && server.echoes(line_of(client, number)); ++number) echoed();
        else if (server && server.echoes(line_of(client, number)))
            echoed();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 4) return std::fputs("Usage: echo_load PORT PASSING STAYING [SECONDS]\n", stderr), 2;
    const auto port = static_cast<unsigned short>(std::atoi(argv[1]));
    const int passing = std::atoi(argv[2]);
    const int all = passing + std::atoi(argv[3]);
    without_echo = all;

    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    std::vector<std::thread> clients;
    for (int client = 0; client < all; ++client) clients.emplace_back(visit, port, client, client >= passing);
    std::thread speaker([] {
        while (!stopping && without_echo > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (without_echo == 0) std::puts("running");
        std::fflush(stdout);
    });

    const timespec time{argc > 4 ? std::atol(argv[4]) : 1'000'000, 0};
    ::sigtimedwait(&ends, nullptr, &time);
    stopping = true;
    for (auto& client : clients) client.join();
    speaker.join();
    std::printf("connections=%ld lines=%ld refused=%ld reset=%ld broken=%ld wrong=%ld longest_connect_us=%ld "
                "longest_echo_us=%ld\n",
                seen.connections.load(), seen.lines.load(), seen.refused.load(), seen.reset.load(), seen.broken.load(),
                seen.wrong.load(), seen.connecting_us.load(), seen.echoing_us.load());
    return seen.refused + seen.reset + seen.broken + seen.wrong == 0 && seen.lines > 0 ? 0 : 1;
}
