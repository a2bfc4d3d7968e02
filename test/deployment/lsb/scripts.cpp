// SPDX-License-Identifier: BSL-1.0
#include "support/process.hpp"
#include "support/skip.hpp"

#include <sstream>

BOOST_AUTO_TEST_CASE(the_shell_scripts_of_every_deployment_are_clean, *boost::unit_test::label("supervisors"))
{
    std::istringstream files(run({"grep", "--recursive", "--files-with-matches", "--exclude=*.md",
                                  "^#!/bin/\\(ba\\)\\?sh", DAEMONKIT_DEPLOYMENT_DIR "/.."})
                                 .out);
    std::vector<std::string> command{"shellcheck"};
    for (std::string file; std::getline(files, file);) command.push_back(file);
    BOOST_TEST(command.size() > 1);
    const auto said = run(command);
    if (said.status == 127) DAEMONKIT_SKIP("shellcheck is not installed");
    BOOST_TEST(said.status == 0, said.out << said.err);
}
