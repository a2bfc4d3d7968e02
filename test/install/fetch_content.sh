#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# FetchContent, with the sources that are here instead of a download.
. "$(dirname "$0")/common.sh"

configure fetch_content -DDAEMONKIT_SOURCE="$SOURCE" -DCMAKE_CXX_FLAGS="$WARNINGS"
"$CMAKE" --build "$WORK/build-fetch_content"
expect_version "$WORK/build-fetch_content/consumer"
