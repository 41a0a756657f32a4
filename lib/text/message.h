// The structure of a message: a tree of MIME parts that says where each lies (RFC 2045, 2046).
//
// parse_message never fails: broken MIME is read as the other IMAP servers read it. No or an
// unusable Content-Type: TEXT/PLAIN; a multipart that names no boundary: TEXT/PLAIN, all of it; one
// whose boundary never comes: one empty text part; an outer boundary ends all inner parts; the end
// of the message ends everything. One pass over the bytes, whatever the nesting.
// Limits: beyond max_depth a multipart has no parts and an enclosed message is
// APPLICATION/OCTET-STREAM; beyond max_parts further parts are not shown.
// Parts hold offsets into the bytes, not views. Values; no sharing.
#ifndef ROOKERY_LIB_TEXT_MESSAGE_H
#define ROOKERY_LIB_TEXT_MESSAGE_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/text/rfc5322_header.h"

namespace rookery::text {

struct Limits {
    size_t max_depth = 50;
    size_t max_parts = 20000;
};

struct Part {
    // Where it lies in the message.
    size_t header_begin = 0;
    size_t body_begin = 0;  // behind the header's empty line
    size_t end = 0;         // without the line end that belongs to the boundary
    size_t lines = 0;       // line ends in the body

    std::string type = "TEXT";      // upper case
    std::string subtype = "PLAIN";  // upper case
    std::vector<Param> params;
    std::string encoding = "7BIT";  // upper case
    std::optional<std::string> id;
    std::optional<std::string> description;
    std::optional<std::string> md5;
    std::optional<std::string> location;
    std::optional<ParamValue> disposition;
    std::vector<std::string> languages;

    // A multipart's parts, at least one; of a message the enclosed one, exactly one, as it stands
    // there: one that is encoded is not decoded.
    std::vector<Part> children;

    bool is_multipart() const { return type == "MULTIPART"; }
    bool is_global() const { return type == "MESSAGE" && subtype == "GLOBAL"; }  // RFC 6532
    bool is_message() const { return is_global() || (type == "MESSAGE" && subtype == "RFC822"); }
    bool is_text() const { return type == "TEXT"; }
    size_t body_size() const { return end - body_begin; }
    std::string_view header(std::string_view message) const
    {
        return message.substr(header_begin, body_begin - header_begin);
    }
    std::string_view body(std::string_view message) const
    {
        return message.substr(body_begin, end - body_begin);
    }
    // The bytes of a Content-Type parameter by its upper case name.
    std::optional<std::string> param(std::string_view name) const;
};

struct Message {
    Part root;
};

Message parse_message(std::string_view bytes, const Limits& limits = {});

}  // namespace rookery::text

#endif
