#include "imap/submission/compose.h"

#include <algorithm>
#include <vector>

#include "imap/submission/body_text.h"
#include "imap/submission/entry_id.h"
#include "imap/submission/header_text.h"
#include "imap/submission/trace_fields.h"
#include "lib/base/strings.h"
#include "lib/text/charset.h"
#include "lib/text/header_syntax.h"
#include "lib/text/rfc5322_header.h"
#include "lib/text/utf8.h"

namespace rookery::submission {
namespace {

constexpr size_t kMaxReferences = 20;
constexpr size_t kMaxSubject = 1000;
constexpr size_t kMaxMimeHeader = 16384;
constexpr size_t kMaxLine = 998;  // RFC 5322 2.1.1

// Date, Message-ID and what else each of them has.
HeaderText begin(const Making& making)
{
    HeaderText header;
    header.add("Date", text::format_header_date(making.now));
    header.add("Message-ID", cat("<rookery-", making.unique, '@', making.servername, '>'));
    return header;
}

std::string server_address(const Making& making)
{
    return cat("Mail Delivery System <MAILER-DAEMON@", making.servername, '>');
}

// The ids in a Message-ID, In-Reply-To or References.
std::vector<std::string> ids_in(std::string_view header, std::string_view name)
{
    std::vector<std::string> out;
    const auto value = text::find_field(header, name);
    if (!value) return out;
    const std::string text = text::unfold(*value);
    for (size_t at = 0; (at = text.find('<', at)) != text.npos;) {
        const size_t end = text.find('>', at);
        if (end == text.npos) break;
        const std::string id = text.substr(at, end - at + 1);
        const bool fits = id.size() > 2 && id.size() < 250 && text::is_ascii(id) &&
                          id.find_first_of(" \t", 1) == id.npos && id.find('<', 1) == id.npos;
        if (fits) out.push_back(id);
        at = end;
    }
    return out;
}

// RFC 5322 3.6.4. Of a long thread the first and the latest.
void add_references(HeaderText& header, std::string_view message)
{
    const auto own = ids_in(message, "message-id");
    if (own.empty()) return;
    header.add("In-Reply-To", own.front());
    auto thread = ids_in(message, "references");
    if (thread.empty()) {
        thread = ids_in(message, "in-reply-to");
        if (thread.size() > 1) thread.clear();
    }
    if (thread.size() >= kMaxReferences)
        thread.erase(thread.begin() + 1,
                     thread.end() - static_cast<std::ptrdiff_t>(kMaxReferences - 2));
    thread.push_back(own.front());
    std::string value;
    for (const std::string& id : thread) cat_to(value, value.empty() ? "" : " ", id);
    header.add("References", value);
}

std::string subject_of(std::string_view message)
{
    const auto subject = text::find_field(message, "subject");
    if (!subject) return {};
    return one_line(trim(text::decode_words(*subject)), kMaxSubject);
}

// What may stand in the header of an answer: the rest of it is ours.
Result<std::string> mime_entity(std::string_view reason)
{
    const Error bad{Code::syntax, ":mime needs a MIME header in ASCII, and an empty line"};
    if (reason.size() > kMaxMimeReason) return Error{Code::limit, "the MIME entity is too large"};
    const std::string entity = with_crlf(reason);
    const size_t size = text::header_size(entity);
    const std::string_view header = std::string_view(entity).substr(0, size);
    text::HeaderSyntax syntax(text::HeaderSyntax::Rules::delivered);
    syntax.feed(header);
    if (size > kMaxMimeHeader || !text::is_ascii(header)) return bad;
    for (const std::string_view line : split(header, '\n'))
        if (line.size() > kMaxLine) return bad;
    // An empty header: text/plain (RFC 2045 5.2).
    if (!header.starts_with("\r\n") && (!syntax.is_good() || !header.ends_with("\r\n\r\n")))
        return bad;
    std::string out;
    text::HeaderCursor cursor(header);
    while (const auto field = cursor.next())
        if (starts_with_nocase(field->name, "content-")) out.append(field->raw);
    return cat(out, "\r\n", entity.substr(size));
}

std::string boundary_of(const Making& making)
{
    return cat("=_", making.unique);
}

std::string message_part(std::string_view boundary, std::string_view message, bool whole)
{
    const bool is_7bit = text::is_ascii(message);
    return cat("--", boundary,
               "\r\nContent-Type: ", whole ? "message/rfc822" : "text/rfc822-headers",
               "\r\nContent-Transfer-Encoding: ", is_7bit ? "7bit" : "8bit", "\r\n\r\n");
}

std::string end_of(std::string_view boundary, std::string_view enclosed)
{
    return cat(enclosed.ends_with("\r\n") ? "" : "\r\n", "\r\n--", boundary, "--\r\n");
}

HeaderText begin_notice(const Making& making, std::string_view owner, std::string_view subject,
                        std::string_view kind)
{
    HeaderText header = begin(making);
    header.add_addresses("From", server_address(making))
        .add_addresses("To", owner)
        .add_text("Subject", subject)
        .add("Auto-Submitted", "auto-generated")
        .add(kNoticeField, kind)
        .add("MIME-Version", "1.0");
    return header;
}

}  // namespace

std::string new_unique()
{
    return new_batch();
}

Result<Composed> vacation_answer(const VacationAnswer& answer, std::string_view message,
                                 const Making& making)
{
    std::string entity;
    if (answer.is_mime) {
        TRY_ASSIGN(entity, mime_entity(answer.reason));
    } else {
        entity = text_entity(answer.reason);
    }
    std::string subject = answer.subject;
    if (subject.empty()) {
        const std::string was = subject_of(message);
        subject = was.empty() ? "Automated reply" : cat("Auto: ", was);
    }
    HeaderText header = begin(making);
    header.add_addresses("From", plain_addresses(answer.from).empty() ? answer.owner : answer.from)
        .add_addresses("To", answer.to)
        .add_text("Subject", subject);
    add_references(header, message);
    header.add("Auto-Submitted", "auto-replied (vacation)")
        .add(kLoopField, answer.owner)
        .add("MIME-Version", "1.0");
    return Composed{header.text() + entity, {}, {}};
}

Composed rejection(const Rejection& rejection, std::string_view message, const Making& making)
{
    const std::string boundary = boundary_of(making);
    HeaderText header = begin(making);
    header.add_addresses("From", server_address(making))
        .add_addresses("To", rejection.to)
        .add_text("Subject", "Rejected: " + subject_of(message));
    add_references(header, message);
    header.add("Auto-Submitted", "auto-replied (rejected)")
        .add("MIME-Version", "1.0")
        .add("Content-Type",
             cat("multipart/report; report-type=disposition-notification; boundary=\"", boundary,
                 '"'));
    HeaderText fields;
    fields.add("Reporting-UA", making.servername + "; Rookery (Sieve)");
    if (const auto original = text::find_field(message, "original-recipient"))
        fields.add("Original-Recipient", text::unfold(*original));
    fields.add("Final-Recipient", "rfc822; " + rejection.recipient);
    if (const auto ids = ids_in(message, "message-id"); !ids.empty())
        fields.add("Original-Message-ID", ids.front());
    fields.add("Disposition", "automatic-action/MDN-sent-automatically; deleted");
    Composed out;
    const bool whole = message.size() <= kMaxReturnedMessage;
    out.enclosed = whole ? message : message.substr(0, text::header_size(message));
    out.front =
        cat(header.text(), "\r\n--", boundary, "\r\n",
            text_entity(cat("The message was refused by the recipient's mail filtering "
                            "program.\nThe reason given was as follows:\n\n",
                            rejection.reason)),
            "\r\n--", boundary, "\r\nContent-Type: message/disposition-notification\r\n\r\n",
            fields.text(), "\r\n", message_part(boundary, out.enclosed, whole));
    out.back = end_of(boundary, out.enclosed);
    return out;
}

std::string redirect_trace(std::string_view own_address)
{
    HeaderText header;
    header.add(kRedirectField, own_address);
    return header.text();
}

Composed broken_script_notice(const BrokenScript& broken, const Making& making)
{
    const HeaderText header = begin_notice(
        making, broken.owner, cat("Your mail filter \"", broken.script, "\" does not work"),
        "broken-script");
    const std::string body =
        text_entity(cat("Your mail filter \"", broken.script,
                        "\" could not be run on a message:\n\n", broken.reason,
                        "\n\nUntil it is mended, mail that it cannot be run on goes to your "
                        "INBOX, and nothing of\nwhat it says is done. You are told once a day.\n"));
    return {header.text() + body, {}, {}};
}

Composed undeliverable_notice(const Undeliverable& failed, std::string_view message,
                              const Making& making)
{
    const std::string boundary = boundary_of(making);
    HeaderText header =
        begin_notice(making, failed.owner, "Mail could not be sent on", "undeliverable");
    header.add("Content-Type", cat("multipart/mixed; boundary=\"", boundary, '"'));
    const std::string body = cat(
        "This message could not be sent on for you. It is enclosed, and is not tried again.\n\n",
        "What:   ", one_line(failed.what), "\nFrom:   <", one_line(failed.from),
        ">\nTo:     ", one_line(failed.to), "\nSince:  ", text::format_header_date(failed.since),
        "\nUntil:  ", text::format_header_date(making.now), "\nReason: ", one_line(failed.reason),
        "\n");
    Composed out;
    out.enclosed = message;
    out.front = cat(header.text(), "\r\n--", boundary, "\r\n", text_entity(body), "\r\n",
                    message_part(boundary, message, true));
    out.back = end_of(boundary, message);
    return out;
}

}  // namespace rookery::submission
