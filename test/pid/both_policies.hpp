// SPDX-License-Identifier: BSL-1.0
// Shared by the tests of the pid file policies: both policies, the content of a directory, and another process.
#pragma once

#include <daemonkit/pid.hpp>
#include <daemonkit/testing/detail/other_process.hpp>
#include <daemonkit/testing/detail/snapshot.hpp>

#include "support/file.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <boost/filesystem/directory.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

namespace fs = boost::filesystem;
namespace sys = daemonkit::sys;
using namespace daemonkit;
using daemonkit::testing::detail::other_process;
using daemonkit::testing::detail::snapshot;

/// Calls `check` with two functions that make a policy from a path.
template <class Check>
void with_both(Check check)
{
    BOOST_TEST_CONTEXT("pid_file")
    {
        check([](const fs::path& path) { return pid_file{.path = path}; });
    }
    BOOST_TEST_CONTEXT("flock_pid_file")
    {
        check([](const fs::path& path) { return flock_pid_file{.path = path}; });
    }
}

/// Checks that a startup_error (but no already_running) is thrown, with this status and this text.
template <class Call>
void expect_refusal(Call call, const std::string& text, int status = 1)
{
    try {
        call();
        BOOST_ERROR("it was not refused");
    } catch (const already_running& e) {
        BOOST_ERROR(e.what());
    } catch (const startup_error& e) {
        BOOST_TEST(contains(e.what(), text), "'" << e.what() << "' says '" << text << "'");
        BOOST_TEST(e.status() == status, e.what());
    }
}

/// Checks that claim() reports this process as running already.
template <class Policy>
void expect_running(const Policy& policy, pid_t pid)
{
    try {
        (void)policy.claim();
        BOOST_ERROR("it was not refused");
    } catch (const already_running& e) {
        BOOST_TEST(e.pid() == pid, e.what());
        BOOST_TEST(contains(e.what(), "pid " + std::to_string(pid)), e.what());
    }
}

/// Claims, publishes, says so and waits for go(); then its guard is destroyed.
template <class Policy>
auto daemon_of(const Policy& policy)
{
    return [policy](const other_process& self) {
        auto guard = policy.claim();
        guard.publish(::getpid());
        self.say(1);
        self.await();
        return 0;
    };
}
