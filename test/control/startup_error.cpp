// SPDX-License-Identifier: BSL-1.0
#include <daemonkit/core/startup_error.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

using namespace daemonkit;

namespace {

int status_of(int number) { return startup_error({number, std::system_category()}, "do").status(); }

} // namespace

BOOST_AUTO_TEST_SUITE(startup_error_)

BOOST_AUTO_TEST_CASE(is_one_sentence_of_step_path_and_reason)
{
    const std::error_code missing(ENOENT, std::system_category());
    BOOST_TEST(startup_error(missing, "open", "/x").what() == std::string("cannot open /x: No such file or directory"));
    BOOST_TEST(startup_error(missing, "fork").what() == std::string("cannot fork: No such file or directory"));
    BOOST_TEST(startup_error(missing, "use", "/x", "it is late").what() == std::string("cannot use /x: it is late"));
    const startup_error e(missing, "open", "/x", "it is late");
    BOOST_TEST(e.step() == "open");
    BOOST_TEST(e.path() == "/x");
    BOOST_TEST((e.code() == missing));
}

BOOST_AUTO_TEST_CASE(knows_the_exit_status)
{
    BOOST_TEST(status_of(EACCES) == 4);
    BOOST_TEST(status_of(EPERM) == 4);
    BOOST_TEST(status_of(ENOENT) == 1);
    BOOST_TEST(status_of(ENOSPC) == 1);
    const auto bad = startup_error::bad_setting("find user", "noone", "it does not exist");
    BOOST_TEST(bad.status() == 6);
    BOOST_TEST(bad.what() == std::string("cannot find user noone: it does not exist"));
}

BOOST_AUTO_TEST_CASE(names_a_call_that_a_sandbox_refuses)
{
    const std::string reason = " is refused here, probably by the seccomp profile of a container or of a service "
                               "manager: allow it there";
    for (const int error : {EPERM, ENOSYS}) {
        const auto e = detail::call_error({error, std::system_category()}, "pidfd_open", "open process", "7");
        BOOST_TEST(e.what() == "cannot open process 7: the system call pidfd_open" + reason);
        BOOST_TEST(e.status() == 1);
    }
    const auto full = detail::call_error({EMFILE, std::system_category()}, "pidfd_open", "open process", "7");
    BOOST_TEST(full.what() == std::string("cannot open process 7: Too many open files"));
    const startup_error unnamed({ENOSYS, std::system_category()}, "make", "/x");
    BOOST_TEST(unnamed.what() == "cannot make /x: a system call for it" + reason);
}

BOOST_AUTO_TEST_CASE(check_passes_results_and_throws_on_minus_one)
{
    BOOST_TEST(check_call(0, "x") == 0);
    BOOST_TEST(check_call(7, "x") == 7);
    BOOST_CHECK_EXCEPTION(check_call(::open("/nowhere/at/all", O_RDONLY), "open", "/nowhere/at/all"), startup_error,
                          [](const startup_error& e) {
                              return e.code().value() == ENOENT &&
                                     e.what() == std::string("cannot open /nowhere/at/all: No such file or directory");
                          });
}

BOOST_AUTO_TEST_SUITE_END()
