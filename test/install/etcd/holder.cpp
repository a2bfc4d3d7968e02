// SPDX-License-Identifier: BSL-1.0
// Says which daemon owns the lease "clientd" at an endpoint, or why that cannot be told.
#include <daemonkit/etcd.hpp>

#include <cstdio>

int main(int, char** argv)
{
    try {
        auto session = daemonkit::etcd_store{.key = "clientd", .endpoints = {argv[1]}}.open({});
        const auto holder = session.holder(daemonkit::sys::boot_clock::now() + std::chrono::seconds(5));
        std::puts(holder ? holder->host.c_str() : "none");
    } catch (const daemonkit::startup_error& e) {
        std::puts(e.what());
    }
}
