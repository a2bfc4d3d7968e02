// SPDX-License-Identifier: BSL-1.0
// A daemon whose faults a test controls by files in /run/knobs. `start`, `reload` and `stop` keep the hook of that name
// from returning as long as they exist; with `extend`, on_start() asks for more time meanwhile. on_start() throws the
// content of `fail`, on_reload() that of `refuse`. With `stuck`, run() does not return to wait_for().
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>

#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;

namespace {

boost::filesystem::path knob(const char* name) { return boost::filesystem::path("/run/knobs") / name; }

bool is_set(const char* name) { return boost::filesystem::exists(knob(name)); }

void throw_what_is_in(const char* name)
{
    std::string text;
    if (std::getline(std::ifstream(knob(name).string()), text)) throw std::runtime_error(text);
}

void doze() { ::usleep(10'000); }

struct serviced : daemonkit::universal_daemon<serviced>
{
    void on_start()
    {
        throw_what_is_in("fail");
        for (; is_set("start"); doze())
            if (is_set("extend")) extend(5s);
    }

    void on_reload()
    {
        while (is_set("reload")) doze();
        throw_what_is_in("refuse");
        say(++generation_);
    }

    int run()
    {
        say(generation_);
        while (is_set("stuck")) doze();
        while (wait_for(1h)) {}
        return 0;
    }

    void on_stop() // NOLINT(*-static)
    {
        while (is_set("stop")) doze();
    }

private:
    void say(int generation) { notify_status("generation " + std::to_string(generation)); }

    int generation_ = 1;
};

} // namespace

int main(int argc, char** argv)
{
    return daemonkit::command_line<serviced>(argc, argv, {.pid = {.path = "/run/serviced/serviced.pid"}});
}
