// SPDX-License-Identifier: BSL-1.0
// A daemon with hooks that take the arguments of start(), which becomes the user of RUN_AS. Each hook appends its name,
// its argument and its effective user to the log LOG, which on_start() makes and gives to the user, and which
// on_dropped() opens. on_dropped() throws what FAILS says.
#include "support/environment.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

struct argument
{
    int value = 7;
};

struct hooked : daemonkit::sysv_daemon<hooked>
{
    void on_start(argument& a)
    {
        open_log();
        give_to_user(environment_variable("LOG"));
        note("on_start", a);
        a.value = 8;
    }
    void on_dropped(const argument& a)
    {
        if (std::getenv("FAILS") != nullptr) throw std::runtime_error(environment_variable("FAILS"));
        open_log();
        note("on_dropped", a);
    }
    void on_reload(const argument& a)
    {
        open_log();
        note("on_reload", a);
    }
    void on_stop(const argument& a) { note("on_stop", a); }
    int run(argument& a)
    {
        note("run", a);
        a.value = 9;
        while (wait()) {}
        return 0;
    }

private:
    void open_log()
    {
        if (log_ != -1) ::close(log_);
        log_ = ::open(environment_variable("LOG").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (log_ == -1) throw std::runtime_error("cannot open the log");
    }
    void note(const std::string& hook, const argument& a) const
    {
        const auto line = hook + " " + std::to_string(a.value) + " " + std::to_string(::geteuid()) + "\n";
        if (::write(log_, line.data(), line.size()) == -1) std::abort();
    }

    int log_ = -1;
};

} // namespace

int main(int argc, char** argv)
{
    argument a;
    return daemonkit::command_line<hooked>(
        argc, argv,
        {.pid = {.path = environment_variable("PID_FILE")}, .process = {.user = environment_variable("RUN_AS")}}, a);
}
