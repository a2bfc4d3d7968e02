// SPDX-License-Identifier: BSL-1.0
#include "example.hpp"

#include <regex>

BOOST_AUTO_TEST_SUITE(clockd, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(writes_the_time_in_the_format_of_its_configuration_and_reads_that_again)
{
    const example clockd("clockd");
    const auto last_line_is = [&](const char* pattern) {
        return eventually([&] {
            const auto lines = lines_of(clockd.file(".log"));
            return !lines.empty() && std::regex_match(lines.back(), std::regex(pattern));
        });
    };
    BOOST_REQUIRE(clockd({"start"}).status == 0);
    BOOST_TEST(last_line_is("[0-9]{2}:[0-9]{2}:[0-9]{2}"));

    std::ofstream(clockd.file(".conf").string()) << "the year %Y\n";
    auto said = clockd({"reload"});
    BOOST_TEST(said.status == 0);
    BOOST_TEST(clockd.with(clockd.pid(), said.out) == "clockd: reloaded (pid N)\n");
    BOOST_TEST(last_line_is("the year [0-9]{4}"));

    BOOST_TEST(clockd({"restart"}).status == 0); // which reads it too
    BOOST_TEST(lines_of(clockd.file(".log")).size() >= 2U);
    BOOST_TEST(last_line_is("the year [0-9]{4}"));

    boost::filesystem::remove(clockd.file(".conf"));
    BOOST_TEST(clockd({"reload"}).status == 0);
    const auto lines = lines_of(clockd.file(".log")).size();
    BOOST_TEST(eventually([&] { return lines_of(clockd.file(".log")).size() >= lines + 2; }));
    BOOST_TEST(last_line_is("the year [0-9]{4}")); // the old one stays

    const pid_t pid = clockd.pid();
    BOOST_TEST(clockd({"stop"}).status == 0);
    BOOST_TEST(!alive(pid));
    BOOST_TEST(clockd({"status"}).status == 3);
}

BOOST_AUTO_TEST_SUITE_END()
