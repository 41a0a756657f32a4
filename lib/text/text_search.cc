#include "lib/text/text_search.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/charset.h"
#include "lib/text/transfer_encoding.h"

namespace rookery::text {
namespace {

constexpr size_t kPiece = 32768;

bool read_text(TextReader& reader, std::string_view utf8)
{
    reader.start();
    return reader.feed(utf8);
}

bool read_part_text(std::string_view body, const Part& part, TextReader& reader)
{
    const auto charset = part.param("CHARSET");
    TransferDecoder decoder(part.encoding);
    CharsetConverter converter(charset.value_or("us-ascii"));
    std::string bytes;
    std::string utf8;
    reader.start();
    for (size_t pos = 0; pos < body.size(); pos += kPiece) {
        bytes.clear();
        utf8.clear();
        decoder.feed(body.substr(pos, kPiece), bytes);
        converter.feed(bytes, utf8);
        if (reader.feed(utf8)) return true;
    }
    bytes.clear();
    utf8.clear();
    decoder.finish(bytes);
    converter.feed(bytes, utf8);
    converter.finish(utf8);
    return reader.feed(utf8);
}

// The parameters of a field as they read: a name that was written in code or in pieces.
bool read_params(const HeaderField& field, TextReader& reader)
{
    std::vector<Param> params;
    if (equal_nocase(field.name, "content-type")) {
        if (auto type = parse_content_type(field.value)) params = std::move(type->params);
    } else if (equal_nocase(field.name, "content-disposition")) {
        if (auto value = parse_param_value(field.value)) params = std::move(value->params);
    }
    return std::any_of(params.begin(), params.end(), [&](const Param& p) {
        const std::string_view name = p.name;
        const auto text = decode_param(params, name.substr(0, name.find('*')));
        return text && read_text(reader, *text);
    });
}

bool read_part(std::string_view bytes, const Part& part, TextReader& reader)
{
    if (part.is_text()) return read_part_text(part.body(bytes), part, reader);
    return std::any_of(part.children.begin(), part.children.end(), [&](const Part& child) {
        return read_header(child.header(bytes), reader) || read_part(bytes, child, reader);
    });
}

void feed_address(const Address& address, TextMatcher& matcher)
{
    if (!address.host) {  // the beginning or the end of a group
        matcher.feed(address.mailbox ? cat(decode_words(*address.mailbox), ':') : ";");
        return;
    }
    if (address.name) matcher.feed(cat(decode_words(*address.name), ' '));
    matcher.feed("<");
    if (address.route) matcher.feed(cat(to_utf8("", *address.route), ':'));
    matcher.feed(
        cat(to_utf8("", address.mailbox.value_or("")), '@', to_utf8("", *address.host), '>'));
}

}  // namespace

void TextMatcher::start()
{
    former_.start();
    window_.clear();
    found_ = needle_.empty();
}

bool TextMatcher::feed(std::string_view utf8)
{
    if (needle_.empty()) found_ = true;
    if (found_ || utf8.empty()) return found_;
    former_.add(utf8, window_);
    if (window_.find(needle_) != std::string::npos) return found_ = true;
    const size_t keep = std::min(window_.size(), needle_.size() - 1);
    window_.erase(0, window_.size() - keep);
    return false;
}

bool TextMatcher::is_in(std::string_view utf8)
{
    start();
    return feed(utf8);
}

bool contains_folded(std::string_view utf8, std::string_view needle, const SearchForm& form)
{
    return TextMatcher(needle, form).is_in(utf8);
}

bool read_header(std::string_view header, TextReader& reader)
{
    HeaderCursor cursor(header);
    while (auto field = cursor.next()) {
        const std::string text = field->name.empty()
                                     ? decode_words(field->raw)
                                     : cat(field->name, ": ", decode_words(field->value));
        if (read_text(reader, text) || read_params(*field, reader)) return true;
    }
    return false;
}

bool read_body(std::string_view bytes, const Message& message, TextReader& reader)
{
    return read_part(bytes, message.root, reader);
}

bool header_contains(std::string_view header, TextMatcher& matcher)
{
    return matcher.is_empty() || read_header(header, matcher);
}

bool body_contains(std::string_view bytes, const Message& message, TextMatcher& matcher)
{
    return matcher.is_empty() || read_body(bytes, message, matcher);
}

bool addresses_contain(std::string_view header, std::string_view name, TextMatcher& matcher)
{
    std::vector<Address> addresses;
    bool is_there = false;
    HeaderCursor cursor(header);
    while (auto field = cursor.next()) {
        if (!equal_nocase(field->name, name)) continue;
        is_there = true;
        add_addresses(addresses, field->value);
    }
    matcher.start();
    for (const auto& address : addresses) {
        feed_address(address, matcher);
        matcher.feed(", ");
    }
    return is_there && matcher.found();
}

}  // namespace rookery::text
