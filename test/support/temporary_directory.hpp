// SPDX-License-Identifier: BSL-1.0
// The directory of the kit, for our tests.
#pragma once

#include <daemonkit/testing/detail/temporary_directory.hpp>

using daemonkit::testing::detail::temporary_directory;
