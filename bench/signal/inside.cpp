// SPDX-License-Identifier: BSL-1.0
#include "inside.hpp"

#include "hot_loop.hpp"

#include "support/process.hpp"

#include <benchmark/benchmark.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>
#include <stdexcept>

namespace bench {

namespace {

using namespace std::chrono_literals;

/// Collects what Google Benchmark measures instead of printing it.
class group : benchmark::BenchmarkReporter
{
public:
    group() { benchmark::ClearRegisteredBenchmarks(); }

    template <class Step>
    void add(const char* name, Step step)
    {
        names_.emplace_back(name);
        benchmark::RegisterBenchmark(name, [step](benchmark::State& state) {
            for (auto _ : state) step();
        });
    }

    [[nodiscard]] std::vector<timed_step> measure()
    {
        benchmark::RunSpecifiedBenchmarks(this);
        std::vector<timed_step> all;
        for (const auto& name : names_) all.push_back({name, samples_[name]});
        return all;
    }

private:
    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>& runs) override
    {
        for (const auto& run : runs)
            if (run.run_type == Run::RT_Iteration) samples_[run.run_name.function_name].add(run.GetAdjustedRealTime());
    }

    std::vector<std::string> names_{};
    std::map<std::string, sample> samples_{};
};

/// The least that a loop written by hand can do to learn that no signal waits at `fd`; -1: a flag tells.
void look(int fd)
{
    if (fd == -1) {
        benchmark::DoNotOptimize(stop_by_hand.load(std::memory_order_relaxed));
        return;
    }
    pollfd p{fd, POLLIN, 0};
    signalfd_siginfo info;
    if (::poll(&p, 1, 0) == 1) benchmark::DoNotOptimize(::read(fd, &info, sizeof info));
}

/// At every wait the daemon sees to it that its pid file is still its own.
void keep(int pid_file)
{
    struct stat status;
    benchmark::DoNotOptimize(::fstat(pid_file, &status));
}

template <class SignalPolicy>
inside_figures inside_run_of(const std::string& pid_file)
{
    inside_figures all;
    const auto work = [&](counter<SignalPolicy>& daemon) {
        const descriptor file(check(::open(pid_file.c_str(), O_RDONLY | O_CLOEXEC), "open the pid file"));
        int fd = -1;
        if constexpr (daemonkit::detail::has_signal_fd<guard_of<SignalPolicy>>) fd = daemon.signal_fd();
        group looking;
        looking.add("by hand, with the look at the pid file", [fd, kept = file.get()] { look(fd), keep(kept); });
        looking.add("by hand, without", [fd] { look(fd); });
        looking.add("wait_for(0s)", [&daemon] { benchmark::DoNotOptimize(daemon.wait_for(0s)); });
        all.looking = looking.measure();
        if constexpr (daemonkit::detail::has_stop_requested<guard_of<SignalPolicy>>) {
            group stopping;
            stopping.add("a relaxed load", [] {
                if (stop_by_hand.load(std::memory_order_relaxed)) std::abort();
            });
            stopping.add("stop_requested()", [&daemon] {
                if (daemon.stop_requested()) std::abort();
            });
            all.stopping = stopping.measure();
        }
    };
    counter<SignalPolicy> daemon;
    const auto ended = daemon.run_in_foreground({.pid = {.path = pid_file}}, work);
    if (ended.status != 0) throw std::runtime_error(ended.message);
    return all;
}

} // namespace

inside_figures inside_signalfd_signals(const std::string& pid_file)
{
    return inside_run_of<daemonkit::signalfd_signals>(pid_file);
}

inside_figures inside_self_pipe_signals(const std::string& pid_file)
{
    return inside_run_of<daemonkit::self_pipe_signals>(pid_file);
}

inside_figures inside_flag_signals(const std::string& pid_file)
{
    return inside_run_of<daemonkit::flag_signals>(pid_file);
}

void prepare_inside()
{
    std::array<std::string, 4> flags{"inside", "--benchmark_enable_random_interleaving=true",
                                     "--benchmark_repetitions=15", "--benchmark_min_time=0.05"};
    std::array<char*, 5> arguments{};
    for (std::size_t i = 0; i < flags.size(); ++i) arguments[i] = flags[i].data();
    int count = static_cast<int>(flags.size());
    benchmark::Initialize(&count, arguments.data());
}

} // namespace bench
