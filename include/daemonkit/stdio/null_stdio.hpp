// SPDX-License-Identifier: BSL-1.0
// Standard input, output and error on /dev/null, so that no library's printf meets a closed descriptor or a socket.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../core/startup_error.hpp"
#include "../sys/file.hpp"
#include "concept.hpp"

namespace daemonkit {

struct null_stdio
{
    static constexpr bool keeps_terminal = false;
    static constexpr bool reopens = false;

    [[nodiscard]] fixed_streams redirect() const
    {
        const sys::unique_fd null(check_call(sys::open("/dev/null", O_RDWR), "open", "/dev/null"));
        for (int fd = 0; fd <= 2; ++fd) check_call(sys::put_on(null.get(), fd), "redirect standard descriptors");
        return {};
    }
};

} // namespace daemonkit
