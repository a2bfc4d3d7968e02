// SPDX-License-Identifier: BSL-1.0
#include "contender/peers.hpp"

#include <boost/filesystem/operations.hpp>

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace bench {

namespace {

/// A program of a package that is not installed (see prepare).
std::string unpacked(const std::string& path) { return BENCH_UNPACKED_DIR "/" + path; }

contender poco()
{
    return {.name = "Poco", .start = {program("poco"), "start"}, .waits = false, .remark = "no verb but start"};
}

contender python(const std::string& name, const std::string& script)
{
    return with_verbs(name, {"/usr/bin/python3", program(script)}, false);
}

contender python_daemon()
{
    auto one = python("python-daemon", "python_daemon.py");
    one.remark = "its stop sends TERM and does not wait";
    return one;
}

contender start_stop_daemon(const std::string& pid_file, bool await)
{
    const std::string tool = "/sbin/start-stop-daemon";
    contender one{.name = await ? "start-stop-daemon --notify-await" : "start-stop-daemon -b",
                  .start = {tool, "--start", "--quiet", "--background", "--make-pidfile", "--pidfile", pid_file,
                            "--exec", program("foreground")},
                  .stop = {tool, "--stop", "--quiet", "--retry", "TERM/30", "--pidfile", pid_file, "--remove-pidfile"},
                  .status = {tool, "--status", "--pidfile", pid_file},
                  .waits = await};
    if (await) one.start.emplace_back("--notify-await");
    return one;
}

contender daemonize(const std::string& pid_file)
{
    return {.name = "daemonize",
            .start = {"/usr/bin/daemonize", "-p", pid_file, "-l", pid_file, program("foreground")},
            .waits = false,
            .remark = "no verb but start"};
}

contender libslack(const std::string& pid_file)
{
    const std::string tool = "/usr/bin/daemon";
    const std::string name = "--name=daemonkit_bench";
    const std::string file = "--pidfile=" + pid_file;
    return {.name = "libslack daemon",
            .start = {tool, name, file, "--inherit", "--unsafe", "--", program("foreground")},
            .stop = {tool, name, file, "--stop"},
            .status = {tool, name, file, "--running"},
            .waits = false,
            .remark = "its stop sends TERM and does not wait"};
}

contender supervise_daemon(const std::string& pid_file)
{
    const std::string tool = unpacked("sbin/supervise-daemon");
    const std::string name = "daemonkit_bench";
    return {.name = "OpenRC supervise-daemon",
            .start = {tool, name, "--start", "--pidfile", pid_file, program("foreground")},
            .stop = {tool, name, "--stop", "--pidfile", pid_file},
            .waits = false,
            .environment = {"RC_SVCNAME=" + name},
            .needs = "/run/openrc"};
}

contender runit(const std::string& pid_file)
{
    const std::string tool = unpacked("usr/bin/sv");
    const std::string service = pid_file + ".service";
    return {.name = "runit sv",
            .start = {tool, "start", service},
            .stop = {tool, "stop", service},
            .status = {tool, "status", service},
            .waits = false,
            .remark = "under runsv, which runs already",
            .keeper = {unpacked("usr/bin/runsv"), service},
            .service = service};
}

/// One with nothing to measure but a remark, where this machine does not have its program.
contender if_there(contender one)
{
    if (!one.start.empty() && ::access(one.start.front().c_str(), X_OK) != 0)
        return {.name = one.name, .remark = "no " + one.start.front() + " here"};
    if (!one.needs.empty() && ::access("/run", W_OK) != 0)
        return {.name = one.name, .remark = "only root can make " + one.needs};
    return one;
}

} // namespace

std::vector<contender> peers(const std::string& pid_file)
{
    std::vector<contender> all{
        with_verbs("libdaemon", {program("libdaemon")}),
        poco(),
        python_daemon(),
        python("class in Python", "seed.py"),
        start_stop_daemon(pid_file, true),
        start_stop_daemon(pid_file, false),
        daemonize(pid_file),
        libslack(pid_file),
        supervise_daemon(pid_file),
        {.name = "OpenRC start-stop-daemon", .remark = "Debian's package leaves it out"},
        runit(pid_file),
    };
    for (auto& one : all) one = if_there(std::move(one));
    return all;
}

words environment_of(const contender& who, const std::string& pid_file)
{
    auto all = who.environment;
    all.push_back("PID_FILE=" + pid_file);
    return all;
}

pid_t recorded(const std::string& pid_file, pid_t daemon)
{
    return text_of(pid_file).empty() ? daemon : pid_in(pid_file);
}

void end(const contender& who, const std::string& pid_file, pid_t daemon)
{
    const pidfd process(daemon);
    if (who.keeper.empty())
        end(recorded(pid_file, daemon));
    else
        run(who.stop); // else its keeper starts another
    process.wait();
}

surroundings::surroundings(const contender& who, const std::string& pid_file) : service_(who.service)
{
    namespace fs = boost::filesystem;
    if (!who.needs.empty() && fs::create_directory(who.needs)) made_ = who.needs;
    if (service_.empty()) return;
    fs::create_directory(service_);
    fs::create_symlink(program("foreground"), service_ + "/run");
    std::ofstream(service_ + "/down").close();
    keeper_ = spawn(who.keeper, {"PID_FILE=" + pid_file, "READY_PIPE=" + pid_file + ".ready"});
    // It is there when its control answers: sv then says "down", which is no failure.
    for (const auto until = now() + std::chrono::seconds(10); run(who.status).status != 0;)
        if (now() > until) throw std::runtime_error(who.keeper.front() + " does not answer");
}

surroundings::~surroundings()
{
    if (keeper_ != -1) {
        ::kill(keeper_, SIGTERM); // runsv ends its service, then itself
        wait_for(keeper_);
    }
    boost::system::error_code ignored;
    if (!service_.empty()) boost::filesystem::remove_all(service_, ignored);
    if (!made_.empty()) boost::filesystem::remove_all(made_, ignored);
}

} // namespace bench
