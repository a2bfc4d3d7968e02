// SPDX-License-Identifier: BSL-1.0
//
// The program of every consumer: compiled with warnings as errors, run, and asked for the version it got.
#include <daemonkit/version.hpp>

#include <boost/filesystem/operations.hpp>

#include <cstdio>

int main()
{
    if (!boost::filesystem::exists("/")) return 1;
    std::puts(DAEMONKIT_VERSION);
}
