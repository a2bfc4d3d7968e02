// SPDX-License-Identifier: BSL-1.0
// sys/death.hpp: how a process died that is no child of this one.
#include <daemonkit/sys/deadline.hpp>
#include <daemonkit/sys/death.hpp>

#include "support/disabled_call.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>
#include <string>

using namespace daemonkit;

namespace {

/// A process that `die` ends, and that was not reaped.
template <class Die>
class zombie
{
public:
    explicit zombie(Die die) : pid_(::fork())
    {
        if (pid_ == 0) {
            die();
            ::_exit(99);
        }
        process_.reset(sys::pidfd_open(pid_));
        BOOST_REQUIRE(sys::readable_within(process_.get(), std::chrono::seconds(30)));
    }
    zombie(const zombie&) = delete;
    zombie& operator=(const zombie&) = delete;
    ~zombie() { reap(); }

    int reap()
    {
        int status = -1;
        ::waitpid(pid_, &status, 0);
        return status;
    }
    [[nodiscard]] int told() const { return sys::wait_status_of(process_.get(), pid_); }

private:
    pid_t pid_;
    sys::unique_fd process_{};
};

#define NEEDS_DEATHS() \
    if (!sys::pidfd_tells_death()) DAEMONKIT_SKIP("a pidfd tells no death here: Linux 6.15")

} // namespace

BOOST_AUTO_TEST_SUITE(death, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(the_wait_status_is_the_52nd_field_of_a_zombie)
{
    const auto stat = [](const std::string& name, char state, const std::string& code) {
        std::string text = "17 (" + name + ") " + state;
        for (int field = 4; field < 52; ++field) text += " " + std::to_string(field);
        return text + (code.empty() ? "" : " " + code) + "\n";
    };
    BOOST_TEST((sys::exit_code_of(stat("a", 'Z', "1792")) == 1792));
    BOOST_TEST((sys::exit_code_of(stat(") Z 1 (", 'Z', "9")) == 9));
    BOOST_TEST((sys::exit_code_of(stat("a", 'Z', "9 77")) == 9), "later kernels may have more fields");
    BOOST_TEST(!sys::exit_code_of(stat("a", 'S', "9")), "the pid belongs to another process by now");
    BOOST_TEST(!sys::exit_code_of("17 (a) Z 1 2 3"));
    BOOST_TEST(!sys::exit_code_of("17 (a) Z"));
    BOOST_TEST(!sys::exit_code_of(""));
}

BOOST_AUTO_TEST_CASE(is_told_before_and_after_the_process_was_reaped)
{
    NEEDS_DEATHS();
    const auto both = [](auto die) {
        zombie z(die);
        const int before = z.told();
        const int real = z.reap();
        BOOST_TEST(before == real);
        BOOST_TEST(z.told() == real);
    };
    both([] { ::_exit(0); });
    both([] { ::_exit(7); });
    both([] { ::raise(SIGKILL); });
    both([] { ::raise(SIGTERM); });
}

BOOST_AUTO_TEST_CASE(is_told_only_where_every_call_for_it_works)
{
    NEEDS_DEATHS();
    for (const long call : {SYS_uname, SYS_pidfd_open, SYS_ioctl, SYS_pidfd_send_signal})
        for (const unsigned error : {1U * EPERM, 1U * ENOSYS}) {
            const auto child = in_child([&] {
                if (!disable_call(call, error)) return 77;
                return sys::pidfd_tells_death() ? 1 : 0;
            });
            if (child.status == 77) DAEMONKIT_SKIP("system calls cannot be filtered here");
            BOOST_TEST(child.status == 0, "call " << call);
        }
}

// proc(5) shows 0 instead of the status of another user's process: that is no status.
BOOST_AUTO_TEST_CASE(is_unknown_where_proc_may_not_show_it)
{
    NEEDS_DEATHS();
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    zombie z([] { ::raise(SIGKILL); });
    const auto child = in_child([&] { return ::setuid(65534) == 0 && z.told() == -1 ? 0 : 1; });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_SUITE_END()
