// SPDX-License-Identifier: BSL-1.0
// JSON of a store. Boost.PropertyTree reads it: Boost 1.74 has no Boost.JSON, which came with 1.75 and is not a header
// alone. Numbers and truth values are read as texts, so the 64-bit numbers that etcd writes as texts need no care.
#pragma once

#include "../../core/startup_error.hpp"
#include "../../text/joined.hpp"
#include "../holder.hpp"

#ifndef BOOST_BIND_GLOBAL_PLACEHOLDERS // without it a parser of Boost 1.74 makes every compiler print a note
#define BOOST_BIND_GLOBAL_PLACEHOLDERS
#include <boost/property_tree/json_parser.hpp>
#undef BOOST_BIND_GLOBAL_PLACEHOLDERS
#endif
#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/ptree.hpp>

#include <cerrno>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

namespace daemonkit::detail {

using json_tree = boost::property_tree::ptree;

/// A JSON text in quotes.
[[nodiscard]] inline std::string json_text(std::string_view text)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string all = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20U) {
            all += "\\u00";
            all += digits[byte >> 4U];
            all += digits[byte & 15U];
        } else {
            if (c == '"' || c == '\\') all += '\\';
            all += c;
        }
    }
    return all += '"';
}

[[noreturn, gnu::cold]] inline void throw_no_json(std::string_view reason)
{
    throw startup_error({EPROTO, std::system_category()}, "read the answer of the store", {}, reason);
}

/// Throws startup_error if it is no JSON. The parser is recursive, so what is nested more deeply than any answer of
/// a store is refused.
[[nodiscard]] inline json_tree parse_json(const std::string& text)
{
    int depth = 0;
    for (const char c : text) {
        depth += static_cast<int>(c == '{' || c == '[') - static_cast<int>(c == '}' || c == ']');
        if (depth > 64) throw_no_json("it is nested too deeply");
    }
    json_tree tree;
    std::istringstream in(text);
    try {
        boost::property_tree::read_json(in, tree);
    } catch (const boost::property_tree::json_parser_error& e) {
        throw_no_json(e.message());
    }
    return tree;
}

/// A holder as a value in a store.
[[nodiscard]] inline std::string text_of(const lease_holder& holder)
{
    return sys::joined({"{\"host\":", json_text(holder.host), ",\"boot\":", json_text(holder.boot),
                        ",\"pid\":", holder.pid, ",\"start\":", holder.start, "}"});
}

/// The holder in a value; what it does not say stays empty, because others can write there.
[[nodiscard]] inline lease_holder holder_in(const std::string& value, std::uint64_t token)
{
    lease_holder holder;
    holder.token = token;
    try {
        const auto tree = parse_json(value);
        holder.host = tree.get("host", "");
        holder.boot = tree.get("boot", "");
        holder.pid = tree.get<pid_t>("pid", 0);
        holder.start = tree.get<unsigned long long>("start", 0);
    } catch (const startup_error&) { // it stays empty
        return holder;
    }
    return holder;
}

} // namespace daemonkit::detail
