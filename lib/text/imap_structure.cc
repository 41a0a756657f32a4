#include "lib/text/imap_structure.h"

#include <array>

#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::text {
namespace {

void append_addresses(std::string& out, const std::vector<Address>& list)
{
    if (list.empty()) {
        out.append("NIL");
        return;
    }
    out.push_back('(');
    for (const auto& a : list) {
        out.push_back('(');
        put_nstring(out, a.name);
        out.push_back(' ');
        put_nstring(out, a.route);
        out.push_back(' ');
        put_nstring(out, a.mailbox);
        out.push_back(' ');
        put_nstring(out, a.host);
        out.push_back(')');
    }
    out.push_back(')');
}

void append_params(std::string& out, const std::vector<Param>& params)
{
    if (params.empty()) {
        out.append("NIL");
        return;
    }
    char separator = '(';
    for (const auto& p : params) {
        out.push_back(separator);
        put_string(out, p.name);
        out.push_back(' ');
        put_string(out, p.value);
        separator = ' ';
    }
    out.push_back(')');
}

void append_disposition_on(std::string& out, const Part& part)
{
    if (part.disposition) {
        out.append(" (");
        put_string(out, part.disposition->value);
        out.push_back(' ');
        append_params(out, part.disposition->params);
        out.push_back(')');
    } else {
        out.append(" NIL");
    }
    if (part.languages.empty()) {
        out.append(" NIL");
    } else if (part.languages.size() == 1) {
        out.push_back(' ');
        put_string(out, part.languages[0]);
    } else {
        char separator = '(';
        out.push_back(' ');
        for (const auto& l : part.languages) {
            out.push_back(separator);
            put_string(out, l);
            separator = ' ';
        }
        out.push_back(')');
    }
    out.push_back(' ');
    put_nstring(out, part.location);
}

class Renderer {
 public:
    Renderer(std::string_view bytes, bool extended, Globals globals)
        : bytes_(bytes), extended_(extended), globals_(globals)
    {
    }

    void part(std::string& out, const Part& p) const
    {
        out.push_back('(');
        if (p.is_multipart())
            multipart(out, p);
        else
            single(out, p);
        out.push_back(')');
    }

 private:
    void multipart(std::string& out, const Part& p) const
    {
        for (const auto& child : p.children) part(out, child);
        out.push_back(' ');
        put_string(out, p.subtype);
        if (!extended_) return;
        out.push_back(' ');
        append_params(out, p.params);
        append_disposition_on(out, p);
    }

    void single(std::string& out, const Part& p) const
    {
        put_string(out, p.type);
        out.push_back(' ');
        put_string(out, p.subtype);
        out.push_back(' ');
        append_params(out, p.params);
        out.push_back(' ');
        put_nstring(out, p.id);
        out.push_back(' ');
        put_nstring(out, p.description);
        out.push_back(' ');
        put_string(out, p.encoding);
        cat_to(out, ' ', p.body_size());
        const bool is_message = p.is_message() && !(p.is_global() && globals_ == Globals::basic);
        if (is_message) {
            out.push_back(' ');
            out.append(envelope(p.children[0].header(bytes_)));
            out.push_back(' ');
            part(out, p.children[0]);
        }
        if (is_message || p.is_text()) cat_to(out, ' ', p.lines);
        if (!extended_) return;
        out.push_back(' ');
        put_nstring(out, p.md5);
        append_disposition_on(out, p);
    }

    std::string_view bytes_;
    bool extended_;
    Globals globals_;
};

}  // namespace

// One pass over the header keeps the first of each text field and the addresses of all fields of a
// name, as if one field had them all: no reader and no filter sees less than another. They are
// written in the order of RFC 3501. Sender and Reply-To that are missing or empty are From.
std::string envelope(std::string_view header)
{
    enum Field { date, subject, from, sender, reply_to, to, cc, bcc, in_reply_to, message_id };
    constexpr std::array<std::string_view, 10> kNames = {
        "Date", "Subject", "From", "Sender",      "Reply-To",
        "To",   "Cc",      "Bcc",  "In-Reply-To", "Message-ID"};
    constexpr auto is_list = [](size_t f) { return f >= from && f <= bcc; };
    std::array<std::optional<std::string_view>, 10> texts;
    std::array<std::vector<Address>, 10> lists;
    HeaderCursor cursor(header);
    while (auto field = cursor.next())
        for (size_t i = 0; i < kNames.size(); i++) {
            if (!equal_nocase(field->name, kNames[i])) continue;
            if (is_list(i))
                add_addresses(lists[i], field->value);
            else if (!texts[i])
                texts[i] = field->value;
        }
    for (Field f : {sender, reply_to})
        if (lists[f].empty()) lists[f] = lists[from];

    std::string out;
    for (size_t i = 0; i < kNames.size(); i++) {
        out.push_back(i == 0 ? '(' : ' ');
        if (is_list(i))
            append_addresses(out, lists[i]);
        else
            put_nstring(out, texts[i] ? std::optional(unfold(*texts[i])) : std::nullopt);
    }
    out.push_back(')');
    return out;
}

std::string body(std::string_view bytes, const Message& message, Globals globals)
{
    std::string out;
    Renderer(bytes, false, globals).part(out, message.root);
    return out;
}

std::string bodystructure(std::string_view bytes, const Message& message, Globals globals)
{
    std::string out;
    Renderer(bytes, true, globals).part(out, message.root);
    return out;
}

bool may_have_globals(std::string_view body)
{
    return body.find("(\"MESSAGE\" \"GLOBAL\" ") != std::string_view::npos;
}

}  // namespace rookery::text
