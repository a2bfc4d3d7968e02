// SPDX-License-Identifier: BSL-1.0
// Durations, time points and clocks of std::chrono. The whole <chrono>, with calendars, time zones and stream output,
// takes longer to compile than everything else that a daemon without files needs. libstdc++ has this part in a header
// of its own; <mutex> and <thread> include that header for the same reason.
#pragma once

#if __has_include(<bits/chrono.h>)
#include <bits/chrono.h>
#else
#include <chrono>
#endif
