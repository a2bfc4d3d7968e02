// SPDX-License-Identifier: BSL-1.0
// Durations, points in time and clocks of std::chrono. All of <chrono>, with calendars and time zones and the streams
// that write them, takes a compiler longer than everything else that a daemon without files needs; libstdc++ has what
// we need in a header of its own, which <mutex> and <thread> include for the same reason.
#pragma once

#if __has_include(<bits/chrono.h>)
#include <bits/chrono.h>
#else
#include <chrono>
#endif
