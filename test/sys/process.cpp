// SPDX-License-Identifier: BSL-1.0
// Processes, users and signals: process.hpp, fork_handler.hpp, private_fd.hpp, credentials.hpp, signal_mask.hpp.
#include <daemonkit/sys/credentials.hpp>
#include <daemonkit/sys/deadline.hpp>
#include <daemonkit/sys/fork_handler.hpp>
#include <daemonkit/sys/private_fd.hpp>
#include <daemonkit/sys/process.hpp>
#include <daemonkit/sys/raw/dispositions.hpp>
#include <daemonkit/sys/self_pipe.hpp>
#include <daemonkit/sys/signal_mask.hpp>

#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/user.hpp"

#include <boost/test/unit_test.hpp>

#include <linux/securebits.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sys = daemonkit::sys;

namespace {

/// The wait status of a child that runs `body`.
template <class Body>
int wait_status_of(Body body)
{
    const pid_t child = ::fork();
    if (child == 0) {
        body();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

} // namespace

BOOST_AUTO_TEST_SUITE(process)

BOOST_AUTO_TEST_CASE(a_command_name_cannot_forge_what_is_read, *boost::unit_test::label("process"))
{
    for (const char* const name : {") R 1 2 3", "a b c", "((((", "))))", ") S 0 0 0 (x", "x)\n9 9 9 9", " ", ""}) {
        const auto child = in_child([&] {
            const auto before = sys::read_process_stat(::getpid());
            ::prctl(PR_SET_NAME, name);
            const auto after = sys::read_process_stat(::getpid());
            if (!holds(before && after, "the process is seen")) return 1;
            if (!holds(before->start > 0, "it is what the kernel tells")) return 1;
            if (!holds(after->state == 'R', "it runs")) return 1;
            return holds(after->start == before->start, "the name changes nothing") ? 0 : 1;
        });
        BOOST_TEST(child.status == 0, "named '" << name << "': " << child.err);
    }
}

BOOST_AUTO_TEST_CASE(threads_are_counted, *boost::unit_test::label("process"))
{
    const auto child = in_child([] {
        std::thread one([] { ::pause(); }), two([] { ::pause(); });
        ::_exit(static_cast<int>(sys::thread_count()));
        return 0;
    });
    BOOST_TEST(child.status == 3, child.err);
}

BOOST_AUTO_TEST_CASE(a_process_that_is_not_there_has_no_stat)
{
    const pid_t gone = ::fork();
    if (gone == 0) ::_exit(0);
    BOOST_TEST(sys::read_process_stat(gone).has_value()); // a zombie at the most
    ::waitpid(gone, nullptr, 0);
    BOOST_TEST(!sys::read_process_stat(gone).has_value());
    BOOST_TEST(!sys::read_process_stat(0).has_value());
    BOOST_TEST(!sys::read_process_stat(-1).has_value());
}

BOOST_AUTO_TEST_CASE(a_stopped_process_is_seen, *boost::unit_test::label("process"))
{
    const pid_t child = ::fork();
    if (child == 0) {
        for (;;) ::pause();
    }
    const auto state = [&] { return sys::read_process_stat(child).value_or(sys::process_stat{}).state; };
    BOOST_TEST(eventually([&] { return state() == 'S'; }));
    ::kill(child, SIGSTOP);
    BOOST_TEST(eventually([&] { return state() == 'T'; }));
    ::kill(child, SIGKILL);
    BOOST_TEST(eventually([&] { return state() == 'Z'; }));
    ::waitpid(child, nullptr, 0);
}

BOOST_AUTO_TEST_CASE(the_start_time_is_wall_clock_time)
{
    const auto before = std::chrono::system_clock::now();
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    const auto stat = sys::read_process_stat(child);
    ::waitpid(child, nullptr, 0);
    BOOST_TEST_REQUIRE(stat.has_value());
    const auto start = sys::wall_time(stat->start);
    const auto off = std::chrono::seconds(2); // ticks, and two clocks that are not read at once
    BOOST_TEST((start > before - off && start < std::chrono::system_clock::now() + off));
}

BOOST_AUTO_TEST_CASE(the_boot_id_is_there_and_stays)
{
    sys::small_text once;
    sys::small_text twice;
    BOOST_TEST_REQUIRE(sys::read_boot_id(once) == 0);
    BOOST_TEST_REQUIRE(sys::read_boot_id(twice) == 0);
    BOOST_TEST(once.length >= 36U);
    BOOST_TEST(once.view() == twice.view());
}

BOOST_AUTO_TEST_CASE(a_wait_status_becomes_a_status_and_a_sentence)
{
    const auto death_of = [](int wait_status) { return std::string(sys::description_of_death(wait_status)); };
    const auto seven = wait_status_of([] { ::_exit(7); });
    BOOST_TEST(sys::exit_status_of(seven) == 7);
    BOOST_TEST(death_of(seven) == "exited with status 7");

    const auto nothing = wait_status_of([] { ::_exit(0); });
    BOOST_TEST(sys::exit_status_of(nothing) == 1); // the caller did not expect an end
    BOOST_TEST(death_of(nothing) == "exited with status 0");

    const auto killed = wait_status_of([] { ::raise(SIGKILL); });
    BOOST_TEST(sys::exit_status_of(killed) == 1);
    BOOST_TEST(death_of(killed) == "was killed by signal 9 (Killed)");

    const auto dumped = wait_status_of([] {
        ::signal(SIGSEGV, SIG_DFL); // a sanitizer has its own
        ::raise(SIGSEGV);
    });
    BOOST_TEST(sys::exit_status_of(dumped) == 1);
    BOOST_TEST(death_of(dumped) == "was killed by signal 11 (Segmentation fault)");

    BOOST_TEST(sys::exit_status_of(-1) == 1);
    BOOST_TEST(death_of(-1) == "died");
}

BOOST_AUTO_TEST_CASE(signals_have_names)
{
    BOOST_TEST(sys::signal_name(SIGTERM) == "SIGTERM");
    BOOST_TEST(sys::signal_name(SIGKILL) == "SIGKILL");
    BOOST_TEST(sys::signal_name(63) == "signal 63");
}

BOOST_AUTO_TEST_CASE(reap_collects_only_what_has_exited)
{
    sys::unique_fd read_end, write_end;
    BOOST_TEST_REQUIRE(sys::open_pipe(read_end, write_end) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        write_end.reset();
        sys::readable_within(read_end.get(), sys::forever);
        ::_exit(5);
    }
    const sys::unique_fd watched(sys::pidfd_open(child));
    BOOST_TEST(sys::reap(child) == -1);
    write_end.reset();
    BOOST_TEST(sys::readable_within(watched.get(), generous));
    BOOST_TEST(sys::exit_status_of(sys::reap(child)) == 5);
    BOOST_TEST(sys::reap(child) == -1);
}

BOOST_AUTO_TEST_CASE(a_pidfd_reaches_its_process_or_none)
{
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    const sys::unique_fd process(sys::pidfd_open(child));
    BOOST_TEST_REQUIRE(static_cast<bool>(process));
    BOOST_TEST(::fcntl(process.get(), F_GETFD) == FD_CLOEXEC);
    BOOST_TEST(sys::pidfd_send_signal(process.get(), 0) == 0);
    sys::send_signal(child, SIGKILL);
    sys::collect(child);
    BOOST_TEST(sys::pidfd_send_signal(process.get(), SIGTERM) == -1);
    BOOST_TEST(errno == ESRCH);
    BOOST_TEST(::waitpid(child, nullptr, WNOHANG) == -1); // it was collected
}

BOOST_AUTO_TEST_CASE(a_line_in_the_buffer_is_printed_by_one_process, *boost::unit_test::label("process"))
{
    const auto child = in_child([] {
        std::printf("once\n");
        sys::flush_streams();
        const pid_t grandchild = ::fork();
        if (grandchild == 0) {
            std::fflush(nullptr);
            ::_exit(0);
        }
        ::waitpid(grandchild, nullptr, 0);
        return 0;
    });
    BOOST_TEST(child.out == "once\n");
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

long ran = 0;
void add(long amount) noexcept { ran += amount; }

/// The value of `ran` in a child made by fork().
int ran_in_child()
{
    return WEXITSTATUS(wait_status_of([] { ::_exit(static_cast<int>(ran)); }));
}

} // namespace

BOOST_AUTO_TEST_SUITE(fork_handler)

BOOST_AUTO_TEST_CASE(runs_in_the_child_before_fork_returns_and_only_there)
{
    const sys::fork_handler handler(add, 5);
    BOOST_TEST(ran_in_child() == 5);
    BOOST_TEST(ran_in_child() == 5); // each child
    BOOST_TEST(ran == 0);
}

BOOST_AUTO_TEST_CASE(does_not_run_again_in_a_grandchild)
{
    const sys::fork_handler handler(add, 5);
    const int status = wait_status_of([] { ::_exit(ran_in_child()); });
    BOOST_TEST(WEXITSTATUS(status) == 5);
}

BOOST_AUTO_TEST_CASE(of_a_parent_is_none_of_its_children_s)
{
    auto parents = std::make_unique<sys::fork_handler>(add, 5);
    const int status = wait_status_of([&] {
        if (*parents || sys::fork_handler::any()) ::_exit(1);
        const sys::fork_handler own(add, 3); // in the same slot
        parents.reset();
        ::_exit(ran_in_child());
    });
    BOOST_TEST(WEXITSTATUS(status) == 8);
    BOOST_TEST(sys::fork_handler::any());
}

BOOST_AUTO_TEST_CASE(the_last_one_runs_first)
{
    const sys::fork_handler first([](long) noexcept { ran = ran == 7 ? 9 : 1; }, 0);
    const sys::fork_handler second([](long) noexcept { ran = 7; }, 0);
    BOOST_TEST(ran_in_child() == 9);
}

BOOST_AUTO_TEST_CASE(does_not_run_once_it_is_dropped)
{
    {
        const sys::fork_handler handler(add, 5);
    }
    BOOST_TEST(ran_in_child() == 0);
}

BOOST_AUTO_TEST_CASE(moves_and_still_runs_once)
{
    sys::fork_handler assigned;
    {
        sys::fork_handler first(add, 5);
        sys::fork_handler moved(std::move(first));
        BOOST_TEST(ran_in_child() == 5);
        assigned = std::move(moved);
    }
    BOOST_TEST(ran_in_child() == 5);
    assigned = sys::fork_handler(add, 7);
    BOOST_TEST(ran_in_child() == 7);
    assigned = sys::fork_handler();
    BOOST_TEST(ran_in_child() == 0);
}

BOOST_AUTO_TEST_CASE(several_run_all_and_too_many_are_refused)
{
    {
        std::vector<sys::fork_handler> handlers;
        for (int i = 0; i < 16; ++i) handlers.emplace_back(add, 1);
        BOOST_TEST(ran_in_child() == 16);
        BOOST_TEST(!sys::fork_handler(add, 1));
        BOOST_TEST(errno == ENOBUFS);
    }
    const sys::fork_handler again(add, 3);
    BOOST_TEST(ran_in_child() == 3);
}

BOOST_AUTO_TEST_CASE(knows_in_the_child_that_it_ran_and_leaves_the_slot_to_the_next)
{
    sys::fork_handler handler(add, 5);
    BOOST_TEST(!handler.ran());
    const int status = wait_status_of([&] {
        const bool there = handler.ran();
        const sys::fork_handler next(add, 7); // gets the slot of the first one
        handler = sys::fork_handler();
        ::_exit(there && !next.ran() && ran_in_child() == 12 ? 0 : 1); // 5 ran before, 7 is still registered
    });
    BOOST_TEST(WEXITSTATUS(status) == 0);
    BOOST_TEST(!handler.ran());
}

BOOST_AUTO_TEST_CASE(close_in_child_closes_there_and_not_here)
{
    const sys::unique_fd file(sys::open("/dev/null", O_RDONLY));
    const sys::fork_handler handler(sys::close_in_child, file.get());
    const int status = wait_status_of([&] { ::_exit(::fcntl(file.get(), F_GETFD) == -1 ? 9 : 0); });
    BOOST_TEST(WEXITSTATUS(status) == 9);
    BOOST_TEST(::fcntl(file.get(), F_GETFD) != -1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(private_fd)

namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

sys::unique_fd null_device() { return sys::unique_fd(sys::open("/dev/null", O_RDONLY)); }

} // namespace

BOOST_AUTO_TEST_CASE(is_closed_and_empty_in_a_child)
{
    const sys::private_fd fd(null_device());
    const int number = fd.get();
    const int status = wait_status_of([&] { ::_exit(fd.get() == -1 && !fd && !is_open(number) ? 0 : 1); });
    BOOST_TEST(WEXITSTATUS(status) == 0);
    BOOST_TEST(fd.get() == number);
    BOOST_TEST(is_open(number));
}

BOOST_AUTO_TEST_CASE(does_not_close_its_number_again_in_a_child)
{
    sys::private_fd assigned(null_device());
    sys::private_fd moved(null_device());
    auto* const destroyed = new sys::private_fd(null_device());
    const int status = wait_status_of([&] {
        const sys::unique_fd others[] = {null_device(), null_device(), null_device()}; // the same numbers
        assigned.reset();
        delete destroyed;
        const sys::private_fd target(std::move(moved));
        bool open = target.get() == -1;
        for (const auto& one : others) open = open && is_open(one.get());
        ::_exit(open ? 0 : 1);
    });
    BOOST_TEST(WEXITSTATUS(status) == 0);
    delete destroyed;
}

BOOST_AUTO_TEST_CASE(moves_with_what_happens_in_children)
{
    sys::private_fd first(null_device());
    const int number = first.get();
    sys::private_fd second(std::move(first));
    first = std::move(second);
    second = std::move(first);
    BOOST_TEST(second.get() == number);
    const auto closed_there = [&] {
        return WEXITSTATUS(wait_status_of([&] { ::_exit(is_open(number) ? 1 : 0); })) == 0;
    };
    BOOST_TEST(closed_there());
    second.reset();
    BOOST_TEST(!is_open(number));
    const auto shared = null_device();
    BOOST_TEST(shared.get() == number);
    BOOST_TEST(!closed_there()); // no longer
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(credentials)

BOOST_AUTO_TEST_CASE(users_and_groups_are_found_by_name)
{
    sys::credentials root{1, 1, {1}};
    BOOST_TEST_REQUIRE(sys::find_user("root", root));
    BOOST_TEST(root.uid == 0U);
    BOOST_TEST(root.gid == 0U);
    BOOST_TEST(std::count(root.groups.begin(), root.groups.end(), 0U) == 1);
    gid_t group = 1;
    BOOST_TEST_REQUIRE(sys::find_group("root", group));
    BOOST_TEST(group == 0U);
}

BOOST_AUTO_TEST_CASE(one_that_does_not_exist_is_not_found_and_changes_nothing)
{
    sys::credentials who{77, 78, {79}};
    gid_t group = 80;
    for (const std::string& name : {std::string("no such user or group"), std::string(), std::string(5000, 'x')}) {
        BOOST_TEST(!sys::find_user(name, who));
        BOOST_TEST(!sys::find_group(name, group));
    }
    BOOST_TEST((who.uid == 77 && who.gid == 78 && who.groups == std::vector<gid_t>{79} && group == 80));
}

BOOST_AUTO_TEST_CASE(become_changes_every_id_in_every_thread_for_good, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("only root can change the user");
    const auto child = in_child([] {
        static std::atomic<pid_t> other_thread{0};
        std::thread other([] {
            other_thread = ::gettid();
            for (;;) ::pause(); // glibc interrupts it to change its ids
        });
        holds(eventually([] { return other_thread != 0; }), "there is another thread");
        holds(sys::become({nobody, nobody, {nobody, 4242}}) == 0, "it succeeds");
        for (const char* const field : {"Uid", "Gid", "Groups"})
            for (const pid_t thread : {::getpid(), other_thread.load()})
                std::printf("%s %s\n", field, proc_status(thread, field).c_str());
        const bool back = ::setuid(0) == 0 || ::seteuid(0) == 0 || ::setresuid(~0U, 0, 0) == 0 || ::setgid(0) == 0;
        const gid_t root = 0;
        holds(!back && ::setgroups(1, &root) == -1, "nothing of it comes back");
        holds(proc_status(::getpid(), "CapPrm").find_first_not_of('0') == std::string::npos, "no capability is left");
        std::fflush(nullptr);
        ::_exit(0);
        return 0;
    });
    BOOST_TEST(child.err == "");
    const std::string uid = "Uid 65534\t65534\t65534\t65534\n";
    const std::string gid = "Gid 65534\t65534\t65534\t65534\n";
    const std::string groups = "Groups 4242 65534 \n";
    BOOST_TEST(child.out == uid + uid + gid + gid + groups + groups);
}

BOOST_AUTO_TEST_CASE(become_without_groups_drops_those_of_root, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("only root can change the user");
    const auto child = in_child([] {
        const gid_t extra[]{0, 4, 4242};
        if (::setgroups(3, extra) == -1) return 2;
        if (!holds(sys::become({nobody, nobody, {}}) == 0, "it succeeds")) return 1;
        return holds(proc_status(::getpid(), "Groups").empty(), "no group is left") ? 0 : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_CASE(become_gives_up_capabilities_that_outlive_the_change_of_user, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("only root can change the user");
    const auto child = in_child([] {
        if (::prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) == -1) return 2; // CAP_SETUID among them
        return holds(sys::become({nobody, nobody, {}}) == 0, "it succeeds") &&
                       holds(sys::has_no_capabilities(), "nothing is left") &&
                       holds(::setuid(0) == -1, "root does not come back")
                   ? 0
                   : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_CASE(become_fails_where_a_thread_keeps_them, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("only root can change the user");
    const auto child = in_child([] {
        if (::prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) == -1) return 2;
        std::thread other([] {
            for (;;) ::pause();
        });
        const auto threads = sys::threads_of_this_process();
        const bool noticed = holds(threads.size() >= 2, "it is seen") && // the thread sanitizer has one of its own
                             holds(sys::become({nobody, nobody, {}}, threads) == -1 && errno == EPERM, "it says so");
        std::fflush(nullptr);
        ::_exit(noticed ? 0 : 1);
        return 0;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_CASE(become_is_refused_to_other_users, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root to act as another user");
    const auto child = in_child([] {
        if (::setgroups(0, nullptr) == -1 || ::setresgid(nobody, nobody, nobody) == -1 ||
            ::setresuid(nobody, nobody, nobody) == -1)
            return 2;
        const sys::credentials self{nobody, nobody, {}};
        return holds(sys::is_exactly(self), "it is nobody") &&
                       holds(sys::become(self) == 0, "what one is already is granted") &&
                       holds(sys::become({1, 1, {}}) == -1 && errno == EPERM, "another is not") &&
                       holds(sys::become({0, 0, {}}) == -1 && errno == EPERM, "root is not") &&
                       holds(sys::is_exactly(self), "it is still the user nobody")
                   ? 0
                   : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_CASE(groups_are_the_same_if_none_is_missing_and_none_is_more, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("only root can choose groups");
    const auto child = in_child([] {
        const gid_t own[] = {4242, 4, 4242};
        if (::setgroups(3, own) == -1) return 2;
        return holds(sys::has_groups({4, 4242}) && sys::has_groups({4242, 4, 4}), "the same") &&
                       holds(!sys::has_groups({4}) && !sys::has_groups({}), "fewer") &&
                       holds(!sys::has_groups({4, 4242, 5}) && !sys::has_groups({5, 6}), "more, or others")
                   ? 0
                   : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_CASE(a_process_runs_as_a_user_if_all_three_ids_are_that_user, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("only root can choose the ids");
    const uid_t users[] = {0, 1, nobody};
    for (const uid_t real : users)
        for (const uid_t effective : users)
            for (const uid_t saved : users) {
                const auto child = in_child([&] {
                    if (::setresuid(real, effective, saved) == -1) return 2;
                    for (const uid_t user : users)
                        if (!holds(sys::runs_as(::getpid(), user) ==
                                       (real == user && effective == user && saved == user),
                                   "as user " + std::to_string(user)))
                            return 1;
                    return 0;
                });
                BOOST_TEST(child.status == 0, real << ' ' << effective << ' ' << saved << ": " << child.err);
            }
    BOOST_TEST(!sys::runs_as(dead_pid(), 0));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(signal_mask)

BOOST_AUTO_TEST_CASE(blocked_signals_wait_and_the_mask_comes_back)
{
    const auto child = in_child([] {
        sys::set_mask(sys::no_signals());
        sigset_t one = sys::no_signals();
        sigaddset(&one, SIGUSR1);
        static volatile sig_atomic_t heard = 0;
        ::signal(SIGUSR1, [](int) { heard = 1; });
        {
            const sys::blocked_signals outer(one);
            const sys::blocked_signals inner(sys::all_signals());
            ::raise(SIGUSR1);
            if (!holds(heard == 0, "it waits")) return 1;
            if (!holds(proc_signals(::getpid(), "SigBlk").count(SIGTERM) == 1, "all are blocked")) return 1;
            if (!holds(sigismember(&inner.before(), SIGUSR1) == 1, "the mask before is known")) return 1;
            if (!holds(sigismember(&inner.before(), SIGTERM) == 0, "and only that")) return 1;
        }
        return holds(heard == 1, "it arrives") &&
                       holds(proc_signals(::getpid(), "SigBlk").empty(), "the mask is what it was")
                   ? 0
                   : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_CASE(restore_to_chooses_the_mask_to_have_afterwards)
{
    const auto child = in_child([] {
        sys::set_mask(sys::no_signals());
        sigset_t one = sys::no_signals();
        sigaddset(&one, SIGUSR2);
        {
            sys::blocked_signals blocked(sys::all_signals());
            blocked.restore_to(one);
        }
        return holds(proc_signals(::getpid(), "SigBlk") == std::set<int>{SIGUSR2}, "it is that mask") ? 0 : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_CASE(every_disposition_goes_back_to_the_default)
{
    const auto child = in_child([] {
        for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, signal % 2 == 0 ? SIG_IGN : [](int) {});
        if (!holds(!proc_signals(::getpid(), "SigIgn").empty() && !proc_signals(::getpid(), "SigCgt").empty(),
                   "some are ignored, some caught"))
            return 1;
        sys::reset_dispositions();
        return holds(proc_signals(::getpid(), "SigIgn").empty() && proc_signals(::getpid(), "SigCgt").empty(),
                     "none is")
                   ? 0
                   : 1;
    });
    BOOST_TEST(child.status == 0, child.err);
}

BOOST_AUTO_TEST_SUITE_END()
