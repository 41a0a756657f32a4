#include "imap/imapd/selected/fetch_parse.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

using Kind = FetchItem::Kind;
using text::SectionText;

Error syntax(std::string_view text)
{
    return Error{Code::syntax, std::string(text)};
}

FetchItem plain(Kind kind)
{
    FetchItem item;
    item.kind = kind;
    return item;
}

FetchItem section(std::string label, SectionText what, bool peek)
{
    FetchItem item;
    item.kind = Kind::section;
    item.label = std::move(label);
    item.what = what;
    item.peek = peek;
    return item;
}

// header-list = "(" header-fld-name *(SP header-fld-name) ")"
Status header_list(CommandReader& reader, FetchItem& item)
{
    TRY(reader.space());
    TRY(reader.expect('('));
    item.label.append(" (");
    for (;;) {
        TRY_ASSIGN(std::string name, reader.astring());
        if (item.names.size() == kMaxHeaderNames)
            return Error{Code::limit, "Too many header names"};
        item.label.append(text::imap_astring(name));
        item.names.push_back(std::move(name));
        TRY_ASSIGN(const bool end, reader.accept(')'));
        if (end) break;
        TRY(reader.space());
        item.label.push_back(' ');
    }
    item.label.push_back(')');
    return success();
}

// section-spec = section-msgtext / (section-part ["." section-text]); the word up to SP or "]"
Status section_spec(std::string_view spec, FetchItem& item)
{
    while (!spec.empty() && spec[0] >= '0' && spec[0] <= '9') {
        const size_t dot = std::min(spec.find('.'), spec.size());
        auto number = to_number<uint32_t>(spec.substr(0, dot));
        if (!number || *number == 0 || spec[0] == '0') return syntax("Invalid body section");
        if (item.path.size() == kMaxSectionDepth)
            return Error{Code::limit, "Body section too deep"};
        item.path.push_back(*number);
        if (dot == spec.size()) return success();
        spec.remove_prefix(dot + 1);
    }
    if (spec == "HEADER") {
        item.what = SectionText::header;
    } else if (spec == "TEXT") {
        item.what = SectionText::text;
    } else if (spec == "MIME" && !item.path.empty()) {
        item.what = SectionText::mime;
    } else if (spec == "HEADER.FIELDS") {
        item.what = SectionText::header;
        item.fields = FetchItem::Fields::only;
    } else if (spec == "HEADER.FIELDS.NOT") {
        item.what = SectionText::header;
        item.fields = FetchItem::Fields::all_but;
    } else {
        return syntax("Invalid body section");
    }
    return success();
}

// "<" number "." nz-number ">"
Status partial(CommandReader& reader, FetchItem& item)
{
    TRY_ASSIGN(const bool there, reader.accept('<'));
    if (!there) return success();
    Partial p;
    TRY_ASSIGN(p.offset, reader.number());
    TRY(reader.expect('.'));
    TRY_ASSIGN(p.count, reader.nz_number());
    TRY(reader.expect('>'));
    item.partial = p;
    return success();
}

// section = "[" [section-spec] "]", its "[" taken.
Result<FetchItem> body_section(CommandReader& reader, bool peek)
{
    FetchItem item = section("BODY[", SectionText::whole, peek);
    TRY_ASSIGN(const char next, reader.peek());
    if (next != ']') {
        TRY_ASSIGN(const std::string spec, reader.attribute());
        TRY(section_spec(spec, item));
        item.label.append(spec);
        if (item.fields != FetchItem::Fields::all) TRY(header_list(reader, item));
    }
    TRY(reader.expect(']'));
    item.label.push_back(']');
    TRY(partial(reader, item));
    return item;
}

// section-binary = "[" [section-part] "]", its "[" taken.
Result<FetchItem> binary_section(CommandReader& reader, const std::string& name)
{
    const bool size = name == "BINARY.SIZE";
    FetchItem item =
        section(size ? "BINARY.SIZE[" : "BINARY[", SectionText::whole, name == "BINARY.PEEK");
    item.binary = true;
    if (size) item.kind = Kind::binary_size;
    TRY_ASSIGN(const char next, reader.peek());
    if (next != ']') {
        TRY_ASSIGN(const std::string spec, reader.attribute());
        TRY(section_spec(spec, item));
        if (item.what != SectionText::whole) return syntax("Invalid body section");
        item.label.append(spec);
    }
    TRY(reader.expect(']'));
    item.label.push_back(']');
    if (!size) TRY(partial(reader, item));
    return item;
}

// "(" preview-mod *(SP preview-mod) ")" (RFC 8970 6)
Status preview_modifiers(CommandReader& reader, FetchItem& item)
{
    TRY(reader.expect('('));
    for (bool more = true; more;) {
        TRY_ASSIGN(const std::string modifier, reader.attribute());
        if (modifier != kLazy) return syntax("Unknown PREVIEW modifier");
        item.lazy = true;
        TRY_ASSIGN(more, reader.accept(' '));
    }
    return reader.expect(')');
}

// fetch-att
Result<FetchItem> fetch_att(CommandReader& reader, const std::string& name)
{
    if (name == "BODY" || name == "BODY.PEEK") {
        TRY_ASSIGN(const bool bracket, reader.accept('['));
        if (bracket) return body_section(reader, name == "BODY.PEEK");
        if (name == "BODY") return plain(Kind::body);
        return syntax("Expected '[' after BODY.PEEK");
    }
    if (name == "BINARY" || name == "BINARY.PEEK" || name == "BINARY.SIZE") {
        TRY(reader.expect('['));
        return binary_section(reader, name);
    }
    if (name == "FLAGS") return plain(Kind::flags);
    if (name == "UID") return plain(Kind::uid);
    if (name == "INTERNALDATE") return plain(Kind::internaldate);
    if (name == "RFC822.SIZE") return plain(Kind::size);
    if (name == "MODSEQ") return plain(Kind::modseq);
    if (name == "SAVEDATE") return plain(Kind::savedate);
    if (name == "PREVIEW") return plain(Kind::preview);
    if (name == "EMAILID") return plain(Kind::emailid);
    if (name == "THREADID") return plain(Kind::threadid);
    if (name == "MAILBOXIDS") return plain(Kind::mailboxids);
    if (name == "ENVELOPE") return plain(Kind::envelope);
    if (name == "BODYSTRUCTURE") return plain(Kind::bodystructure);
    if (name == "RFC822") return section("RFC822", SectionText::whole, false);
    if (name == "RFC822.PEEK") return section("RFC822", SectionText::whole, true);
    if (name == "RFC822.HEADER") return section(name, SectionText::header, true);
    if (name == "RFC822.TEXT") return section(name, SectionText::text, false);
    return syntax("Invalid FETCH attribute");
}

Status add(FetchRequest& request, FetchItem item)
{
    const bool by_section = item.kind == Kind::section || item.kind == Kind::binary_size;
    if (!by_section && request.has(item.kind)) return success();
    if (request.items.size() == kMaxFetchItems)
        return Error{Code::limit, "Too many FETCH attributes"};
    request.items.push_back(std::move(item));
    return success();
}

// The macros stand alone, never in a list.
bool add_macro(FetchRequest& request, std::string_view name)
{
    if (name != "ALL" && name != "FAST" && name != "FULL") return false;
    for (Kind k : {Kind::flags, Kind::internaldate, Kind::size}) request.items.push_back(plain(k));
    if (name != "FAST") request.items.push_back(plain(Kind::envelope));
    if (name == "FULL") request.items.push_back(plain(Kind::body));
    return true;
}

}  // namespace

bool FetchRequest::has(FetchItem::Kind kind) const
{
    return std::any_of(items.begin(), items.end(),
                       [kind](const FetchItem& i) { return i.kind == kind; });
}

bool FetchRequest::sets_seen() const
{
    return std::any_of(items.begin(), items.end(),
                       [](const FetchItem& i) { return i.kind == Kind::section && !i.peek; });
}

bool FetchRequest::reads_bodies() const
{
    return std::any_of(items.begin(), items.end(), [](const FetchItem& i) {
        return i.kind == Kind::binary_size ||
               (i.kind == Kind::section && i.what != text::SectionText::header);
    });
}

Result<FetchItem> parse_section(std::string_view text)
{
    const size_t space = std::min(text.find(' '), text.size());
    const std::string spec = to_upper(text.substr(0, space));
    FetchItem item = section("BODY[", SectionText::whole, true);
    if (!text.empty()) TRY(section_spec(spec, item));
    item.label.append(spec);
    std::string_view names = text.substr(space);
    const bool has_names = names.size() > 3 && names.starts_with(" (") && names.ends_with(')');
    if (has_names != (item.fields != FetchItem::Fields::all) || (!has_names && !names.empty()))
        return syntax("Invalid body section");
    if (has_names) {
        item.label.append(names);
        for (const std::string_view name : split_words(names.substr(2, names.size() - 3))) {
            const bool is_name = std::all_of(name.begin(), name.end(), [](char c) {
                return text::is_atom_char(c) && c != '[' && c != ':';
            });
            if (!is_name) return syntax("Invalid header name");
            if (item.names.size() == kMaxHeaderNames)
                return Error{Code::limit, "Too many header names"};
            item.names.emplace_back(name);
        }
        if (item.names.empty()) return syntax("Invalid body section");
    }
    item.label.push_back(']');
    return item;
}

Result<FetchRequest> parse_fetch(CommandReader& reader)
{
    FetchRequest request;
    TRY_ASSIGN(const bool list, reader.accept('('));
    if (!list) {
        TRY_ASSIGN(const std::string name, reader.attribute());
        if (add_macro(request, name)) return request;
        TRY_ASSIGN(FetchItem item, fetch_att(reader, name));
        TRY(add(request, std::move(item)));
        return request;
    }
    request.in_list = true;
    for (;;) {
        TRY_ASSIGN(const std::string name, reader.attribute());
        TRY_ASSIGN(FetchItem item, fetch_att(reader, name));
        TRY_ASSIGN(bool end, reader.accept(')'));
        if (!end) TRY(reader.space());
        TRY_ASSIGN(const char next, reader.peek());
        if (!end && item.kind == Kind::preview && next == '(') {
            TRY(preview_modifiers(reader, item));
            TRY_ASSIGN(end, reader.accept(')'));
            if (!end) TRY(reader.space());
        }
        TRY(add(request, std::move(item)));
        if (end) return request;
    }
}

Result<FetchRequest> parse_pushed_fetch(CommandReader& reader)
{
    TRY_ASSIGN(FetchRequest request, parse_fetch(reader));
    if (request.has(Kind::mailboxids)) return syntax("MAILBOXIDS is for FETCH alone");
    return request;
}

}  // namespace rookery::imapd
