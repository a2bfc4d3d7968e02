// SPDX-License-Identifier: BSL-1.0
// What the header of Boost.Filesystem brings into a program that does nothing with it: GCC keeps the error categories
// of Boost.System, used or not.
#include <boost/filesystem/path.hpp>

int main() {}
