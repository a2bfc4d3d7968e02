# SPDX-License-Identifier: BSL-1.0
# The warnings under which daemonkit is clean, with GCC and with Clang.
set(DAEMONKIT_WARNINGS
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor)
