#include "imap/submission/automatic.h"

#include <algorithm>
#include <array>

#include "imap/submission/header_text.h"
#include "imap/submission/trace_fields.h"
#include "lib/base/strings.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::submission {
namespace {

constexpr std::array<std::string_view, 6> kRecipientFields = {
    "to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc"};
constexpr std::array<std::string_view, 8> kPrograms = {"mailer-daemon", "listserv",    "majordomo",
                                                       "mailman",       "noreply",     "no-reply",
                                                       "donotreply",    "do-not-reply"};

Error no(std::string_view why)
{
    return {Code::denied, std::string(why)};
}

bool is_program(std::string_view address)
{
    const std::string local = to_lower(address.substr(0, address.rfind('@')));
    return std::find(kPrograms.begin(), kPrograms.end(), local) != kPrograms.end() ||
           local.starts_with("owner-") || local.ends_with("-request") || local.ends_with("-owner");
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

bool is_of_list(std::string_view header)
{
    return any_field(header, [](std::string_view name, std::string_view value) {
        if (starts_with_nocase(name, "list-")) return true;
        if (!equal_nocase(name, "precedence")) return false;
        const std::string word = text::parse_token(value);
        return word == "BULK" || word == "LIST" || word == "JUNK";
    });
}

bool contains(std::span<const std::string> own, std::string_view address)
{
    return std::any_of(own.begin(), own.end(),
                       [&](const std::string& mine) { return equal_nocase(mine, address); });
}

bool is_for(std::string_view header, std::span<const std::string> own)
{
    return any_field(header, [&](std::string_view name, std::string_view value) {
        const auto is_it = [&](std::string_view field) { return equal_nocase(name, field); };
        if (std::none_of(kRecipientFields.begin(), kRecipientFields.end(), is_it)) return false;
        const auto all = text::parse_addresses(value);
        return std::any_of(all.begin(), all.end(), [&](const text::Address& a) {
            return a.mailbox && a.host && contains(own, cat(*a.mailbox, '@', *a.host));
        });
    });
}

}  // namespace

Status may_reject(std::string_view sender, std::string_view header)
{
    if (sender.empty()) return no("it has no sender");
    if (is_program(sender)) return no("its sender is a program");
    if (is_automatic(header)) return no("it was sent automatically");
    return success();
}

Status may_answer(std::string_view sender, std::string_view header,
                  std::span<const std::string> own)
{
    TRY(may_reject(sender, header));
    if (is_of_list(header)) return no("it is of a mailing list");
    const auto is_loop = [](std::string_view name, std::string_view) {
        return equal_nocase(name, kLoopField);
    };
    if (any_field(header, is_loop)) return no("it was answered before");
    if (contains(own, sender)) return no("its sender is the user");
    if (!is_for(header, own)) return no("it does not name the user");
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
