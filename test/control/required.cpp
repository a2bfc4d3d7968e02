// SPDX-License-Identifier: BSL-1.0
// That a missing one does not compile is tested in reject/.
#include <daemonkit/core/required_setting.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <type_traits>

namespace {

struct settings
{
    daemonkit::required_setting<std::string> path;
    int mode = 7;
};

} // namespace

BOOST_AUTO_TEST_SUITE(required)

BOOST_AUTO_TEST_CASE(is_written_as_its_value_and_used_as_its_type)
{
    const settings s{.path = "/x"};
    const settings copy = s;
    const std::string& as_string = copy.path;
    BOOST_TEST(as_string == "/x");
    BOOST_TEST(copy.path.size() == 2U);
    BOOST_TEST(copy.mode == 7);
    settings other{.path = std::string("/y"), .mode = 1};
    other = s;
    BOOST_TEST(other.path == std::string("/x"));
    other.path = "/z";
    BOOST_TEST(other.path == std::string("/z"));
}

BOOST_AUTO_TEST_CASE(takes_no_other_type)
{
    BOOST_TEST((!std::is_constructible_v<daemonkit::required_setting<std::string>, int*>));
    BOOST_TEST((std::is_copy_constructible_v<daemonkit::required_setting<std::string>>));
    BOOST_TEST((std::is_aggregate_v<settings>));
}

BOOST_AUTO_TEST_SUITE_END()
