#include "imap/imapd/namespace/metadata_parse.h"

#include <algorithm>

#include "imap/mailbox/annotations.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

constexpr std::string_view kShared = "/shared";
constexpr std::string_view kPrivate = "/private";
constexpr std::string_view kVendor = "/vendor/";

// RFC 5464 3.2
bool is_path(std::string_view path)
{
    if (path.ends_with('/') || path.find("//") != path.npos) return false;
    return std::none_of(path.begin(), path.end(), [](char ch) {
        const auto c = static_cast<unsigned char>(ch);
        return c < 0x20 || c >= 0x7F;
    });
}

// patterns: of a command that only reads.
Result<EntryName> parse_entry(CommandReader& reader, bool patterns)
{
    TRY_ASSIGN(std::string written, patterns ? reader.list_mailbox() : reader.astring());
    EntryName name{std::move(written), false, {}};
    std::string lower = to_lower(name.written);
    const auto rest_shared = below(lower, kShared);
    const auto rest_private = below(lower, kPrivate);
    const bool fits = lower.size() <= mailbox::kMaxAnnotationName;
    const bool is_pattern = lower.find_first_of("*%") != lower.npos;
    if ((!rest_shared && !rest_private) || !is_path(lower) || !fits || (is_pattern && !patterns))
        return Error{Code::syntax, "Invalid entry name"};
    if (is_pattern) {
        TRY_ASSIGN(name.pattern, mboxlist::ListPattern::compile(lower, '/'));
    }
    name.is_private = rest_private.has_value();
    name.path = rest_private ? *rest_private : *rest_shared;
    return name;
}

// The name of something that can have a value: not of what only groups others.
bool is_settable(const EntryName& name)
{
    if (name.path.empty()) return false;
    if (!name.path.starts_with(kVendor) && name.path + '/' != kVendor) return true;
    return std::count(name.path.begin(), name.path.end(), '/') >= 3;
}

Error too_long()
{
    return Error{Code::over_quota, "the value is too long"};
}

// nstring / literal8 / atom
Result<std::optional<std::string>> parse_value(CommandReader& reader, size_t room)
{
    TRY_ASSIGN(const char next, reader.peek());
    if (next != '~' && next != '{') {
        // A Cyrus frontend sends an atom where the value needs no quotes.
        TRY_ASSIGN(std::string text, reader.astring());
        if (next != '"' && equal_nocase(text, "NIL")) return std::optional<std::string>();
        if (text.size() > mailbox::kMaxAnnotationValue) return too_long();
        return std::optional<std::string>(std::move(text));
    }
    TRY_ASSIGN(const LiteralHead head, reader.literal_head());
    if (head.size > mailbox::kMaxAnnotationValue) {
        TRY(reader.drop_literal(head));
        return too_long();
    }
    if (head.size > room) {
        TRY(reader.drop_literal(head));
        return Error{Code::limit, "Values too long"};
    }
    TRY(reader.go_ahead(head));
    std::string value(head.size, '\0');
    TRY(reader.stream().read_exact(value));
    if (!head.binary && value.find('\0') != value.npos)
        return Error{Code::syntax, "NUL in a literal"};
    return std::optional<std::string>(std::move(value));
}

// One thing after the other, up to ")"; "(" has been taken.
template <class One>
Status list_of(CommandReader& reader, One one)
{
    for (size_t n = 0;; ++n) {
        if (n == kMaxMetadataEntries) return Error{Code::limit, "Too many entries"};
        TRY(one());
        TRY_ASSIGN(const bool end, reader.accept(')'));
        if (end) return success();
        TRY(reader.space());
    }
}

Result<Depth> parse_depth(CommandReader& reader)
{
    TRY_ASSIGN(const std::string word, reader.attribute());
    if (word == "0") return Depth::zero;
    if (word == "1") return Depth::one;
    if (word == "INFINITY") return Depth::infinity;
    return Error{Code::syntax, cat("Unknown DEPTH ", word)};
}

bool is_option(std::string_view word)
{
    return equal_nocase(word, "MAXSIZE") || equal_nocase(word, "DEPTH");
}

// SP and the value of the option of this name.
Status option_value(CommandReader& reader, std::string_view name, MetadataOptions& options)
{
    TRY(reader.space());
    if (equal_nocase(name, "MAXSIZE")) {
        TRY_ASSIGN(options.max_size, reader.number());
    } else if (equal_nocase(name, "DEPTH")) {
        TRY_ASSIGN(options.depth, parse_depth(reader));
    } else {
        return Error{Code::syntax, cat("Unknown GETMETADATA option ", name)};
    }
    return success();
}

// "(" has been taken.
Result<MetadataOptions> rest_of_options(CommandReader& reader)
{
    MetadataOptions options;
    const auto one = [&]() -> Status {
        TRY_ASSIGN(const std::string name, reader.attribute());
        return option_value(reader, name, options);
    };
    TRY(list_of(reader, one));
    return options;
}

// Of what "(" begins: options or entries, and an entry begins with a slash.
bool begins_option(char first)
{
    const char letter = to_lower(first);
    return letter >= 'a' && letter <= 'z';
}

// "(" has been taken: options, or the names of mailboxes.
Status rest_of_list(CommandReader& reader, MetadataHead& head)
{
    bool is_first = true;
    return list_of(reader, [&]() -> Status {
        TRY_ASSIGN(std::string word, reader.mailbox());
        if (is_first && !head.options && is_option(word)) head.options.emplace();
        is_first = false;
        if (head.options && head.names.empty()) return option_value(reader, word, *head.options);
        head.names.push_back(std::move(word));
        return success();
    });
}

}  // namespace

std::string EntryName::full() const
{
    return cat(is_private ? kPrivate : kShared, path);
}

std::optional<std::string_view> below(std::string_view path, std::string_view base)
{
    if (!path.starts_with(base)) return std::nullopt;
    path.remove_prefix(base.size());
    if (!path.empty() && path.front() != '/') return std::nullopt;
    return path;
}

Result<MetadataHead> parse_metadata_head(CommandReader& reader)
{
    MetadataHead head;
    TRY_ASSIGN(bool list, reader.accept('('));
    if (list) TRY(rest_of_list(reader, head));
    if (!head.names.empty()) return head;
    if (list) {
        TRY(reader.space());
        TRY_ASSIGN(list, reader.accept('('));
    }
    const auto one = [&]() -> Status {
        TRY_ASSIGN(std::string name, reader.mailbox());
        head.names.push_back(std::move(name));
        return success();
    };
    TRY(list ? list_of(reader, one) : one());
    return head;
}

Result<size_t> options_ahead(CommandReader& reader, const MetadataHead& head)
{
    if (head.options) return size_t{0};
    TRY_ASSIGN(const std::string_view line, reader.line_ahead());
    return line.starts_with(" (") && line.size() > 2 && begins_option(line[2]) ? size_t{1} : 0;
}

Result<std::vector<EntryName>> rest_of_entries(CommandReader& reader)
{
    std::vector<EntryName> names;
    const auto one = [&]() -> Status {
        TRY_ASSIGN(EntryName name, parse_entry(reader, true));
        names.push_back(std::move(name));
        return success();
    };
    TRY(list_of(reader, one));
    return names;
}

bool is_asked_by(const EntryName& asked, const MetadataOptions& options, std::string_view name)
{
    if (asked.pattern) return asked.pattern->matches(name);
    const auto rest = below(name, asked.full());
    if (!rest) return false;
    if (rest->empty() || options.depth == Depth::infinity) return true;
    return options.depth == Depth::one && rest->find('/', 1) == rest->npos;
}

bool MetadataRequest::wants(std::string_view name) const
{
    return std::any_of(entries.begin(), entries.end(),
                       [&](const EntryName& asked) { return is_asked_by(asked, options, name); });
}

bool MetadataRequest::names(std::string_view name) const
{
    return std::any_of(entries.begin(), entries.end(),
                       [&](const EntryName& asked) { return asked.full() == name; });
}

Result<MetadataRequest> parse_getmetadata(CommandReader& reader,
                                          const std::optional<MetadataOptions>& before)
{
    MetadataRequest request;
    request.options = before.value_or(MetadataOptions());
    TRY(reader.space());
    TRY_ASSIGN(bool list, reader.accept('('));
    if (list && !before) {
        TRY_ASSIGN(const char first, reader.peek());
        if (begins_option(first)) {
            TRY_ASSIGN(request.options, rest_of_options(reader));
            TRY(reader.space());
            TRY_ASSIGN(list, reader.accept('('));
        }
    }
    if (list) {
        TRY_ASSIGN(request.entries, rest_of_entries(reader));
    } else {
        TRY_ASSIGN(EntryName one, parse_entry(reader, true));
        request.entries.push_back(std::move(one));
    }
    TRY(reader.end_of_line());
    return request;
}

std::string metadata_arguments(const MetadataRequest& request)
{
    std::string options;
    if (const auto& max = request.options.max_size) cat_to(options, " MAXSIZE ", *max);
    if (request.options.depth == Depth::one) options += " DEPTH 1";
    if (request.options.depth == Depth::infinity) options += " DEPTH infinity";
    std::string out;
    if (!options.empty()) cat_to(out, " (", options.substr(1), ")");
    std::string names;
    for (const EntryName& e : request.entries)
        cat_to(names, names.empty() ? "" : " ", text::imap_astring(e.written));
    return cat(out, " (", names, ")");
}

Result<std::vector<MetadataChange>> parse_entry_values(CommandReader& reader)
{
    std::vector<MetadataChange> changes;
    size_t room = kMaxMetadataBytes;
    TRY(reader.expect('('));
    const auto one = [&]() -> Status {
        TRY_ASSIGN(EntryName name, parse_entry(reader, false));
        if (!is_settable(name)) return Error{Code::syntax, "Invalid entry name"};
        TRY(reader.space());
        TRY_ASSIGN(auto value, parse_value(reader, room));
        room -= std::min(room, value ? value->size() : 0);
        changes.push_back({std::move(name), std::move(value)});
        return success();
    };
    TRY(list_of(reader, one));
    return changes;
}

}  // namespace rookery::imapd
