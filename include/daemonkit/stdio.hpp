// SPDX-License-Identifier: BSL-1.0
// All stdio policies: where standard input, output and error go.
#pragma once

#include "core/require_cxx20.hpp"

#include "stdio/concept.hpp"
#include "stdio/configured_stdio.hpp"
#include "stdio/inherit_stdio.hpp"
#include "stdio/log_file_stdio.hpp"
#include "stdio/null_stdio.hpp"
