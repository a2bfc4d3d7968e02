// SPDX-License-Identifier: BSL-1.0
#include "support/contender.hpp"

#include <boost/filesystem/operations.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace bench {

namespace {

/// The files that were asked for.
std::set<std::string>& installed()
{
    static std::set<std::string> all;
    return all;
}

void install(const std::string& file)
{
    namespace fs = boost::filesystem;
    fs::copy_file(file, file + ".installed", fs::copy_options::overwrite_existing);
    fs::remove(file); // a rename that replaces a file makes ext4 write it at once: mount(8), auto_da_alloc
    fs::rename(file + ".installed", file);
}

} // namespace

std::string program(const std::string& name)
{
    auto file = std::string(BENCH_CONTENDER_DIR) + "/" + name;
    if (::access(file.c_str(), F_OK) == 0 && installed().insert(file).second) install(file);
    return file;
}

void install_programs()
{
    static std::mt19937 random(std::random_device{}());
    std::vector<std::string> all(installed().begin(), installed().end());
    std::ranges::shuffle(all, random); // the last one may still be in the caches of the processor
    for (const auto& file : all) install(file);
}

contender with_verbs(const std::string& name, const words& command, bool waits)
{
    const auto verb = [&command](const char* word) {
        auto line = command;
        line.emplace_back(word);
        return line;
    };
    return {.name = name,
            .start = verb("start"),
            .stop = verb("stop"),
            .status = verb("status"),
            .reload = verb("reload"),
            .waits = waits};
}

contender built(const std::string& name)
{
    if (::access(program(name).c_str(), X_OK) == 0) return with_verbs(name, {program(name)});
    return {.name = name, .remark = "was not built"};
}

namespace {

/// 0 if the text does not begin with a pid.
pid_t to_pid(const std::string& text)
{
    pid_t pid = 0;
    std::from_chars(text.data(), text.data() + text.size(), pid);
    return pid;
}

/// What a process has cost up to now. The time is 0 where the kernel keeps no schedstat.
usage used_by(pid_t process)
{
    const auto proc = "/proc/" + std::to_string(process) + "/";
    usage used{.cpu = nanoseconds(std::atoll(text_of(proc + "schedstat").c_str()))};
    const auto stat = text_of(proc + "stat");
    std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
    std::string field; // "S 1 …": the third of all
    for (int number = 3; fields >> field; ++number)
        if (number == 10 || number == 12) used.faults += std::atol(field.c_str()); // minor and major
    std::istringstream status(text_of(proc + "status"));
    for (std::string line; std::getline(status, line);)
        if (const auto at = line.find("ctxt_switches:"); at != std::string::npos)
            used.switches += std::atol(line.c_str() + at + std::string_view("ctxt_switches:").size());
    return used;
}

/// The end of READY_PIPE that hears.
class ready_pipe
{
public:
    explicit ready_pipe(std::string path) : path_(std::move(path))
    {
        check(::mkfifo(path_.c_str(), 0600), "make " + path_);
        // Opened for writing too: it never ends, however many writers come and go.
        end_ = descriptor(check(::open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC), "open " + path_));
    }
    ready_pipe(const ready_pipe&) = delete;
    ready_pipe& operator=(const ready_pipe&) = delete;
    ~ready_pipe() { ::unlink(path_.c_str()); }

    void wait() const { wait_readable(end_.get(), "a daemon to be ready"); }
    [[nodiscard]] pid_t pid() const
    {
        char text[32];
        return to_pid({text, static_cast<std::size_t>(
                                 check(static_cast<int>(::read(end_.get(), text, sizeof text)), "read " + path_))});
    }

private:
    std::string path_;
    descriptor end_;
};

} // namespace

pid_t pid_in(const std::string& pid_file)
{
    const pid_t pid = to_pid(text_of(pid_file));
    if (pid <= 1) throw std::runtime_error("no pid in " + pid_file);
    return pid;
}

started start(const contender& who, const std::string& pid_file)
{
    auto environment = who.environment;
    environment.push_back("PID_FILE=" + pid_file);
    std::optional<ready_pipe> pipe;
    if (!who.waits) {
        pipe.emplace(pid_file + ".ready");
        environment.push_back("READY_PIPE=" + pid_file + ".ready");
    }
    started result;
    const auto began = now();
    const int status = wait_for(spawn(who.start, environment), &result.used);
    result.returned = result.ready = now() - began;
    if (status != 0) throw std::runtime_error(who.name + ": start ended with status " + std::to_string(status));
    if (pipe) {
        pipe->wait();
        result.ready = now() - began;
        result.daemon = pipe->pid();
    }
    if (result.daemon <= 1) result.daemon = pid_in(pid_file);
    const auto of_daemon = used_by(result.daemon);
    result.used.cpu += of_daemon.cpu;
    result.used.faults += of_daemon.faults;
    result.used.switches += of_daemon.switches;
    return result;
}

void end(pid_t daemon)
{
    const pidfd process(daemon);
    process.signal(SIGTERM);
    pollfd p{process.get(), POLLIN, 0};
    if (::poll(&p, 1, 10'000) != 1) process.signal(SIGKILL);
    process.wait();
}

} // namespace bench
