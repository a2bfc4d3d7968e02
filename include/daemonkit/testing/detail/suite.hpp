// SPDX-License-Identifier: BSL-1.0
// A suite of Boost.Test with the contract cases of one policy.
#pragma once

#include "case_process.hpp"
#include "skip.hpp"
#include "temporary_directory.hpp"

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace daemonkit::testing::detail {

/// A policy and the directory that it was made for.
template <class AnyPolicy>
struct place
{
    boost::filesystem::path directory;
    AnyPolicy policy;
};

/// What a case is given: a way to make policies, each in a directory of its own.
template <class AnyPolicy>
class subject
{
public:
    using maker = std::function<AnyPolicy(const boost::filesystem::path&)>;

    subject(maker make, boost::filesystem::path top) : make_(std::move(make)), top_(std::move(top)) {}

    [[nodiscard]] place<AnyPolicy> fresh() const
    {
        auto directory = top_ / std::to_string(++made_);
        boost::filesystem::create_directory(directory);
        boost::filesystem::permissions(directory, boost::filesystem::perms(0755));
        return {directory, make_(directory)};
    }

private:
    maker make_;
    boost::filesystem::path top_;
    mutable int made_ = 0;
};

/// The type that a maker makes.
template <class PolicyMaker>
using made_by = std::remove_cvref_t<std::invoke_result_t<PolicyMaker&, const boost::filesystem::path&>>;

/// Adds cases to the suite of this name, below the current suite of Boost.Test.
template <class AnyPolicy>
class suite
{
public:
    suite(const std::string& name, typename subject<AnyPolicy>::maker make, const char* file, int line)
        : make_(std::move(make)), file_(file), line_(static_cast<std::size_t>(line)),
          suite_(new boost::unit_test::test_suite(name, file_, line_))
    {
        boost::unit_test::framework::current_auto_test_suite().add(suite_);
        suite_->add_label("process");
    }

    /// A case: `body` runs in a process of its own.
    void add(const char* name, void (*body)(const subject<AnyPolicy>&))
    {
        suite_->add(boost::unit_test::make_test_case([make = make_, body] { run(make, body); }, name, file_, line_));
    }

private:
    static void run(const typename subject<AnyPolicy>::maker& make, void (*body)(const subject<AnyPolicy>&))
    {
        const temporary_directory directory;
        const auto result = run_case([&] { body(subject<AnyPolicy>(make, directory.path())); });
        constexpr std::size_t most = 20;
        for (std::size_t i = 0; i < std::min(most, result.failures.size()); ++i) BOOST_ERROR(result.failures[i]);
        if (result.failures.size() > most) BOOST_ERROR("and " << result.failures.size() - most << " more");
        BOOST_TEST(true); // a case without failures has a check
        if (result.tried > 0) BOOST_TEST_MESSAGE(result.tried << " faults tried");
        if (!result.skipped.empty()) report_skipped(result.skipped);
    }

    typename subject<AnyPolicy>::maker make_;
    boost::unit_test::const_string file_;
    std::size_t line_;
    boost::unit_test::test_suite* suite_; // Boost.Test owns it
};

} // namespace daemonkit::testing::detail
