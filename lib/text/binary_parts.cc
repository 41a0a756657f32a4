#include "lib/text/binary_parts.h"

#include "lib/base/strings.h"
#include "lib/text/base64.h"

namespace rookery::text {
namespace {

constexpr size_t kBytesPerLine = 57;  // 76 characters

Status write_base64(std::string_view bytes, const ByteSink& sink)
{
    std::string lines;
    for (size_t at = 0; at < bytes.size(); at += kBytesPerLine) {
        if (at > 0) lines += "\r\n";
        lines += base64_encode(bytes.substr(at, kBytesPerLine));
        if (lines.size() < 32768) continue;
        TRY(sink(lines));
        lines.clear();
    }
    return sink(lines);
}

// Every such field says it: whoever reads another one than we do must not be misled.
Status write_header(std::string_view header, std::string_view encoding, const ByteSink& sink)
{
    constexpr std::string_view kField = "content-transfer-encoding";
    size_t begin = 0;
    HeaderCursor cursor(header);
    while (auto field = cursor.next()) {
        if (!equal_nocase(field->name, kField)) continue;
        const auto at = static_cast<size_t>(field->raw.data() - header.data());
        TRY(sink(header.substr(begin, at - begin)));
        TRY(sink(cat("Content-Transfer-Encoding: ", encoding, "\r\n")));
        begin = at + field->raw.size();
    }
    return sink(header.substr(begin));
}

Status write_part(std::string_view bytes, const Part& part, const ByteSink& sink)
{
    const std::string_view header = part.header(bytes);
    const bool binary = part.encoding == "BINARY";
    if (!binary)
        TRY(sink(header));
    else
        TRY(write_header(header, part.children.empty() ? "base64" : "8bit", sink));
    if (binary && part.children.empty()) return write_base64(part.body(bytes), sink);
    // Boundaries and what is around them.
    size_t at = part.body_begin;
    for (const Part& child : part.children) {
        TRY(sink(bytes.substr(at, child.header_begin - at)));
        TRY(write_part(bytes, child, sink));
        at = child.end;
    }
    return sink(bytes.substr(at, part.end - at));
}

}  // namespace

Status write_without_binary(std::string_view bytes, const Message& message, const ByteSink& sink)
{
    TRY(write_part(bytes, message.root, sink));
    const bool ends_a_line = message.root.encoding != "BINARY" || !message.root.children.empty();
    TRY(sink(bytes.substr(message.root.end)));
    return ends_a_line ? success() : sink("\r\n");
}

}  // namespace rookery::text
