// SPDX-License-Identifier: BSL-1.0
// Files of TLS, for stores that a daemon reaches by https.
#pragma once

#include "../core/require_cxx20.hpp"

#include <string>

namespace daemonkit {

/// Files of TLS, and who the client is.
struct tls_files
{
    std::string ca{};   ///< certificates of the authorities that are trusted; empty: those of the system
    std::string cert{}; ///< the certificate of this client; empty: none
    std::string key{};  ///< its private key
};

} // namespace daemonkit
