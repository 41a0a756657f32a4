#include "imap/submission/automatic.h"

#include <string>

#include "imap/submission/header_text.h"
#include "imap/submission/trace_fields.h"
#include "lib/base/strings.h"
#include "lib/text/program_address.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::submission {
namespace {

Error no(std::string_view why)
{
    return {Code::denied, std::string(why)};
}

template <class See>
bool any_field(std::string_view header, const See& see)
{
    text::HeaderCursor cursor(header);
    while (const auto field = cursor.next())
        if (see(field->name, field->value)) return true;
    return false;
}

bool is_automatic(std::string_view header)
{
    return any_field(header, [](std::string_view name, std::string_view value) {
        return equal_nocase(name, "auto-submitted") && text::parse_token(value) != "NO";
    });
}

}  // namespace

Status may_reject(std::string_view sender, std::string_view header)
{
    if (sender.empty()) return no("it has no sender");
    if (text::is_program_address(sender)) return no("its sender is a program");
    if (is_automatic(header)) return no("it was sent automatically");
    return success();
}

Status may_notify(std::string_view header)
{
    return is_automatic(header) ? Status(no("it was sent automatically")) : success();
}

bool is_looping(std::string_view header, std::string_view own_address)
{
    // As redirect_trace() has written it.
    const std::string own = text::unfold(HeaderText().add("", own_address).text().substr(1));
    size_t redirects = 0;
    return any_field(header, [&](std::string_view name, std::string_view value) {
        if (equal_nocase(name, kNoticeField)) return true;
        if (!equal_nocase(name, kRedirectField)) return false;
        return ++redirects >= kMaxRedirects || equal_nocase(text::unfold(value), own);
    });
}

}  // namespace rookery::submission
