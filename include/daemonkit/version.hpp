// SPDX-License-Identifier: BSL-1.0
//
// The version is defined only here: CMake, pkg-config and the Debian package read it from this file.
#pragma once

/// The parts of the version as numbers.
#define DAEMONKIT_VERSION_MAJOR 0
/// The minor version.
#define DAEMONKIT_VERSION_MINOR 1
/// The patch version.
#define DAEMONKIT_VERSION_PATCH 0

/// The version as `major.minor.patch`.
#define DAEMONKIT_VERSION "0.1.0"
