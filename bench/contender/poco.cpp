// SPDX-License-Identifier: BSL-1.0
// Poco's ServerApplication, as its documentation shows it: `start` becomes the options that it has for a daemon.
// It knows no other verb.
#include "ready.h"

#include <Poco/Util/ServerApplication.h>

#include <cstring>

namespace {

class server : public Poco::Util::ServerApplication
{
    int main(const ArgVec&) override
    {
        tell_ready();
        waitForTerminationRequest();
        return EXIT_OK;
    }
};

} // namespace

int main(int argc, char** argv)
{
    const char* const pid_file = std::getenv("PID_FILE");
    if (argc != 2 || std::strcmp(argv[1], "start") != 0 || pid_file == nullptr) return 2;
    server app;
    return app.run({argv[0], "--daemon", std::string("--pidfile=") + pid_file});
}
