// SPDX-License-Identifier: BSL-1.0
// A resource is missing: disk space, descriptors, processes, memory. A start reports that in one sentence and by its
// exit status, and leaves nothing. A daemon that runs goes on, and a stop works.
#include "support/file.hpp"
#include "support/text.hpp"
#include "support/user.hpp"
#include "surroundings/surroundings.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <memory>

namespace fs = boost::filesystem;

namespace {

/// Fills a file system, until it is destroyed.
class filler
{
public:
    explicit filler(const fs::path& directory) : path_((directory / "d.log.filler").string())
    {
        const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT, 0600);
        const std::string page(4096, 'x');
        while (::write(fd, page.data(), page.size()) > 0) {}
        ::close(fd);
    }
    filler(const filler&) = delete;
    filler& operator=(const filler&) = delete;
    ~filler() { ::unlink(path_.c_str()); }

private:
    std::string path_;
};

bool allow(__rlimit_resource_t resource, rlim_t value)
{
    rlimit limit{};
    ::getrlimit(resource, &limit);
    const bool lower = value <= limit.rlim_max;
    limit.rlim_cur = std::min(value, limit.rlim_max);
    if (lower) limit.rlim_max = value;
    return ::setrlimit(resource, &limit) == 0;
}

/// The program did not run: the kernel or the dynamic loader failed before main().
bool never_began(const outcome& o)
{
    return o.status >= 126 &&
           (!contains(o.err, "surrounded: ") || contains(o.err, "error while loading shared libraries"));
}

/// Starts under a limit that is raised step by step. Each start either fails, reports that and leaves nothing, or its
/// daemon runs, receives signals and can be stopped. Ends after so many successful starts.
void loosen(tally& each, const policies& policy, __rlimit_resource_t resource, rlim_t from, rlim_t step, rlim_t last,
            int good = 2)
{
    const surrounded program(policy);
    for (rlim_t limit = from; limit <= last && good > 0; limit += step) {
        each(policy.fork + " " + policy.pid + " at " + std::to_string(limit), [&] {
            if (policy.detaches()) {
                const auto o = program({"start"}, [&] { allow(resource, limit); });
                if (o.status == 0) {
                    --good;
                    BOOST_TEST(program({"status"}).status == 0);
                    BOOST_TEST(program({"stop"}, [&] { allow(resource, limit); }).status == 0);
                } else if (!never_began(o)) {
                    is_one_sentence(o, program);
                }
            } else {
                life daemon(program, [&] { allow(resource, limit); });
                if (daemon.up()) {
                    --good;
                    BOOST_TEST(program({"stop"}, [&] { allow(resource, limit); }).status == 0);
                    BOOST_TEST(daemon.starter().status() == 0);
                } else {
                    BOOST_TEST(daemon.starter().status() > 0);
                }
            }
            nothing_is_left_of(program);
        });
    }
    BOOST_TEST(good == 0, "it works in the end");
    works_again(program);
}

} // namespace

BOOST_AUTO_TEST_SUITE(resources, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(no_room_for_the_pid_file, *boost::unit_test::label("root") * boost::unit_test::label("namespace"))
{
    if (!own_mounts()) DAEMONKIT_SKIP("nothing can be mounted here");
    tally each("resources: full disk at the pid file x policies");
    for (const auto& policy : every_policy) {
        for (const bool inodes : {false, true}) {
            surrounded program(policy);
            program.pid_file = program.directory / "made/d.pid";
            const memory_disk disk(program.directory.path(), inodes ? "size=32k,nr_inodes=3" : "size=32k");
            BOOST_REQUIRE(disk.mounted());
            each(policy.fork + " " + policy.pid + (inodes ? " inodes" : " pages"), [&] {
                {
                    const filler full(program.directory.path()); // it has the second of three inodes
                    for (const char* const verb : {"start", "run", "restart"}) {
                        const auto o = program({verb});
                        BOOST_TEST(o.status == 1);
                        BOOST_TEST(contains(o.err, "No space left on device"), o.err);
                        is_one_sentence(o, program);
                        nothing_is_left_of(program);
                    }
                    BOOST_TEST(program({"status"}).status == 3);
                    BOOST_TEST(program({"stop"}).status == 0);
                }
                if (!inodes) works_again(program);
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(no_room_for_the_log, *boost::unit_test::label("root") * boost::unit_test::label("namespace"))
{
    if (!own_mounts()) DAEMONKIT_SKIP("nothing can be mounted here");
    tally each("resources: full disk at the log x policies");
    for (const auto& policy : every_policy) {
        for (const bool inodes : {false, true}) {
            surrounded program(policy);
            const temporary_directory logs;
            const memory_disk disk(logs.path(), inodes ? "size=32k,nr_inodes=2" : "size=32k");
            BOOST_REQUIRE(disk.mounted());
            program.log = logs / "d.log";
            auto full = std::make_unique<filler>(logs.path());
            each(policy.fork + " " + policy.pid + (inodes ? " inodes" : " pages"), [&] {
                if (inodes) { // it cannot be made
                    const auto o = program({"start"});
                    BOOST_TEST(o.status == 1);
                    BOOST_TEST(contains(o.err, "d.log: No space left on device"), o.err);
                    is_one_sentence(o, program);
                    nothing_is_left_of(program);
                    full.reset();
                    works_again(program);
                } else { // it can, and is empty: that stops no start
                    const life daemon(program);
                    BOOST_TEST(daemon.up());
                    BOOST_TEST(::kill(daemon.pid(), SIGHUP) == 0);
                    BOOST_TEST(program({"reload"}).status == 0);
                    BOOST_TEST(program({"status"}).status == 0);
                    full.reset();
                    BOOST_TEST(daemon.hears_reload());
                    BOOST_TEST(contains(read_file(program.log), "reloaded\n"));
                    BOOST_TEST(program({"stop"}).status == 0);
                    nothing_is_left_of(program);
                }
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(no_room_after_the_start, *boost::unit_test::label("root") * boost::unit_test::label("namespace"))
{
    if (!own_mounts()) DAEMONKIT_SKIP("nothing can be mounted here");
    tally each("resources: disk that fills up under a daemon x policies");
    for (const auto& policy : every_policy) {
        const surrounded program(policy);
        const memory_disk disk(program.directory.path(), "size=32k,nr_inodes=5");
        BOOST_REQUIRE(disk.mounted());
        each(policy.fork + " " + policy.pid, [&] {
            const life daemon(program);
            BOOST_TEST(daemon.up());
            std::ofstream(program.log.string() + ".reloads"); // of five inodes, this is the last but one
            const filler full(program.directory.path());
            ::rename(program.log.c_str(), (program.log.string() + ".1").c_str()); // and none for a new log
            BOOST_TEST(::kill(daemon.pid(), SIGHUP) == 0);
            BOOST_TEST(program({"reload"}).status == 1); // refused: there is no new log
            BOOST_TEST(program({"status"}).status == 0);
            const auto second = program({"start"});
            BOOST_TEST(second.status == 0);
            BOOST_TEST(contains(second.out, "already running"), second.out);
            BOOST_TEST(alive(daemon.pid()));
            BOOST_TEST(program({"stop"}).status == 0);
            BOOST_TEST(!alive(daemon.pid()));
            nothing_is_left_of(program);
            BOOST_TEST(program({"status"}).status == 3);
        });
    }
}

BOOST_AUTO_TEST_CASE(a_read_only_file_system, *boost::unit_test::label("root") * boost::unit_test::label("namespace"))
{
    if (!own_mounts()) DAEMONKIT_SKIP("nothing can be mounted here");
    tally each("resources: read-only file system, before and after the start x policies");
    for (const auto& policy : every_policy) {
        const surrounded program(policy);
        const std::string where = program.directory.path().string();
        const memory_disk disk(where, "size=64k");
        BOOST_REQUIRE(disk.mounted());
        // Mounted over itself read-only: open files stay writable, paths do not, as when a disk became read-only.
        const auto turn = [&](bool read_only) {
            BOOST_TEST((
                read_only ? ::mount(where.c_str(), where.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
                                ::mount(nullptr, where.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0
                          : ::umount(where.c_str()) == 0));
        };
        const auto refuses = [&] {
            for (const char* const verb : {"start", "run", "restart"}) {
                const auto o = program({verb});
                BOOST_TEST(o.status == 1);
                BOOST_TEST(contains(o.err, "Read-only file system"), o.err);
                is_one_sentence(o, program);
            }
            BOOST_TEST(eventually([&] { return program.processes().empty(); }));
        };
        each(policy.fork + " " + policy.pid + " before", [&] {
            turn(true);
            refuses();
            nothing_is_left_of(program);
            BOOST_TEST(program({"status"}).status == 3);
            BOOST_TEST(program({"stop"}).status == 0);
            turn(false);
            works_again(program);
        });
        for (const bool crash : {false, true}) {
            each(policy.fork + " " + policy.pid + (crash ? " and killed" : " after"), [&] {
                const life daemon(program);
                BOOST_TEST(daemon.up());
                turn(true);
                BOOST_TEST(program({"status"}).status == 0);
                BOOST_TEST(program({"reload"}).status == 1); // refused: no log can be opened for writing
                const auto second = program({"start"});
                BOOST_TEST(second.status == 0, second.err);
                BOOST_TEST(contains(second.out, "already running"), second.out);
                BOOST_TEST(alive(daemon.pid()));
                if (crash) put_down(daemon.pid());
                const auto stopped = program({"stop"});
                BOOST_TEST(stopped.status == 0, stopped.err);
                BOOST_TEST(contains(stopped.out, "stopped (pid") == !crash, stopped.out);
                BOOST_TEST(!alive(daemon.pid()));
                // The file cannot be removed. It was emptied where possible; else it is stale.
                BOOST_TEST(program({"status"}).status == (crash ? 1 : 3));
                refuses();
                turn(false);
                works_again(program);
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(few_descriptors)
{
    if (sanitized) DAEMONKIT_SKIP("the sanitizers need descriptors of their own");
    tally each("resources: RLIMIT_NOFILE from 3 up x policies");
    for (const auto& policy : every_policy) loosen(each, policy, RLIMIT_NOFILE, 3, 1, 64, 3);
}

BOOST_AUTO_TEST_CASE(few_descriptors_for_the_caller)
{
    if (sanitized) DAEMONKIT_SKIP("the sanitizers need descriptors of their own");
    tally each("resources: RLIMIT_NOFILE from 3 up x status, reload, stop");
    for (const auto& policy : each_fork) {
        const surrounded program(policy);
        for (rlim_t limit = 3, good = 0; good < 3 && limit < 64; ++limit) {
            each(policy.fork + " at " + std::to_string(limit), [&] {
                const life daemon(program);
                const auto asks = [&](const char* verb) {
                    const auto o = program({verb}, [&] { allow(RLIMIT_NOFILE, limit); });
                    if (o.status != 0 && !never_began(o)) {
                        is_one_sentence(o, program);
                        BOOST_TEST(o.status == (std::string(verb) == "status" ? 4 : 1));
                        BOOST_TEST(contains(o.err, "Too many open files"), o.err);
                    }
                    if (o.status != 0) BOOST_TEST(alive(daemon.pid()));
                    return o.status == 0;
                };
                const bool all = asks("status") && asks("reload") && asks("stop");
                BOOST_TEST(alive(daemon.pid()) == !all);
                good += all ? 1 : 0;
                BOOST_TEST(program({"stop"}).status == 0);
                nothing_is_left_of(program);
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(few_processes, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root to become a user without processes");
    if (sanitized) DAEMONKIT_SKIP("the leak sanitizer makes processes of its own");
    tally each("resources: RLIMIT_NPROC from 1 up x policies");
    for (const auto& policy : every_policy) {
        const surrounded program(policy);
        // The kernel counts by user: this one has no other process.
        const auto user = static_cast<uid_t>(1'000'000'000 + ::getpid());
        fs::permissions(program.directory.path(), fs::perms(0755));
        BOOST_REQUIRE(::chown(program.directory.path().c_str(), user, user) == 0);
        const auto as_user = [&](rlim_t processes) {
            return [=] {
                if (::setresgid(user, user, user) == -1 || ::setresuid(user, user, user) == -1 ||
                    !allow(RLIMIT_NPROC, processes))
                    ::_exit(99);
            };
        };
        const rlim_t needed = policy.fork == "no" ? 1 : policy.fork == "single" ? 2 : 3;
        for (rlim_t limit = 1; limit <= needed; ++limit) {
            each(policy.fork + " " + policy.pid + " at " + std::to_string(limit), [&] {
                if (limit == needed) return works_again(program, as_user(limit), as_user(needed + 1));
                const auto o = program({"start"}, as_user(limit));
                BOOST_TEST(o.status == 1);
                const std::string step = policy.fork == "handoff" ? "cannot start the daemon process"
                                         : limit == 1             ? "cannot fork"
                                                                  : "cannot fork the second time";
                BOOST_TEST(contains(o.err, step + ": Resource temporarily unavailable"), o.err);
                is_one_sentence(o, program);
                nothing_is_left_of(program);
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(small_files)
{
    tally each("resources: RLIMIT_FSIZE from 0 up x fork policies");
    for (const auto& policy : each_fork) loosen(each, policy, RLIMIT_FSIZE, 0, 1, 64, 2);
}

BOOST_AUTO_TEST_CASE(little_memory, *boost::unit_test::label("slow"))
{
    if (sanitized) DAEMONKIT_SKIP("the sanitizers reserve more address space than any limit allows");
    tally each("resources: RLIMIT_AS, RLIMIT_DATA and RLIMIT_STACK in steps x policies");
    for (const auto& policy : each_fork) {
        const surrounded program(policy);
        for (const auto resource : {RLIMIT_AS, RLIMIT_DATA}) {
            // The limit at which it begins to work, and every page below.
            rlim_t works = rlim_t{1} << 30;
            const auto starts = [&](rlim_t limit) {
                const bool up = life(program, [&] { allow(resource, limit); }).up();
                fs::remove(program.pid_file);
                return up;
            };
            for (rlim_t step = works / 2; step >= 4096; step /= 2)
                if (works > step && starts(works - step)) works -= step;
            constexpr rlim_t pages = 80;
            loosen(each, policy, resource, works > pages * 4096 ? works - pages * 4096 : 4096, 4096, works + (1 << 20));
        }
        // With less, any C++ program overruns its stack at some moment and crashes.
        loosen(each, policy, RLIMIT_STACK, 64 << 10, 16 << 10, 1 << 20, 2);
    }
}

// The limits above mostly end a program before main(). Here each request for memory fails once.
BOOST_AUTO_TEST_CASE(no_memory_at_any_moment, *boost::unit_test::label("slow") * boost::unit_test::label("fault"))
{
    if (sanitized) DAEMONKIT_SKIP("the memory of a sanitized program is the sanitizer's");
    tally each("resources: each request of a start for memory refused, once or from then on x fork policies");
    for (const auto& policy : each_fork) {
        for (const bool more : {false, true}) {
            surrounded program(policy);
            for (int request = 1, good = 0; good < 2; ++request) {
                program.environment = {"NO_MEMORY=" + std::to_string(request), more ? "NO_MORE=1" : "NO_MORE=0"};
                const auto failed = [&](const outcome& o) {
                    BOOST_TEST(o.status > 0);
                    if (o.status != 128 + SIGABRT) is_one_sentence(o, program);
                };
                each(policy.fork + " request " + std::to_string(request) + (more ? " and all after it" : ""), [&] {
                    bool up = false;
                    if (policy.detaches()) {
                        const auto o = program({"start"});
                        up = o.status == 0;
                        if (!up) failed(o);
                    } else {
                        life daemon(program);
                        up = daemon.up();
                        program.environment = {"NO_MEMORY=0"};
                        if (up) BOOST_TEST(program({"stop"}).status == 0);
                        if (up) BOOST_TEST(daemon.starter().status() <= 1); // it may have failed at its end
                    }
                    program.environment = {"NO_MEMORY=0"};
                    if (up && policy.detaches()) {
                        BOOST_TEST(program({"status"}).status == 0);
                        BOOST_TEST(program({"stop"}).status == 0);
                    }
                    good += up ? 1 : 0;
                    nothing_is_left_of(program);
                });
            }
            works_again(program);
        }
    }
}

BOOST_AUTO_TEST_CASE(limits_that_a_daemon_does_not_need, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to become a user to whom limits apply");
    tally each("resources: limits of 0 that nothing needs x policies");
    for (const auto& policy : every_policy) {
        for (const auto resource : {RLIMIT_SIGPENDING, RLIMIT_MEMLOCK, RLIMIT_CORE, RLIMIT_MSGQUEUE, RLIMIT_NICE,
                                    RLIMIT_RTPRIO, RLIMIT_LOCKS}) {
            const surrounded program(policy);
            const auto user = static_cast<uid_t>(1'000'000'000 + ::getpid());
            BOOST_REQUIRE(::chown(program.directory.path().c_str(), user, user) == 0);
            each(policy.fork + " " + policy.pid + " limit " + std::to_string(resource), [&] {
                const auto prepare = [&] {
                    if (::setresgid(user, user, user) == -1 || ::setresuid(user, user, user) == -1 ||
                        !allow(resource, 0))
                        ::_exit(99);
                };
                {
                    const life daemon(program, prepare);
                    BOOST_TEST(daemon.up());
                    BOOST_TEST(daemon.hears_reload());
                    BOOST_TEST(daemon.hears_stop());
                }
                works_again(program, prepare, prepare);
            });
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
