// SPDX-License-Identifier: BSL-1.0
// A daemon with two identities: a pid file, and what the file OWNER in its directory says: "me 3" (this daemon owns,
// with token 3), "h1 2" (host h1 does), "refused REASON", "news 3" (it owns, and something else changed). If there is a
// fifo `gone`, a thread says that the identity is lost when it is written to. The directory is that of PID_FILE. Each hook, run() and each end of a wait adds a line to the file `said`. Variables: WAITS=yes, it
// is ready only as owner; LOOP=poll, run() polls signal_fd(); LOOP=busy, it asks stop_requested() alone; CLAIMS=thread,
// the claim starts a thread; HANDOFF=yes, handoff_fork.
#include "support/environment.hpp"
#include "support/file.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>
#include <daemonkit/pid/all_of.hpp>

#include <boost/filesystem/operations.hpp>

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;
namespace sys = daemonkit::sys;

std::string in_directory(const std::string& name)
{
    return (boost::filesystem::path(environment_variable("PID_FILE")).parent_path() / name).string();
}

void say(const std::string& text) { append_file(in_directory("said"), text + "\n"); }

/// A PidPolicy: the owner is the one that the file says.
struct written_owner
{
    [[maybe_unused]] static constexpr bool records_pid = false;
    bool waits = false;

    class guard
    {
    public:
        explicit guard(bool waits) : waits_(waits) {}

        void publish(pid_t)
        {
            watch_.reset(daemonkit::check_call(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK), "watch the owner"));
            daemonkit::check_call(::inotify_add_watch(watch_.get(), in_directory("").c_str(), IN_MOVED_TO), "watch");
            // A thread of the policy, as an engine for a store has.
            if (boost::filesystem::exists(in_directory("gone")))
                std::thread([] {
                    std::ifstream(in_directory("gone")).get(); // a fifo: until it is written to
                    lost_.store(true);
                }).detach();
        }
        void campaign() { look(); }
        void take_over() noexcept {}
        [[nodiscard]] sys::raw_removal removal() const noexcept { return {}; }
        void release() noexcept {}
        [[nodiscard]] std::array<int, 1> descriptors() const noexcept { return {watch_.get()}; }
        [[nodiscard]] int lost_fd() const noexcept { return watch_.get(); }
        [[nodiscard]] bool keep()
        {
            char events[4096];
            while (::read(watch_.get(), events, sizeof events) > 0) {}
            const bool owned = owns();
            look();
            return loss_.empty() && (!owned || owns());
        }
        [[nodiscard]] std::string loss() const { return loss_.empty() ? "host " + host_ + " owns it now" : loss_; }
        [[nodiscard]] bool lost() const noexcept { return lost_.load(std::memory_order_relaxed); }
        [[nodiscard]] bool has_news() { return std::exchange(news_, false); }
        [[nodiscard]] bool owns() const { return host_ == "me"; }
        [[nodiscard]] bool is_ready_standing_by() const { return !waits_; }
        [[nodiscard]] std::string role() const
        {
            return owns() ? "owner (token " + token_ + ")"
                          : "standing by for host " + host_ + " (token " + token_ + ")";
        }
        [[nodiscard]] const std::string& token() const { return token_; }
        void waiting(bool begins) noexcept { works_ = !begins; }
        [[nodiscard]] bool works() const { return works_; }

    private:
        static std::pair<std::string, std::string> read()
        {
            std::ifstream file(in_directory("owner"));
            std::string word;
            std::string rest;
            file >> word;
            std::getline(file >> std::ws, rest);
            return {word, rest};
        }
        void look()
        {
            const auto [word, rest] = read();
            if (word == "refused") {
                loss_ = rest;
                return;
            }
            news_ = word == "news";
            host_ = news_ ? "me" : word;
            token_ = rest;
        }

        bool waits_;
        sys::private_fd watch_{};
        std::string host_{};
        std::string token_{};
        std::string loss_{};
        bool news_ = false;
        bool works_ = false;
        static inline std::atomic<bool> lost_{false};
    };

    [[nodiscard]] guard claim() const
    {
        if (std::getenv("CLAIMS") != nullptr)
            std::thread([] {
                for (;;) ::pause();
            }).detach();
        return guard(waits);
    }
    [[nodiscard]] static daemonkit::status_details details_of(std::string_view role)
    {
        if (role.empty()) return {};
        const auto token = role.substr(role.rfind(' ') + 1);
        return {std::string(role),
                {{"role", role.starts_with("owner") ? "owner" : "standby"},
                 {"token", std::string(token.substr(0, token.size() - 1))}}};
    }
};

using identity = daemonkit::all_of<daemonkit::flock_pid_file, written_owner>;

template <class ForkPolicy>
struct standing : daemonkit::basic_daemon<standing<ForkPolicy>, ForkPolicy, identity, daemonkit::self_pipe_signals,
                                          daemonkit::log_file_stdio, daemonkit::service_notify>
{
    void on_start() { say("on_start"); }
    void on_reload() { say("on_reload"); }
    void on_stop() { say("on_stop"); }
    int run()
    {
        say("run with token " + this->identity().second().token());
        if (!this->identity().second().works()) say("run() is taken for a wait");
        const std::string loop = std::getenv("LOOP") != nullptr ? std::getenv("LOOP") : "";
        if (loop == "busy") {
            while (!this->stop_requested()) std::this_thread::yield();
            say("stop requested");
            this->wait_for(0s);
            return 0;
        }
        this->notify_status("serving");
        if (loop == "poll") {
            do {
                pollfd fd{this->signal_fd(), POLLIN, 0};
                ::poll(&fd, 1, -1);
                say("polled");
            } while (this->wait_for(0s));
            return 0;
        }
        while (this->wait()) say("wait has returned");
        say("wait has ended");
        return 0;
    }
};

template <class ForkPolicy>
int command(int argc, char** argv)
{
    return daemonkit::command_line<standing<ForkPolicy>>(argc, argv,
                                                         {.pid = {.first = {.path = environment_variable("PID_FILE")},
                                                                  .second = {.waits = std::getenv("WAITS") != nullptr}},
                                                          .stdio = {.output = in_directory("log")}});
}

} // namespace

int main(int argc, char** argv)
{
    const bool handoff = std::getenv("HANDOFF") != nullptr;
    return handoff ? command<daemonkit::handoff_fork>(argc, argv) : command<daemonkit::double_fork>(argc, argv);
}
