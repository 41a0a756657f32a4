#include "imap/admin/tools/message_text.h"

#include <ctime>

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/imap_date.h"
#include "lib/text/imap_syntax.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::admin {
namespace {

// quoted: as IMAP has it, NIL where there is none.
void print_field(std::string& out, std::string_view label, std::string_view header,
                 std::string_view name, bool quoted = false)
{
    if (quoted && !text::find_field(header, name)) {
        cat_to(out, '\t', label, ": NIL\n");
        return;
    }
    std::string value = text::unfold(text::find_field(header, name).value_or(""));
    std::replace_if(
        value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; },
        ' ');
    if (quoted) {
        std::string text;
        text::put_quoted(text, value);
        value = std::move(text);
    }
    cat_to(out, '\t', label, ": ", value, '\n');
}

}  // namespace

std::string time_text(int64_t seconds)
{
    const auto when = static_cast<time_t>(seconds);
    struct tm parts {};
    char text[64];
    if (::localtime_r(&when, &parts) == nullptr) return "?";
    return {text, ::strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y", &parts)};
}

std::string message_text(const ShownMessage& message, std::string_view header)
{
    const auto sent =
        text::parse_header_date(text::unfold(text::find_field(header, "Date").value_or("")));
    std::string out = cat("UID: ", message.uid, "\n\tSize: ", message.size,
                          "\n\tSent: ", sent ? time_text(sent->seconds) : "?",
                          "\n\tRecv: ", time_text(message.received), '\n');
    if (message.expunged) cat_to(out, "\tExpg: ", time_text(*message.expunged), '\n');
    print_field(out, "From", header, "From");
    print_field(out, "To  ", header, "To");
    print_field(out, "Cc  ", header, "Cc");
    print_field(out, "Bcc ", header, "Bcc");
    print_field(out, "Subj", header, "Subject", true);
    return out;
}

}  // namespace rookery::admin
