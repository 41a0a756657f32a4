// RFC 5173: body. No match variables are set (6).
#include <algorithm>

#include "imap/sieve/ext/rows.h"
#include "imap/sieve/interpreter.h"
#include "lib/base/strings.h"
#include "lib/text/charset.h"
#include "lib/text/transfer_encoding.h"

namespace rookery::sieve::ext {
namespace {

// The text of a part without its transfer encoding, in UTF-8 if it is text; at most max bytes.
std::string decoded(const text::Part& part, std::string_view message, size_t max)
{
    std::string bytes;
    text::TransferDecoder decoder(part.encoding);
    decoder.feed(part.body(message).substr(0, max * 2), bytes);
    decoder.finish(bytes);
    if (part.is_text()) {
        bytes = text::to_utf8(part.param("CHARSET").value_or("us-ascii"), bytes);
    }
    return std::string(cut(bytes, max));
}

bool is_of_type(const text::Part& part, std::string_view wanted)
{
    if (wanted.empty()) return true;
    const size_t slash = wanted.find('/');
    if (slash == std::string_view::npos) return equal_nocase(part.type, wanted);
    // "/a", "a/" and "a/b/c" match nothing (5.2).
    if (slash == 0 || slash + 1 == wanted.size()) return false;
    return equal_nocase(cat(part.type, '/', part.subtype), wanted);
}

// Before the first and behind the last boundary of a multipart.
std::vector<std::string> around_parts(const text::Part& part, std::string_view message)
{
    auto before = message.substr(part.body_begin, part.children[0].header_begin - part.body_begin);
    const size_t boundary = before.rfind("\n--");
    before = before.substr(0, boundary == std::string_view::npos ? 0 : boundary + 1);
    auto behind = message.substr(part.children.back().end, part.end - part.children.back().end);
    for (int line = 0; line < 2; ++line) {
        const size_t end = behind.find('\n');
        behind = end == std::string_view::npos ? std::string_view() : behind.substr(end + 1);
    }
    return {std::string(before), std::string(behind)};
}

class Collector {
 public:
    Collector(Interpreter& in, std::vector<std::string> types) : in_(in), types_(std::move(types))
    {
    }

    Status collect(const text::Part& part)
    {
        TRY(in_.charge());
        const std::string_view message = in_.message().bytes();
        const bool wanted = std::any_of(types_.begin(), types_.end(), [&](const std::string& type) {
            return is_of_type(part, type);
        });
        if (wanted && part.is_multipart()) {
            for (auto& text : around_parts(part, message)) out_.push_back(std::move(text));
        } else if (wanted && part.is_message() && !part.children.empty()) {
            out_.emplace_back(part.children[0].header(message));
        } else if (wanted) {
            out_.push_back(decoded(part, message, in_.limits().body_size));
        }
        for (const auto& child : part.children) TRY(collect(child));
        return success();
    }
    std::vector<std::string> take() { return std::move(out_); }

 private:
    Interpreter& in_;
    std::vector<std::string> types_;
    std::vector<std::string> out_;
};

Result<bool> test_body(Interpreter& in, const Node& node)
{
    const auto keys = in.texts(node.arguments[0]);
    const text::Part& root = in.message().structure().root;
    if (node.has("raw"))
        return in.compare_body(node, {std::string(in.message().bytes().substr(root.body_begin))},
                               keys);
    const Value* content = node.tag("content");
    Collector collector(in,
                        content != nullptr ? in.texts(*content) : std::vector<std::string>{"text"});
    TRY(collector.collect(root));
    return in.compare_body(node, collector.take(), keys);
}

constexpr Kind kStrings[] = {Kind::strings};
constexpr Tag kTags[] = {{"content", Kind::strings, "body transform"},
                         {"raw", Kind::none, "body transform"},
                         {"text", Kind::none, "body transform"}};
constexpr Command kTests[] = {
    {.name = "body", .arguments = kStrings, .tags = kTags, .takes = takes_match, .test = test_body},
};

}  // namespace

const Extension body{.tests = kTests};

}  // namespace rookery::sieve::ext
