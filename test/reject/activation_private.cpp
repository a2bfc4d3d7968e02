// SPDX-License-Identifier: BSL-1.0
// expect: daemonkit: kept_descriptors is private: derive from it publicly, `public daemonkit::socket_activation`
#include "foreground.hpp"

#include <daemonkit/socket_activation.hpp>

#ifdef REJECT
#define HOW private
#else
#define HOW public
#endif

class activated : public foreground<activated>, HOW daemonkit::socket_activation
{
public:
    int run() { return static_cast<int>(listen_fds().size()); }
};

int main() { return start<activated>({}); }
