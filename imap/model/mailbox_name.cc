// Internal mailbox names: grammar, order, relatives.
#include "imap/model/mailbox_name.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/mutf7.h"

namespace rookery::model {
namespace {

constexpr char kKeyHierarchy = '\x1f';
constexpr char kKeyDomain = '\x1d';
constexpr std::string_view kUser = "user.";

Error bad(std::string_view what)
{
    return Error{Code::bad_name, cat("Invalid mailbox name: ", what)};
}

// Where the local part begins in an internal name.
size_t local_begin(std::string_view internal)
{
    size_t bang = internal.find('!');
    return bang == std::string_view::npos ? 0 : bang + 1;
}

bool is_printable_ascii(std::string_view s)
{
    for (char c : s)
        if (c < 0x20 || c > 0x7e) return false;
    return true;
}

// C0 and DEL: in a name they can only be encoded.
bool is_control(char c)
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

Status check_domain(std::string_view domain)
{
    if (domain.empty() || domain.front() == '.' || domain.back() == '.') return bad("domain");
    for (char c : domain) {
        bool legal = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_' || c == ':' || c == '[' || c == ']';
        if (!legal) return bad("domain");
    }
    if (domain.find("..") != std::string_view::npos) return bad("domain");
    return success();
}

// Components that are not empty; no byte that could leave a directory or break a line.
Status check_local(std::string_view local)
{
    if (local.empty()) return bad("empty");
    if (!is_printable_ascii(local)) return bad("control or 8-bit character");
    if (local.find_first_of("/!") != std::string_view::npos) return bad("'/' or '!'");
    if (local.front() == '.' || local.back() == '.') return bad("dot at an end");
    if (local.find("..") != std::string_view::npos) return bad("empty component");
    return success();
}

Status check_components(std::string_view local)
{
    const std::vector<std::string_view> components = split(local, '.');
    for (std::string_view component : components)
        if (component.size() > kMaxComponent) return bad("too long a component");
    const bool is_user = components.size() > 1 && components[0] == "user";
    if (is_user && components[1].size() > kMaxUserComponent) return bad("too long a user id");
    return success();
}

}  // namespace

Result<MailboxName> MailboxName::from_internal(std::string_view internal)
{
    if (internal.size() > kMaxMailboxName) return bad("too long");
    size_t begin = local_begin(internal);
    if (begin > 0) TRY(check_domain(internal.substr(0, begin - 1)));
    TRY(check_local(internal.substr(begin)));
    return MailboxName(std::string(internal));
}

Result<MailboxName> MailboxName::from_parts(std::string_view domain, std::string_view local)
{
    TRY(check_local(local));
    if (domain.empty()) return from_internal(local);
    return from_internal(cat(domain, '!', local));
}

Result<MailboxName> MailboxName::from_key(std::string_view key)
{
    std::string internal;
    internal.reserve(key.size());
    size_t domain_end = key.find(kKeyDomain);
    size_t i = 0;
    if (domain_end != std::string_view::npos) {
        internal.append(key.substr(0, domain_end)).push_back('!');
        i = domain_end + 1;
    }
    for (; i < key.size(); i++) {
        char c = key[i];
        if (c == '!' || c == '^') return bad("key");
        internal.push_back(c == kKeyHierarchy ? '.' : c == '.' ? '^' : c);
    }
    return from_internal(internal);
}

Result<MailboxName> MailboxName::inbox_of(std::string_view userid, std::string_view default_domain)
{
    size_t at = userid.rfind('@');
    std::string_view local = userid.substr(0, at);
    std::string_view domain =
        at == std::string_view::npos ? std::string_view{} : userid.substr(at + 1);
    if (local.empty()) return bad("no user id");
    if (at != std::string_view::npos && domain.empty()) return bad("empty domain");
    if (local.find('^') != std::string_view::npos) return bad("'^' in a user id");
    if (equal_nocase(domain, default_domain)) domain = {};
    std::string inbox(kUser);
    for (char c : local) inbox.push_back(c == '.' ? '^' : c);
    return from_parts(domain, inbox);
}

std::string MailboxName::key() const
{
    return key_of_internal(internal_);
}

std::string key_of_internal(std::string_view internal)
{
    std::string key(internal);
    size_t begin = local_begin(internal);
    if (begin > 0) key[begin - 1] = kKeyDomain;
    for (size_t i = begin; i < key.size(); i++) {
        if (key[i] == '.')
            key[i] = kKeyHierarchy;
        else if (key[i] == '^')
            key[i] = '.';
    }
    return key;
}

std::string_view MailboxName::domain() const
{
    size_t begin = local_begin(internal_);
    return begin == 0 ? std::string_view{} : std::string_view(internal_).substr(0, begin - 1);
}

std::string_view MailboxName::local() const
{
    return std::string_view(internal_).substr(local_begin(internal_));
}

std::string MailboxName::user() const
{
    std::string_view name = local();
    if (!name.starts_with(kUser)) return {};
    name.remove_prefix(kUser.size());
    std::string userid(name.substr(0, name.find('.')));
    for (char& c : userid)
        if (c == '^') c = '.';
    if (!domain().empty()) cat_to(userid, '@', domain());
    return userid;
}

bool MailboxName::is_inbox() const
{
    std::string_view name = local();
    return name.starts_with(kUser) && name.find('.', kUser.size()) == std::string_view::npos;
}

bool MailboxName::is_deleted(std::string_view deletedprefix) const
{
    std::string_view name = local();
    return name.starts_with(deletedprefix) && name.size() > deletedprefix.size() &&
           name[deletedprefix.size()] == '.';
}

std::optional<MailboxName> MailboxName::parent() const
{
    if (is_inbox()) return std::nullopt;
    size_t dot = local().rfind('.');
    if (dot == std::string_view::npos) return std::nullopt;
    return MailboxName(internal_.substr(0, local_begin(internal_) + dot));
}

bool MailboxName::is_above(const MailboxName& other) const
{
    return other.internal_.size() > internal_.size() + 1 &&
           other.internal_.starts_with(internal_) && other.internal_[internal_.size()] == '.';
}

Result<MailboxName> MailboxName::with_prefix(const MailboxName& from, const MailboxName& to) const
{
    if (*this == from) return to;
    if (!from.is_above(*this)) return bad("not below the mailbox that is renamed");
    return from_internal(
        cat(to.internal_, std::string_view(internal_).substr(from.internal_.size())));
}

std::string_view MailboxName::leaf() const
{
    std::string_view name = local();
    size_t dot = name.rfind('.');
    return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

Status MailboxName::check_creatable() const
{
    std::string_view name = local();
    // '&' only as part of modified UTF-7, which is checked as a whole.
    if (name.find_first_of("!\"%/;<>\\`{|}") != std::string_view::npos) return bad("character");
    if (name.front() == '~' || name.front() == '$') return bad("first character");
    if (name == "user" || name == "user.anyone" || name == "user.anonymous") return bad("reserved");
    if (name.starts_with("user.anyone.") || name.starts_with("user.anonymous."))
        return bad("reserved");
    for (std::string_view component : split(name, '.')) {
        auto decoded = text::mutf7_to_utf8(component);
        if (!decoded) return bad("not modified UTF-7");
        if (std::any_of(decoded->begin(), decoded->end(), is_control)) return bad("control");
    }
    return check_components(name);
}

Status MailboxName::check_lengths(std::string_view deletedprefix) const
{
    TRY(check_components(local()));
    constexpr int64_t kLateTime = 0xFFFFFFFF;
    if (!is_deleted(deletedprefix)) TRY(deleted_name(deletedprefix, kLateTime));
    return success();
}

Result<MailboxName> MailboxName::deleted_name(std::string_view deletedprefix, int64_t now) const
{
    std::string digits;  // from the last to the first
    uint64_t n = static_cast<uint64_t>(now);
    do digits.push_back("0123456789ABCDEF"[n & 15]);
    while ((n >>= 4) != 0);
    std::string stamp(digits.rbegin(), digits.rend());
    std::string internal;
    if (!domain().empty()) cat_to(internal, domain(), '!');
    cat_to(internal, deletedprefix, '.', local(), '.', stamp);
    return from_internal(internal);
}

std::optional<int64_t> MailboxName::deleted_at(std::string_view deletedprefix) const
{
    if (!is_deleted(deletedprefix)) return std::nullopt;
    uint64_t n = 0;
    std::string_view digits = leaf();
    if (digits.empty() || digits.size() > 15) return std::nullopt;
    for (char c : digits) {
        size_t digit = std::string_view("0123456789ABCDEF").find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        n = n * 16 + digit;
    }
    return static_cast<int64_t>(n);
}

}  // namespace rookery::model
