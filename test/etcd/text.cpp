// SPDX-License-Identifier: BSL-1.0
// What the stores write and read.
#include <daemonkit/lease/detail/json.hpp>
#include <daemonkit/text/base64.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using daemonkit::sys::from_base64;
using daemonkit::sys::to_base64;

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(base64_of_rfc_4648)
{
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, base64] : vectors) {
        BOOST_TEST(to_base64(bytes) == base64);
        BOOST_TEST(from_base64(base64) == bytes);
    }
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    BOOST_TEST(from_base64(to_base64(all)) == all);
    BOOST_TEST(from_base64("Zm9v\nYg==") == "foo"); // up to the first character that is no digit
}

BOOST_AUTO_TEST_CASE(holder_survives_the_store)
{
    const daemonkit::lease_holder one{"h\"1\\\n\x01", "b0", 42, 7, 9};
    BOOST_TEST((daemonkit::detail::holder_in(daemonkit::detail::text_of(one), 9) == one));
}

BOOST_AUTO_TEST_CASE(value_that_is_no_holder_is_one_without_a_name)
{
    const std::string deep(100'000, '[');
    for (const std::string value :
         {"", "{", "[]", "7", R"({"pid":"x"})", R"({"pid":99999999999999999999})", deep.c_str()}) {
        const auto found = daemonkit::detail::holder_in(value, 9);
        BOOST_TEST(found.host == "");
        BOOST_TEST(found.pid == 0);
        BOOST_TEST(found.token == 9U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
