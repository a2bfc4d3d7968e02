// SPDX-License-Identifier: BSL-1.0
// The stamp of a pid file that its file system does not keep, and one that no longer fits the daemon.
#include "support/file.hpp"
#include "support/pid_namespace.hpp"
#include "support/process.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/mount.h>

namespace fs = boost::filesystem;

namespace {

constexpr const char* policies[] = {"pid_file", "flock_pid_file"};
using words = std::vector<std::string>;

bool says(const program& daemon, const words& launcher, const std::string& verb, int status, const std::string& text)
{
    words all = launcher;
    for (const auto& word : daemon.command({verb})) all.push_back(word);
    const auto said = run(all);
    return holds(said.status == status && contains(said.out + said.err, text),
                 verb + " is " + std::to_string(status) + " and says '" + text + "', it was " +
                     std::to_string(said.status) + ", " + said.out + said.err);
}

/// Where the abstract sockets prove nothing.
const words elsewhere{"unshare", "--net"};

} // namespace

BOOST_AUTO_TEST_SUITE(stamps, *boost::unit_test::label("namespace"))

BOOST_AUTO_TEST_CASE(are_not_needed_where_the_file_system_keeps_none)
{
    for (const auto* const policy : policies) BOOST_TEST_CONTEXT(policy)
        {
            program daemon("enduring");
            daemon.environment = {std::string("PID_POLICY=") + policy};
            const auto image = daemon.directory / "image";
            const auto mounted = daemon.directory / "mounted";
            fs::create_directory(mounted);
            daemon.pid_file = mounted / "d.pid";
            const auto child = in_child([&] {
                if (!unshare_privately(0)) return impossible("make a mount namespace");
                write_file(image, "");
                fs::resize_file(image, 8 << 20);
                // Inodes of 128 bytes have no room for nanoseconds, ext4(5).
                if (run({"mkfs.ext4", "-q", "-I", "128", "-F", image.string()}).status != 0 ||
                    run({"mount", "-o", "loop", image.string(), mounted.string()}).status != 0)
                    return impossible("mount a file system without nanoseconds");
                if (!says(daemon, {}, "start", 0, "started (pid ")) return 1;
                struct stat status = {};
                ::stat(daemon.pid_file.c_str(), &status);
                if (!holds(status.st_mtim.tv_nsec == 0, "there are no nanoseconds")) return 2;
                const auto running = "running (pid " + std::to_string(daemon.pid()) + ")";
                for (const auto& from : {words{}, elsewhere})
                    if (!says(daemon, from, "status", 0, running) ||
                        !says(daemon, from, "start", 0, "already " + running))
                        return 3;
                if (!says(daemon, elsewhere, "stop", 0, "stopped (pid ")) return 4;
                if (!says(daemon, {}, "start", 0, "started (pid ")) return 5;
                put_down(daemon.pid()); // what a crash leaves blocks nothing
                return says(daemon, elsewhere, "status", 1, "dead") && says(daemon, {}, "start", 0, "started (pid ") &&
                               says(daemon, {}, "stop", 0, "stopped (pid ")
                           ? 0
                           : 6;
            });
            EXPECT_GOOD_OR_SKIP(child);
        }
}

BOOST_AUTO_TEST_CASE(are_written_again_by_a_daemon_that_finds_its_own_wrong)
{
    for (const auto* const policy : policies) BOOST_TEST_CONTEXT(policy)
        {
            program daemon("enduring");
            daemon.environment = {std::string("PID_POLICY=") + policy};
            const auto child = in_child([&] {
                if (!unshare_privately(0)) return impossible("make a mount namespace");
                if (!says(daemon, {}, "start", 0, "started (pid ")) return 1;
                const auto pid = std::to_string(daemon.pid());
                write_file(daemon.directory / "boot_id", "00000000-0000-4000-8000-000000000000\n");
                const char* const boot_id = "/proc/sys/kernel/random/boot_id";
                ::umount2(boot_id, MNT_DETACH);
                if (::mount((daemon.directory / "boot_id").c_str(), boot_id, nullptr, MS_BIND, nullptr) == -1)
                    return impossible("pretend another boot");
                // As after a checkpoint and restore on another boot.
                if (!says(daemon, elsewhere, "status", 4, "process " + pid + " has it open")) return 2;
                if (!says(daemon, {}, "reload", 0, "reloaded (pid " + pid + ")")) return 3;
                words status = elsewhere; // the answer comes before the new stamp
                for (const auto& word : daemon.command({"status"})) status.push_back(word);
                return holds(eventually([&] { return run(status).status == 0; }), "it is found again") &&
                               says(daemon, elsewhere, "stop", 0, "stopped (pid " + pid)
                           ? 0
                           : 4;
            });
            EXPECT_GOOD_OR_SKIP(child);
        }
}

BOOST_AUTO_TEST_CASE(stay_right_in_another_root_directory_with_proc)
{
    program daemon("dropping");
    const auto root = daemon.directory / "root";
    fs::create_directories(root / "proc");
    daemon.environment = {"ASAN_OPTIONS=detect_leaks=0", "ROOT=" + root.string(),
                          "LOG=" + (daemon.directory / "log").string()};
    const auto child = in_child([&] {
        if (!unshare_privately(0)) return impossible("make a mount namespace");
        if (::mount("/proc", (root / "proc").c_str(), nullptr, MS_BIND | MS_REC, nullptr) == -1)
            return impossible("mount /proc");
        if (!says(daemon, {}, "start", 0, "started (pid ")) return 1;
        const auto running = "running (pid " + std::to_string(daemon.pid()) + ")";
        for (int wakes = 0; wakes < 2; ++wakes) // the second time it has looked at its record
            if (!says(daemon, {}, "reload", 0, "reloaded") || !says(daemon, elsewhere, "status", 0, running)) return 2;
        return says(daemon, elsewhere, "stop", 0, "stopped (pid ") ? 0 : 3;
    });
    EXPECT_GOOD_OR_SKIP(child);
}

BOOST_AUTO_TEST_SUITE_END()
