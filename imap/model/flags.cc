// Message flags.
#include "imap/model/flags.h"

#include <array>

#include "lib/base/strings.h"

namespace rookery::model {
namespace {

struct NamedFlag {
    uint32_t bit;
    std::string_view name;
};
// In the order of RFC 3501 section 2.3.2 as servers print it.
constexpr std::array<NamedFlag, 5> kFlags = {{{kAnswered, "\\Answered"},
                                              {kFlagged, "\\Flagged"},
                                              {kDeleted, "\\Deleted"},
                                              {kDraft, "\\Draft"},
                                              {kSeen, "\\Seen"}}};

// ATOM-CHAR of RFC 3501.
bool is_atom_char(char c)
{
    return c > 0x20 && c < 0x7f && std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
}

}  // namespace

void FlagFilter::apply(FlagList& flags) const
{
    flags.system &= system;
    if (!keywords) flags.keywords.clear();
}

std::optional<uint32_t> system_flag(std::string_view name)
{
    for (const NamedFlag& f : kFlags)
        if (equal_nocase(f.name, name)) return f.bit;
    return std::nullopt;
}

std::string system_flags_to_string(uint32_t system)
{
    std::string out;
    for (const NamedFlag& f : kFlags) {
        if ((system & f.bit) == 0) continue;
        if (!out.empty()) out.push_back(' ');
        out.append(f.name);
    }
    return out;
}

Status add_flag(FlagList& list, std::string_view name)
{
    if (name.starts_with('\\')) {
        std::optional<uint32_t> bit = system_flag(name);
        if (!bit) return Error{Code::syntax, cat("Invalid system flag ", name)};
        list.system |= *bit;
        return success();
    }
    if (name.empty()) return Error{Code::syntax, "Empty flag name"};
    if (name.size() > kMaxKeywordLength) return Error{Code::syntax, "Flag name too long"};
    for (char c : name)
        if (!is_atom_char(c)) return Error{Code::syntax, "Invalid flag name"};
    for (const std::string& k : list.keywords)
        if (equal_nocase(k, name)) return success();
    if (list.keywords.size() >= kMaxKeywords) return Error{Code::limit, "Too many flags"};
    list.keywords.emplace_back(name);
    return success();
}

}  // namespace rookery::model
