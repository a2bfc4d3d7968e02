// SPDX-License-Identifier: BSL-1.0
// A user's own policies: the program that is made of them, and the policies for themselves.
#define main main_of_variant
#include "../variant.cpp"
#undef main

#include "example.hpp"
#include "support/skip.hpp"

#include <daemonkit/testing/pid_policy.hpp>
#include <daemonkit/testing/stdio_policy.hpp>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>

namespace {

/// A system log that listens for one test.
class system_log
{
public:
    explicit system_log(std::string path) : path_(std::move(path)) { bind(); }
    system_log(const system_log&) = delete;
    system_log& operator=(const system_log&) = delete;

    void restart()
    {
        boost::filesystem::remove(path_);
        bind();
    }

    /// The next message, as it was sent.
    std::string next()
    {
        pollfd p{socket_.get(), POLLIN, 0};
        if (::poll(&p, 1, 20000) != 1) return "nothing came";
        std::array<char, 1024> text{};
        const auto size = ::recv(socket_.get(), text.data(), text.size(), 0);
        return {text.data(), static_cast<std::size_t>(size)};
    }

private:
    void bind()
    {
        socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        BOOST_REQUIRE(on_address(::bind, socket_, path_) == 0);
    }

    std::string path_;
    sys::unique_fd socket_;
};

std::string fresh_name()
{
    static std::atomic<int> count;
    return "daemonkit-test-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

/// variant with a log and a name of its own.
struct variant_program
{
    std::string name = fresh_name();
    temporary_directory directory{};
    std::string log_path = (directory / "log").string();
    system_log log{log_path};
    example program{"variant", {"VARIANT_NAME=" + name, "VARIANT_LOG=" + log_path}};

    variant_program() = default;
    variant_program(const variant_program&) = delete;
    variant_program& operator=(const variant_program&) = delete;
    ~variant_program() { put_down(pid()); }

    outcome operator()(const std::string& verb) const { return program({verb}); }
    [[nodiscard]] pid_t pid() const { return abstract_socket{name}.find().pid; }
};

} // namespace

static_assert(daemonkit::pid_policy<abstract_socket> && daemonkit::stdio_policy<syslog_stdio>);

namespace {

const daemonkit::testing::pid_policy_tests identity_tests("abstract_socket", [](const boost::filesystem::path&) {
    return abstract_socket{fresh_name()};
});
const daemonkit::testing::stdio_policy_tests streams_tests("syslog_stdio", [](const boost::filesystem::path& d) {
    static std::vector<std::unique_ptr<system_log>> logs; // for the life of the case
    logs.push_back(std::make_unique<system_log>((d / "log").string()));
    boost::filesystem::permissions(d / "log", boost::filesystem::perms(0666)); // as that of /dev/log
    return syslog_stdio{(d / "log").string()};
});

} // namespace

BOOST_AUTO_TEST_SUITE(own_policies, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(every_verb_from_stopped_to_stopped)
{
    variant_program variant;
    BOOST_TEST(variant("status").status == 3);
    auto said = variant("start");
    const pid_t pid = variant.pid();
    BOOST_TEST(said.status == 0);
    BOOST_TEST(example::with(pid, said.out) == "variant: started (pid N)\n");
    BOOST_TEST(said.err == "");
    BOOST_TEST(alive(pid));
    said = variant("status");
    BOOST_TEST(said.status == 0);
    BOOST_TEST(said.out.find("running (pid " + std::to_string(pid) + ") since ") != std::string::npos, said.out);
    BOOST_TEST(said.out.find("recorded in @" + variant.name) != std::string::npos, said.out);
    said = variant("start");
    BOOST_TEST(said.status == 0);
    BOOST_TEST(example::with(pid, said.out) == "variant: already running (pid N)\n");
    BOOST_TEST(variant("reload").status == 0);
    BOOST_TEST(variant("restart").status == 0);
    BOOST_TEST(!alive(pid));
    BOOST_TEST(variant.pid() != pid);
    BOOST_TEST(variant("stop").status == 0);
    BOOST_TEST(variant.pid() == 0);
    BOOST_TEST(variant("stop").status == 0);
    BOOST_TEST(variant("reload").status == 7);
    BOOST_TEST(variant("status").status == 3);
}

BOOST_AUTO_TEST_CASE(of_many_starts_at_once_one_becomes_the_daemon)
{
    variant_program variant;
    const std::string start = "VARIANT_NAME=" + variant.name + " VARIANT_LOG=" + variant.log_path +
                              " " DAEMONKIT_EXAMPLE_DIR "/variant start";
    const auto said = run({"bash", "-c", "for i in 1 2 3 4 5 6 7 8; do " + start + " & done; wait"});
    BOOST_TEST(said.err == "");
    const auto text = example::with(variant.pid(), said.out);
    std::size_t started = 0;
    for (auto at = text.find("started (pid N)"); at != std::string::npos; at = text.find("started (pid N)", at + 1))
        ++started;
    BOOST_TEST(started == 1U, text);
    BOOST_TEST(variant.log.next() == "variant: here I am\n");
    BOOST_TEST(variant("stop").status == 0);
    BOOST_TEST(variant.log.next() == "variant: good-bye\n"); // of the one that was there
}

BOOST_AUTO_TEST_CASE(a_crash_leaves_nothing_behind)
{
    variant_program variant;
    BOOST_REQUIRE(variant("start").status == 0);
    const pid_t first = variant.pid();
    ::kill(first, SIGKILL);
    BOOST_REQUIRE(ends(first));
    BOOST_TEST(variant("status").status == 3);
    BOOST_TEST(variant("start").status == 0);
    BOOST_TEST(variant.pid() != 0);
}

BOOST_AUTO_TEST_CASE(both_streams_reach_the_log_and_a_restarted_log_after_a_reload)
{
    variant_program variant;
    BOOST_REQUIRE(variant("start").status == 0);
    BOOST_TEST(variant.log.next() == "variant: here I am\n");
    BOOST_TEST(proc_link(variant.pid(), "fd/0") == "/dev/null");
    variant.log.restart();
    BOOST_TEST(variant("reload").status == 0);
    BOOST_TEST(variant.log.next() == "variant: nothing to reload\n");
    BOOST_TEST(variant("stop").status == 0);
    BOOST_TEST(variant.log.next() == "variant: good-bye\n");
}

BOOST_AUTO_TEST_CASE(a_reload_without_a_log_is_refused_and_the_daemon_goes_on)
{
    variant_program variant;
    BOOST_REQUIRE(variant("start").status == 0);
    BOOST_TEST(variant.log.next() == "variant: here I am\n");
    boost::filesystem::remove(variant.log_path); // who is connected stays so
    BOOST_TEST(variant("reload").status == 0);
    BOOST_TEST(variant.log.next() ==
               "warning: variant: reload refused, the old state stays: cannot connect to the system log " +
                   variant.log_path + ": No such file or directory\n");
    BOOST_TEST(variant("status").status == 0);
}

BOOST_AUTO_TEST_CASE(without_a_log_start_says_so)
{
    variant_program variant;
    boost::filesystem::remove(variant.log_path);
    const auto said = variant("start");
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.err ==
               "variant: cannot connect to the system log " + variant.log_path + ": No such file or directory\n");
    BOOST_TEST(variant("status").status == 3);
}

BOOST_AUTO_TEST_CASE(asking_again_and_again_fills_no_queue)
{
    variant_program variant;
    BOOST_REQUIRE(variant("start").status == 0);
    const pid_t pid = variant.pid();
    // Two connections each, and the queue has room for 4096. An instant in which it is full is no lie, so it is asked
    // until there is an answer.
    for (int i = 0; i < 5000; ++i)
        BOOST_REQUIRE(eventually([&] {
            try {
                return variant.pid() == pid;
            } catch (const daemonkit::startup_error&) {
                return false;
            }
        }));
    const auto held = open_descriptors(pid).size();
    BOOST_TEST(held < 10U);
    BOOST_TEST(variant("stop").status == 0);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_claimed_and_not_yet_published_is_nobody)
{
    const abstract_socket policy{fresh_name()};
    const auto claimed = policy.claim();
    BOOST_TEST(!policy.find());
}

BOOST_AUTO_TEST_CASE(a_child_of_the_daemon_does_not_keep_the_identity)
{
    const abstract_socket policy{fresh_name()};
    int alive_until_closed[2];
    BOOST_REQUIRE(::pipe2(alive_until_closed, O_CLOEXEC) == 0);
    const auto said = in_child([&] {
        auto guard = policy.claim();
        guard.publish(::getpid());
        if (policy.find().pid != ::getpid()) return 1;
        std::fflush(nullptr);
        if (::fork() == 0) { // outlives the daemon, until the test closes the other end
            ::close(1);
            ::close(2);
            ::close(alive_until_closed[1]);
            char byte = 0;
            ::_exit(::read(alive_until_closed[0], &byte, 1) == 0 ? 0 : 1);
        }
        return 0; // by _exit: no destructor of ours is run
    });
    BOOST_TEST(said.status == 0);
    BOOST_TEST(!policy.find());
    BOOST_CHECK_NO_THROW(static_cast<void>(policy.claim()));
    ::close(alive_until_closed[0]);
    ::close(alive_until_closed[1]);
}

BOOST_AUTO_TEST_CASE(another_users_name_is_not_believed, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to act as another user");
    variant_program variant;
    int done[2];
    int listening[2];
    BOOST_REQUIRE(::pipe2(done, O_CLOEXEC) == 0 && ::pipe2(listening, O_CLOEXEC) == 0);
    const pid_t squatter = ::fork();
    if (squatter == 0) {
        if (::setresuid(65534, 65534, 65534) != 0) ::_exit(1);
        ::close(done[1]);
        auto guard = abstract_socket{variant.name}.claim();
        guard.publish(::getpid());
        char byte = 0;
        if (::write(listening[1], "!", 1) != 1) ::_exit(1);
        ::_exit(::read(done[0], &byte, 1) == 0 ? 0 : 1);
    }
    ::close(listening[1]);
    char byte = 0;
    BOOST_TEST(::read(listening[0], &byte, 1) == 1);
    const std::string sentence = "cannot trust @" + variant.name + ": it is taken by user 65534\n";
    auto said = variant("status");
    BOOST_TEST(said.status == 4);
    BOOST_TEST(said.err == "variant: status unknown: " + sentence);
    for (const char* const verb : {"start", "stop"}) {
        said = variant(verb);
        BOOST_TEST(said.status == 4);
        BOOST_TEST(said.err == "variant: " + sentence);
    }
    BOOST_TEST(alive(squatter));
    for (const int fd : {done[0], done[1], listening[0]}) ::close(fd);
    BOOST_TEST(::waitpid(squatter, nullptr, 0) == squatter);
}

BOOST_AUTO_TEST_SUITE_END()
