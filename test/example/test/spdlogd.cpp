// SPDX-License-Identifier: BSL-1.0
#include "example.hpp"
#include "support/skip.hpp"

#include <unistd.h>

#define EXPECT_SPDLOGD_OR_SKIP \
    if (::access(DAEMONKIT_EXAMPLE_DIR "/spdlogd", X_OK) == -1) DAEMONKIT_SKIP("spdlog was not found (libspdlog-dev)")

BOOST_AUTO_TEST_SUITE(spdlogd, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(its_log_is_rotated_by_a_reload)
{
    EXPECT_SPDLOGD_OR_SKIP;
    const example spdlogd("spdlogd");
    const auto log = spdlogd.file(".log");
    BOOST_TEST(spdlogd({"start"}).status == 0);
    BOOST_TEST(text_of(log).find("[spdlogd] [info] here I am\n") != std::string::npos, text_of(log));
    const auto old = spdlogd.file(".log.1");
    boost::filesystem::rename(log, old);
    BOOST_TEST(spdlogd({"reload"}).status == 0);
    BOOST_TEST(boost::filesystem::exists(log)); // reload returns when it is done
    BOOST_TEST(eventually([&] { return text_of(log).find("tick") != std::string::npos; }));
    const auto size = boost::filesystem::file_size(old);
    BOOST_TEST(spdlogd({"stop"}).status == 0);
    BOOST_TEST(text_of(log).find("good-bye") != std::string::npos, text_of(log));
    BOOST_TEST(boost::filesystem::file_size(old) == size);
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_opened_refuses_the_reload_in_the_words_of_spdlog)
{
    EXPECT_SPDLOGD_OR_SKIP;
    const example spdlogd("spdlogd");
    const auto log = spdlogd.file(".log");
    BOOST_TEST(spdlogd({"start"}).status == 0);
    const auto old = spdlogd.file(".log.1");
    boost::filesystem::rename(log, old);
    boost::filesystem::create_directory(log);
    const auto said = spdlogd({"reload"});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.err.find("Failed opening file " + log.string() + " for writing: Is a directory") !=
                   std::string::npos,
               said.err);
    BOOST_TEST(spdlogd({"stop"}).status == 0);
    BOOST_TEST(text_of(old).find("good-bye") != std::string::npos, text_of(old));
}

BOOST_AUTO_TEST_CASE(without_a_log_it_does_not_start)
{
    EXPECT_SPDLOGD_OR_SKIP;
    const example spdlogd("spdlogd");
    boost::filesystem::create_directory(spdlogd.file(".log"));
    const auto said = spdlogd({"start"});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.err.find("Failed opening file") != std::string::npos, said.err);
    BOOST_TEST(spdlogd({"status"}).status == 3);
}

BOOST_AUTO_TEST_SUITE_END()
