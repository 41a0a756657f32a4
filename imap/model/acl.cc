// Rights and access control lists.
#include "imap/model/acl.h"

#include <algorithm>
#include <optional>

#include "lib/base/strings.h"

namespace rookery::model {
namespace {

constexpr size_t kMaxStoredAcl = 65536;

// Bits 0 to 9 in the order in which they are written; then c, d, a, n and the digits.
constexpr std::string_view kFirstLetters = "lrswipkxte";
constexpr unsigned kAdministerBit = 10;
constexpr unsigned kAnnotateBit = 11;
constexpr unsigned kDigitBit = 12;

Rights members_of_c(char deleteright)
{
    return deleteright == 'c' ? Rights::create | Rights::delete_mailbox : Rights::create;
}

Rights members_of_d(char deleteright)
{
    Rights d = Rights::delete_message | Rights::expunge;
    return deleteright == 'd' ? d | Rights::delete_mailbox : d;
}

std::optional<Rights> right_of(char letter)
{
    size_t at = kFirstLetters.find(letter);
    if (at != std::string_view::npos) return Rights(1u << at);
    if (letter == 'a') return Rights(1u << kAdministerBit);
    if (letter == 'n') return Rights(1u << kAnnotateBit);
    if (letter >= '0' && letter <= '9')
        return Rights(1u << (kDigitBit + static_cast<unsigned>(letter - '0')));
    return std::nullopt;
}

bool matches(std::string_view identifier, const auth::Identity& who)
{
    if (identifier == "anyone") return true;
    if (identifier.starts_with("group:")) return who.groups.include(identifier);
    return identifier == who.userid;
}

}  // namespace

Result<Rights> Rights::parse(std::string_view letters, char deleteright)
{
    Rights rights;
    bool legacy_c = false;
    bool legacy_d = false;
    for (char letter : letters) {
        if (letter == 'c') {
            legacy_c = true;
        } else if (letter == 'd') {
            legacy_d = true;
        } else if (std::optional<Rights> right = right_of(letter)) {
            rights = rights | *right;
        } else {
            return Error{Code::syntax, "Invalid rights"};
        }
    }
    // A legacy letter beside one of its members was written by somebody who knows the members.
    Rights explicit_rights = rights;
    if (legacy_c && !explicit_rights.has_any(create | delete_mailbox))
        rights = rights | members_of_c(deleteright);
    if (legacy_d && !explicit_rights.has_any(delete_message | expunge))
        rights = rights | members_of_d(deleteright);
    return rights;
}

std::string Rights::to_string() const
{
    std::string out;
    for (size_t i = 0; i < kFirstLetters.size(); i++)
        if (has(Rights(1u << i))) out.push_back(kFirstLetters[i]);
    if (has_any(create | delete_mailbox)) out.push_back('c');
    if (has_any(delete_message | expunge)) out.push_back('d');
    if (has(administer)) out.push_back('a');
    if (has(annotate)) out.push_back('n');
    for (unsigned digit = 0; digit < 10; digit++)
        if (has(Rights(1u << (kDigitBit + digit)))) out.push_back(static_cast<char>('0' + digit));
    return out;
}

Result<Acl> Acl::parse(std::string_view stored)
{
    if (stored.size() > kMaxStoredAcl) return Error{Code::limit, "Access control list too long"};
    Acl acl;
    while (!stored.empty()) {
        size_t tab = stored.find('\t');
        if (tab == std::string_view::npos || tab == 0)
            return Error{Code::syntax, "Broken access control list"};
        std::string_view identifier = stored.substr(0, tab);
        for (char c : identifier)
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
                return Error{Code::syntax, "Broken access control list"};
        stored.remove_prefix(tab + 1);
        size_t end = std::min(stored.find('\t'), stored.size());
        TRY_ASSIGN(Rights rights, Rights::parse(stored.substr(0, end)));
        stored.remove_prefix(std::min(end + 1, stored.size()));
        acl.set(identifier, rights);
    }
    return acl;
}

std::string Acl::to_string() const
{
    std::string out;
    for (const Entry& e : entries_) cat_to(out, e.identifier, '\t', e.rights.to_string(), '\t');
    return out;
}

Rights Acl::rights_of(const auth::Identity& who) const
{
    Rights positive;
    Rights negative;
    for (const Entry& e : entries_) {
        std::string_view identifier = e.identifier;
        bool is_negative = identifier.starts_with('-');
        if (is_negative) identifier.remove_prefix(1);
        if (!matches(identifier, who)) continue;
        Rights& sum = is_negative ? negative : positive;
        sum = sum | e.rights;
    }
    return positive - negative;
}

void Acl::set(std::string_view identifier, Rights rights)
{
    auto at = std::find_if(entries_.begin(), entries_.end(),
                           [&](const Entry& e) { return e.identifier == identifier; });
    if (at == entries_.end()) {
        if (!rights.empty()) entries_.push_back({std::string(identifier), rights});
    } else if (rights.empty()) {
        entries_.erase(at);
    } else {
        at->rights = rights;
    }
}

const Acl::Entry* Acl::find(std::string_view identifier) const
{
    for (const Entry& e : entries_)
        if (e.identifier == identifier) return &e;
    return nullptr;
}

FlagFilter settable_flags(Rights rights)
{
    FlagFilter filter{0, rights.has(Rights::write)};
    if (rights.has(Rights::seen)) filter.system |= kSeen;
    if (rights.has(Rights::delete_message)) filter.system |= kDeleted;
    if (rights.has(Rights::write)) filter.system |= kAllFlags & ~(kSeen | kDeleted);
    return filter;
}

Result<Rights> modify_rights(Rights before, std::string_view modification, char deleteright)
{
    if (modification.starts_with('+')) {
        TRY_ASSIGN(Rights more, Rights::parse(modification.substr(1), deleteright));
        return before | more;
    }
    if (modification.starts_with('-')) {
        TRY_ASSIGN(Rights less, Rights::parse(modification.substr(1), deleteright));
        return before - less;
    }
    return Rights::parse(modification, deleteright);
}

}  // namespace rookery::model
