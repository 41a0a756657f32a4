#include "imap/sieve/targets.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/charset.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::sieve {
namespace {

constexpr size_t kMaxMailbox = 1000;
constexpr size_t kMaxFlags = 128;

// Of those of the system the ones that can be set; no \Recent (RFC 5232 2).
bool is_flag(std::string_view s)
{
    constexpr std::string_view kSystem[] = {"\\Answered", "\\Deleted", "\\Draft", "\\Flagged",
                                            "\\Seen"};
    if (s.starts_with('\\'))
        return std::any_of(std::begin(kSystem), std::end(kSystem),
                           [&](std::string_view flag) { return equal_nocase(flag, s); });
    if (s.empty() || s.size() > 255) return false;
    return std::all_of(s.begin(), s.end(), [](char c) {
        return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f &&
               std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
    });
}

// One of the values, counted from 1, from the end with :last.
void keep_indexed(const Node& node, std::vector<std::string>& values)
{
    const Value* index = node.tag("index");
    if (index == nullptr) return;
    const uint64_t n = index->number;
    if (n == 0 || n > values.size()) {
        values.clear();
        return;
    }
    const size_t at = node.has("last") ? values.size() - n : n - 1;
    values = {values[at]};
}

// What :type, :subtype, :contenttype and :param ask of a MIME header (RFC 5703 4).
std::vector<std::string> mime_values(Interpreter& in, const Node& node, const std::string& name,
                                     const std::string& value)
{
    const Value* param = node.tag("param");
    const bool is_type = equal_nocase(name, "content-type");
    const auto type = is_type ? text::parse_content_type(value) : std::nullopt;
    if (param != nullptr) {
        std::vector<std::string> out;
        const auto parsed = text::parse_param_value(value);
        for (const auto& wanted : in.texts(*param))
            if (parsed)
                if (auto v = text::decode_param(parsed->params, to_upper(wanted)))
                    out.push_back(*v);
        return out;
    }
    if (node.has("type")) {
        if (type) return {to_lower(type->type)};
        const auto parsed = text::parse_param_value(value);
        return {parsed && !is_type ? to_lower(parsed->value) : std::string()};
    }
    if (node.has("subtype")) return {type ? to_lower(type->subtype) : std::string()};
    if (node.has("contenttype"))
        return {type ? cat(to_lower(type->type), '/', to_lower(type->subtype)) : std::string()};
    return {decoded_value(value)};
}

void collect_parts(const text::Part& part, bool with_children, std::vector<const text::Part*>& out)
{
    out.push_back(&part);
    if (!with_children) return;
    for (const auto& child : part.children) collect_parts(child, true, out);
}

std::vector<const text::Part*> parts_of(Interpreter& in, const Node& node)
{
    std::vector<const text::Part*> out;
    const text::Part& root = in.part() != nullptr ? *in.part() : in.message().structure().root;
    collect_parts(root, node.has("anychild"), out);
    return out;
}

}  // namespace

std::vector<std::string> split_flags(const std::vector<std::string>& lists)
{
    std::vector<std::string> out;
    for (const auto& list : lists)
        for (const auto word : split_words(list)) {
            const bool known = std::any_of(out.begin(), out.end(), [&](const std::string& f) {
                return equal_nocase(f, word);
            });
            if (!known && is_flag(word) && out.size() < kMaxFlags) out.emplace_back(word);
        }
    return out;
}

std::vector<std::string> flags_of(Interpreter& in, const Node& node)
{
    const Value* flags = node.tag("flags");
    return flags != nullptr ? split_flags(in.texts(*flags)) : in.flags();
}

Result<Target> target_of(Interpreter& in, const Node& node, std::string mailbox)
{
    const bool has_control = std::any_of(mailbox.begin(), mailbox.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (mailbox.empty() || has_control || mailbox.size() > kMaxMailbox)
        return Error{Code::syntax, "a string cannot be the name of a mailbox"};
    Target to;
    to.mailbox = std::move(mailbox);
    to.flags = flags_of(in, node);
    to.create = node.has("create");
    if (const Value* use = node.tag("specialuse")) to.special_use = in.text(*use);
    if (const Value* id = node.tag("mailboxid")) to.mailbox_id = in.text(*id);
    return to;
}

Result<std::optional<Target>> fcc_of(Interpreter& in, const Node& node)
{
    const Value* fcc = node.tag("fcc");
    if (fcc == nullptr) return std::optional<Target>();
    TRY_ASSIGN(Target to, target_of(in, node, in.text(*fcc)));
    if (!node.has("flags")) to.flags.clear();
    return std::optional<Target>(std::move(to));
}

std::string_view address_part_of(const Node& node)
{
    for (const auto& use : node.tags)
        if (use.tag->group == "address part") return use.tag->name;
    return "all";
}

Result<std::vector<std::string>> header_values(Interpreter& in, const Node& node,
                                               const std::vector<std::string>& names, bool is_raw)
{
    std::vector<std::string> out;
    for (const auto& name : names) {
        TRY(in.charge());
        std::vector<std::string> values;
        if (!node.has("mime")) {
            values = is_raw ? in.message().raw_values(name) : in.message().values(name);
        } else {
            for (const auto* part : parts_of(in, node)) {
                TRY(in.charge());
                for (const auto& field : parse_fields(part->header(in.message().bytes()))) {
                    if (!equal_nocase(field.name, name)) continue;
                    for (auto& v : mime_values(in, node, name, field.value))
                        values.push_back(std::move(v));
                }
            }
        }
        keep_indexed(node, values);
        for (auto& v : values) out.push_back(std::move(v));
    }
    return out;
}

Result<bool> has_header(Interpreter& in, const Node& node, const std::string& name)
{
    if (!node.has("mime")) return in.message().has(name);
    for (const auto* part : parts_of(in, node)) {
        TRY(in.charge());
        if (text::find_field(part->header(in.message().bytes()), name)) return true;
    }
    return false;
}

}  // namespace rookery::sieve
