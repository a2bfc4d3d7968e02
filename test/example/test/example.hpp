// SPDX-License-Identifier: BSL-1.0
// A program of test/example in a fresh directory, called as its user calls it, and ended with the test.
#pragma once

#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

inline std::string text_of(const boost::filesystem::path& file)
{
    std::ifstream in(file.string());
    return {std::istreambuf_iterator<char>(in), {}};
}

inline std::vector<std::string> lines_of(const boost::filesystem::path& file)
{
    std::ifstream in(file.string());
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        if (!in.eof()) lines.push_back(line); // a line without its end is still being written
    return lines;
}

class example
{
public:
    explicit example(std::string name, std::vector<std::string> environment = {})
        : name_(std::move(name)), environment_(std::move(environment))
    {
    }

    outcome operator()(const std::vector<std::string>& arguments) const
    {
        std::vector<std::string> command{"env"};
        command.insert(command.end(), environment_.begin(), environment_.end());
        command.push_back(DAEMONKIT_EXAMPLE_DIR "/" + name_);
        command.insert(command.end(), arguments.begin(), arguments.end());
        auto result = run(command, directory_.path().string());
        BOOST_TEST(result.streams_ended); // else `start | cat` would hang
        return result;
    }

    [[nodiscard]] boost::filesystem::path file(const std::string& suffix) const
    {
        return directory_ / (name_ + suffix);
    }
    [[nodiscard]] pid_t pid() const { return pid_in(file(".pid").string()); }
    [[nodiscard]] const boost::filesystem::path& directory() const { return directory_.path(); }

    /// "(pid 123)" becomes "(pid N)" if 123 is the pid.
    [[nodiscard]] static std::string with(pid_t pid, std::string text)
    {
        boost::replace_all(text, "pid " + std::to_string(pid), "pid N");
        return text;
    }

private:
    std::string name_;
    std::vector<std::string> environment_;
    temporary_directory directory_;
    daemon_in ended_{file(".pid").string()};
};
