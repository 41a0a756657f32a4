// Lines as they come: a reply that is taken is written as one that is taken again, line by line.
#include "lib/text/smtp_reply.h"

#include <optional>

#include "tests/fuzz/target.h"

using namespace rookery;

namespace {

std::optional<text::SmtpReply> read(std::string_view bytes)
{
    text::SmtpReplyReader reader;
    while (!bytes.empty()) {
        const size_t end = std::min(bytes.find('\n'), bytes.size());
        std::string_view line = bytes.substr(0, end);
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        const auto last = reader.add(line);
        if (!last) return std::nullopt;
        if (*last) return reader.take();
    }
    return std::nullopt;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string_view s = fuzz::text_of(data, size);
    const std::string_view code = text::enhanced_code(s);
    fuzz::require(code.empty() || (code.size() >= 5 && s.starts_with(code)), "a status code");
    const auto reply = read(s);
    if (!reply) return 0;
    fuzz::require(reply->code >= 200 && reply->code < 600, "a code");
    fuzz::require(reply->lines.size() <= text::SmtpReplyReader::kMaxLines, "few lines");
    const auto again = read(reply->to_string());
    fuzz::require(again && again->code == reply->code && again->lines == reply->lines, "the same");
    return 0;
}
