// SPDX-License-Identifier: BSL-1.0
// A cluster manager starts many daemons, and an impatient one starts the same daemon many times. How many starts does
// a second hold, and does exactly one live of a hundred that come at once?
#include "many/many.hpp"

int main(int argc, char** argv)
{
    return bench::report::write("many", argc, argv, [](bench::report& report) {
        compare_throughput(report);
        compare_storms(report);
    });
}
