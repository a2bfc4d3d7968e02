// SPDX-License-Identifier: BSL-1.0
// A notification descriptor, which s6, OpenRC and dinit pass: one newline when the daemon is ready, then end of file.
#include "service_manager.hpp"
#include "support/text.hpp"

#include <fcntl.h>

#include <array>

namespace {

/// A pipe whose other end is descriptor `number` of the service.
class ready_pipe
{
public:
    explicit ready_pipe(int number = 7) : number_(number) { BOOST_TEST_REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0); }
    ready_pipe(const ready_pipe&) = delete;
    ready_pipe& operator=(const ready_pipe&) = delete;
    ~ready_pipe()
    {
        for (const int fd : ends_)
            if (fd != -1) ::close(fd);
    }

    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] std::function<void()> inherited() const
    {
        return [this] { ::dup2(ends_[1], number_); };
    }
    /// All data until the last writer has closed it.
    std::string everything()
    {
        ::close(std::exchange(ends_[1], -1));
        std::string all;
        std::array<char, 64> bytes{};
        pollfd p{ends_[0], POLLIN, 0};
        while (::poll(&p, 1, static_cast<int>(std::chrono::milliseconds(generous).count())) == 1) {
            const auto n = ::read(ends_[0], bytes.data(), bytes.size());
            if (n <= 0) return all;
            all.append(bytes.data(), static_cast<std::size_t>(n));
        }
        return all + " and no end";
    }

private:
    int number_;
    std::array<int, 2> ends_{-1, -1};
};

} // namespace

BOOST_AUTO_TEST_SUITE(descriptor, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(one_newline_and_end_of_file_while_the_daemon_runs)
{
    for (const auto& deployment : each_deployment)
        for (const bool option : {true, false})
            for (const int number : {3, 7, 200}) BOOST_TEST_CONTEXT(deployment << " option " << option << ' ' << number)
                {
                    ready_pipe pipe(number);
                    const strings command =
                        option ? strings{deployment, "run", "--ready-fd", std::to_string(pipe.number())}
                               : strings{deployment, "run"};
                    const strings environment =
                        option ? strings{} : strings{"READY_FD=" + std::to_string(pipe.number())};
                    service daemon(command, environment, pipe.inherited());
                    BOOST_TEST(pipe.everything() == "\n");
                    BOOST_TEST(daemon->says("running\n"), daemon->heard());
                    daemon->signal(SIGHUP);
                    BOOST_TEST(daemon->says("on_reload\n"));
                    daemon->signal(SIGTERM);
                    BOOST_TEST(daemon->status() == 0);
                }
}

BOOST_AUTO_TEST_CASE(a_start_that_fails_closes_it_without_a_newline)
{
    for (const auto& deployment : each_deployment) BOOST_TEST_CONTEXT(deployment)
        {
            ready_pipe pipe;
            service daemon({deployment, "run", "--ready-fd=7"}, {"FAILS=no licence"}, pipe.inherited());
            BOOST_TEST(pipe.everything() == "");
            BOOST_TEST(daemon->status() == 1);
        }
}

BOOST_AUTO_TEST_CASE(the_socket_and_the_descriptor_are_both_notified)
{
    const temporary_directory directory;
    for (const auto& deployment : each_deployment) BOOST_TEST_CONTEXT(deployment)
        {
            ready_pipe pipe;
            service_manager manager((directory / deployment).string());
            service daemon({deployment, "run", "--ready-fd=7"}, {manager.variable()}, pipe.inherited());
            BOOST_TEST(pipe.everything() == "\n");
            BOOST_TEST(manager.next().has("READY=1"));
            daemon->signal(SIGTERM);
            BOOST_TEST(manager.next().has("STOPPING=1"));
            BOOST_TEST(daemon->status() == 0);
        }
}

BOOST_AUTO_TEST_CASE(the_reader_may_be_gone)
{
    ready_pipe pipe;
    service daemon({"systemd", "run", "--ready-fd=7"}, {}, [&] {
        pipe.inherited()();
        int other[2];
        if (::pipe2(other, O_CLOEXEC) == 0) ::dup2(other[1], 7); // the exec closes its only reader: no SIGPIPE
    });
    BOOST_TEST(daemon->says("running\n"), daemon->heard());
    daemon->signal(SIGTERM);
    BOOST_TEST(daemon->status() == 0);
}

BOOST_AUTO_TEST_CASE(children_do_not_hold_it)
{
    for (const auto& deployment : each_deployment) BOOST_TEST_CONTEXT(deployment)
        {
            ready_pipe pipe;
            service daemon({deployment, "run", "--ready-fd=7"}, {}, pipe.inherited());
            BOOST_TEST(pipe.everything() == "\n");
            BOOST_TEST(open_descriptors(daemon->pid()).count(7) == 0U);
            daemon->signal(SIGTERM);
            BOOST_TEST(daemon->status() == 0);
        }
}

BOOST_AUTO_TEST_CASE(a_number_that_is_no_open_descriptor_starts_nothing)
{
    const auto not_inherited = [] {
        int fds[2];
        if (::pipe2(fds, O_CLOEXEC) == 0) ::dup3(fds[1], 7, O_CLOEXEC);
    };
    const auto read_only = [] { ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), 7); };
    const struct
    {
        const char* number;
        std::function<void()> prepare;
        std::set<int> status;
    } wrong[] = {{"7", [] { ::close(7); }, {2, 6}}, // no descriptor of that number is open
                 {"7", not_inherited, {2, 6}},
                 {"7", read_only, {2, 6}},
                 {"0", [] {}, {2}},
                 {"1", [] {}, {2}},
                 {"2", [] {}, {2}},
                 {"-1", [] {}, {2}},
                 {"", [] {}, {2}},
                 {"7x", [] {}, {2}},
                 {" 7", [] {}, {2, 6}},
                 {"seven", [] {}, {2}},
                 {"99999999999999999999", [] {}, {2, 6}},
                 {"2147483648", [] {}, {2, 6}}};
    for (const auto& deployment : each_deployment)
        for (const auto& [number, prepare, statuses] : wrong) BOOST_TEST_CONTEXT(deployment << " '" << number << '\'')
            {
                service daemon({deployment, "run", "--ready-fd=" + std::string(number)}, {}, prepare);
                const int status = daemon->status();
                BOOST_TEST(statuses.count(status) == 1U, "status " << status);
                const auto said = daemon->everything();
                BOOST_TEST(!contains(said, "on_start"), said);
                BOOST_TEST(said.starts_with("notified: "), said);
                BOOST_TEST((contains(said, "ready-fd") || contains(said, number)), said);
            }
}

BOOST_AUTO_TEST_CASE(it_belongs_to_the_verb_run)
{
    for (const char* const verb : {"start", "stop", "status", "reload", "restart"}) BOOST_TEST_CONTEXT(verb)
        {
            ready_pipe pipe;
            service daemon({"universal", verb, "--ready-fd=7"}, {}, pipe.inherited());
            BOOST_TEST(daemon->status() == (verb == std::string("status") ? 4 : 2));
            BOOST_TEST(pipe.everything() == "");
            BOOST_TEST(!contains(daemon->everything(), "on_start"));
        }
}

BOOST_AUTO_TEST_SUITE_END()
