#include "imap/submission/notification.h"

#include <algorithm>
#include <array>
#include <optional>

#include "imap/submission/body_text.h"
#include "imap/submission/entry_format.h"
#include "imap/submission/header_text.h"
#include "imap/submission/trace_fields.h"
#include "lib/base/strings.h"
#include "lib/text/charset.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::submission {
namespace {

constexpr std::string_view kScheme = "mailto:";
// Who wrote it, when, by which way, and how it is to be read is for this server to say.
constexpr std::array<std::string_view, 18> kUnsafe = {
    "from",        "sender",    "reply-to",     "to",         "cc",          "bcc",
    "subject",     "date",      "message-id",   "received",   "in-reply-to", "references",
    "return-path", "errors-to", "mime-version", "precedence", "importance",  "auto-submitted"};
constexpr std::array<std::string_view, 8> kUnsafePrefixes = {
    "resent-", "content-", "list-", "x-loop", "x-sieve", "x-rookery", "disposition-", "x-cyrus"};

std::optional<std::string> percent_decoded(std::string_view text)
{
    std::string out;
    for (size_t i = 0; i < text.size(); i++) {
        if (text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        const auto byte = unhex(text.substr(i + 1, 2));
        if (!byte || byte->size() != 1) return std::nullopt;
        out += *byte;
        i += 2;
    }
    return out;
}

bool is_unsafe(std::string_view name)
{
    return std::find(kUnsafe.begin(), kUnsafe.end(), name) != kUnsafe.end() ||
           std::any_of(kUnsafePrefixes.begin(), kUnsafePrefixes.end(),
                       [&](std::string_view prefix) { return name.starts_with(prefix); });
}

bool is_field_name(std::string_view name)
{
    return !name.empty() && name.size() <= 60 && std::all_of(name.begin(), name.end(), [](char c) {
        return c > 0x20 && c < 0x7f && c != ':';
    });
}

void add_all(std::vector<std::string>& all, std::string_view value)
{
    for (std::string& address : plain_addresses(value))
        if (std::find(all.begin(), all.end(), address) == all.end())
            all.push_back(std::move(address));
}

void take_field(MailtoUri& out, std::string_view given, std::string value)
{
    std::string name = to_lower(given);
    if (name == "to") return add_all(out.to, value);
    if (name == "cc") return add_all(out.cc, value);
    if (name == "subject") {
        out.subject = std::move(value);
    } else if (name == "body") {
        out.body = std::move(value);
        out.has_body = true;
    } else if (is_field_name(name) && !is_unsafe(name)) {
        name[0] = to_upper(name[0]);
        out.fields.emplace_back(std::move(name), std::move(value));
    }
}

std::string joined(const std::vector<std::string>& addresses)
{
    std::string out;
    for (const std::string& one : addresses) cat_to(out, out.empty() ? "" : ", ", one);
    return out;
}

std::string value_of(std::string_view message, std::string_view name)
{
    const auto value = text::find_field(message, name);
    return value ? one_line(trim(text::decode_words(*value)), 1000) : std::string();
}

std::string subject_for(const Notification& notify, const MailtoUri& uri, std::string_view message)
{
    if (!notify.message.empty()) return notify.message;
    if (!uri.subject.empty()) return uri.subject;
    const std::string was = value_of(message, "subject");
    return was.empty() ? "New mail" : was;
}

std::string body_for(const MailtoUri& uri, std::string_view message)
{
    if (uri.has_body) return uri.body;
    return cat("A message has come.\n\nFrom: ", value_of(message, "from"),
               "\nSubject: ", value_of(message, "subject"), '\n');
}

std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : one_line(text)) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

std::string_view importance_word(unsigned importance)
{
    return importance == 1 ? "high" : importance == 3 ? "low" : "normal";
}

}  // namespace

Result<MailtoUri> parse_mailto(std::string_view uri)
{
    const Error bad{Code::syntax, "not a mailto URI"};
    if (uri.size() > kMaxUri) return Error{Code::limit, "the mailto URI is too long"};
    if (!starts_with_nocase(uri, kScheme)) return bad;
    const std::string_view rest = uri.substr(kScheme.size());
    const size_t question = rest.find('?');
    MailtoUri out;
    // A comma within an address is encoded: the list is taken apart first.
    for (const std::string_view one : split(rest.substr(0, question), ',', false)) {
        const auto address = percent_decoded(one);
        if (!address) return bad;
        add_all(out.to, *address);
    }
    if (question != rest.npos) {
        const auto fields = split(rest.substr(question + 1), '&', false);
        if (fields.size() > kMaxUriFields) return Error{Code::limit, "too many fields in the URI"};
        for (const std::string_view field : fields) {
            const size_t equals = field.find('=');
            if (equals == field.npos) return bad;
            const auto name = percent_decoded(field.substr(0, equals));
            auto value = percent_decoded(field.substr(equals + 1));
            if (!name || !value) return bad;
            take_field(out, *name, *std::move(value));
        }
    }
    if (out.to.empty() && out.cc.empty()) return Error{Code::syntax, "nobody to notify"};
    if (out.to.size() + out.cc.size() > kMaxNotified)
        return Error{Code::limit, "too many to notify"};
    return out;
}

Result<NotificationMail> notification(const Notification& notify, std::string_view message,
                                      const Making& making)
{
    TRY_ASSIGN(const MailtoUri uri, parse_mailto(notify.method));
    const auto given = plain_addresses(notify.from);
    const std::string from = given.size() == 1 ? notify.from : notify.owner;
    HeaderText header;
    // A trace field: above all others.
    header.add("Auto-Submitted", cat("auto-notified; owner-email=\"", escaped(notify.owner), '"'));
    header.add("Date", text::format_header_date(making.now))
        .add("Message-ID", cat("<rookery-", making.unique, '@', making.servername, '>'))
        .add_addresses("From", from)
        .add_addresses("To", joined(uri.to))
        .add_addresses("Cc", joined(uri.cc))
        .add_text("Subject", subject_for(notify, uri, message))
        .add("Importance", importance_word(notify.importance))
        .add(kLoopField, notify.owner);
    for (const auto& [name, value] : uri.fields) header.add_text(name, value);
    header.add("MIME-Version", "1.0");
    NotificationMail out;
    if (!notify.sender.empty()) out.from = given.size() == 1 ? given[0] : notify.owner;
    out.to = uri.to;
    out.to.insert(out.to.end(), uri.cc.begin(), uri.cc.end());
    TRY(check_outgoing({out.from, out.to, "", Kind::notify}));
    out.mail.front = header.text() + text_entity(body_for(uri, message));
    return out;
}

}  // namespace rookery::submission
