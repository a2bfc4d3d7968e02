// SPDX-License-Identifier: BSL-1.0
// One daemon among several hosts: it appends a line to a ledger each second, on the host that owns a lease in etcd.
#include "ledger.hpp"

#include <daemonkit/artefacts.hpp>
#include <daemonkit/command_line.hpp>
#include <daemonkit/command_line/all_verbs.hpp>
#include <daemonkit/daemonkit.hpp>
#include <daemonkit/etcd.hpp>

#include <chrono>
#include <cstdlib>
#include <string>

//! [class]
struct ledgerd
    : daemonkit::basic_daemon<ledgerd, daemonkit::double_fork, daemonkit::leased<daemonkit::etcd_store>,
                              daemonkit::signalfd_signals, daemonkit::log_file_stdio, daemonkit::service_notify>
{
    // The verbs holder and release, print and doctor.
    using more_verbs = daemonkit::all_verbs<daemonkit::lease_verbs, daemonkit::artefacts>;

    int run(const std::string& path) // begins on the host that owns the lease, and ends in time when it is lost
    {
        const ledger book(path);
        do book.append(identity().second().token(), "a line");
        while (wait_for(std::chrono::seconds(1)));
        return EXIT_SUCCESS;
    }
};
//! [class]

//! [main]
int main(int argc, char** argv)
{
    daemonkit::etcd_store store{.key = "ledgerd"};
    std::vector<std::string> endpoints;
    std::string state = "/run/ledgerd";
    std::string path = "/srv/ledger";
    const daemonkit::program_option options[] = {
        {.name = "etcd", .argument = "URL", .help = "a member of etcd; can be given several times", .value = endpoints},
        {.name = "state", .argument = "PATH", .help = "directory of the pid file and the log", .value = state},
        {.name = "ledger", .argument = "FILE", .help = "the ledger, on a file system of all hosts", .value = path}};
    return daemonkit::command_line<ledgerd>(
        argc, argv, options,
        [&]() -> ledgerd::settings {
            if (!endpoints.empty()) store.endpoints = endpoints;
            return {.pid = {.first = {.path = state + "/ledgerd.pid"}, .second = {.store = store}},
                    .stdio = {.output = state + "/ledgerd.log"},
                    .process = {.name = "ledgerd"}};
        },
        path);
}
//! [main]
