// External names: both namespaces, both separators, virtual domains.
#include "imap/model/namespace.h"

#include <algorithm>
#include <vector>

#include "lib/base/strings.h"

namespace rookery::model {
namespace {

using Components = std::vector<std::string>;

Error bad(std::string_view what)
{
    return Error{Code::bad_name, cat("Invalid mailbox name: ", what)};
}

bool is_inbox_word(std::string_view component)
{
    return equal_nocase(component, "INBOX");
}

// The domain of a user id, "" if it is the default one.
std::string_view domain_of(std::string_view userid, std::string_view defaultdomain)
{
    size_t at = userid.rfind('@');
    if (at == std::string_view::npos) return {};
    std::string_view domain = userid.substr(at + 1);
    return equal_nocase(domain, defaultdomain) ? std::string_view{} : domain;
}

std::string_view localpart_of(std::string_view userid)
{
    return userid.substr(0, userid.rfind('@'));
}

// An external name cut at the separator, each component in its internal spelling.
Result<Components> cut(std::string_view external, char separator)
{
    Components out;
    for (std::string_view piece : split(external, separator)) {
        if (piece.empty()) return bad("empty component");
        std::string component(piece);
        for (char& c : component) {
            if (c == '/' || (c == '^' && separator == '/')) return bad("character");
            if (c == '.') c = '^';
        }
        out.push_back(std::move(component));
    }
    return out;
}

std::string join(const std::vector<std::string_view>& parts, char separator)
{
    std::string out;
    for (std::string_view part : parts) {
        if (!out.empty()) out.push_back(separator);
        for (char c : part) out.push_back(c == '^' && separator == '/' ? '.' : c);
    }
    return out;
}

Result<MailboxName> assemble(std::string_view domain, std::string_view user,
                             const Components& components, size_t from)
{
    std::string local;
    if (!user.empty()) {
        local.append("user.");
        for (char c : user) local.push_back(c == '.' ? '^' : c);
    }
    for (size_t i = from; i < components.size(); i++) {
        if (i > from || !user.empty()) local.push_back('.');
        local.append(components[i]);
    }
    return MailboxName::from_parts(domain, local);
}

// An option's prefix as a component reads it internally.
bool is_prefix(std::string_view component, const std::string& prefix)
{
    if (component.size() != prefix.size()) return false;
    for (size_t i = 0; i < prefix.size(); i++)
        if (component[i] != (prefix[i] == '.' ? '^' : prefix[i])) return false;
    return true;
}

}  // namespace

Namespace::Namespace(NamespaceOptions options, std::string userid, bool as_admin)
    : options_(std::move(options)), userid_(std::move(userid)), as_admin_(as_admin)
{
}

Result<MailboxName> Namespace::to_internal(std::string_view external) const
{
    if (external.empty()) return bad("empty");
    if (external.size() > 2 * kMaxMailboxName) return bad("too long");
    std::string domain = options_.virtdomains
                             ? std::string(domain_of(userid_, options_.defaultdomain))
                             : std::string();
    // Only an administrator of all domains names one, at the end.
    size_t at = external.rfind('@');
    if (options_.virtdomains && as_admin_ && domain.empty() && at != std::string_view::npos) {
        std::string_view named = external.substr(at + 1);
        if (!equal_nocase(named, options_.defaultdomain)) domain = std::string(named);
        external = external.substr(0, at);
    }
    // CREATE "work/": the client says that it wants to put mailboxes below (RFC 3501 6.3.3).
    if (external.size() > 1 && external.back() == separator()) external.remove_suffix(1);
    TRY_ASSIGN(Components components, cut(external, separator()));
    return is_alternative() ? alternative_to_internal(domain, std::move(components))
                            : standard_to_internal(domain, components);
}

Result<MailboxName> Namespace::standard_to_internal(std::string_view domain,
                                                    const Components& components) const
{
    if (is_inbox_word(components[0])) {
        if (userid_.empty()) return bad("no INBOX here");
        return assemble(domain, own_localpart(), components, 1);
    }
    if (components[0] == options_.deletedprefix && !as_admin_) return bad("reserved");
    return assemble(domain, {}, components, 0);
}

Result<MailboxName> Namespace::alternative_to_internal(std::string_view domain,
                                                       Components components) const
{
    std::string_view top = components[0];
    bool has_more = components.size() > 1;
    if (is_prefix(top, options_.userprefix)) {
        if (!has_more) return bad("prefix alone");
        components[0] = "user";
        return assemble(domain, {}, components, 0);
    }
    if (is_prefix(top, options_.sharedprefix)) {
        if (!has_more) return bad("prefix alone");
        if (components[1] == "user" || components[1] == options_.deletedprefix)
            return bad("reserved");
        return assemble(domain, {}, components, 1);
    }
    if (userid_.empty()) return bad("no user");
    if (is_prefix(top, options_.altprefix)) {
        if (!has_more) return bad("prefix alone");
        return assemble(domain, own_localpart(), components, 1);
    }
    if (is_inbox_word(top)) {
        if (!has_more) return assemble(domain, own_localpart(), components, 1);
        components[0] = "INBOX";
    }
    return assemble(domain, own_localpart(), components, 0);
}

std::optional<std::string> Namespace::to_external(const MailboxName& name) const
{
    if (name.is_deleted(options_.deletedprefix) && !as_admin_) return std::nullopt;
    std::string_view own_domain =
        options_.virtdomains ? domain_of(userid_, options_.defaultdomain) : std::string_view{};
    bool all_domains = options_.virtdomains && as_admin_ && own_domain.empty();
    if (!all_domains && name.domain() != own_domain) return std::nullopt;
    std::vector<std::string_view> parts = split(name.local(), '.');
    std::string owner = name.user();
    bool own = !owner.empty() && !userid_.empty() && owner == canonical_own_userid();
    std::optional<std::string> external =
        is_alternative() ? alternative_external(parts, own) : standard_external(parts, own);
    if (external && all_domains && !name.domain().empty()) cat_to(*external, '@', name.domain());
    return external;
}

std::optional<std::string> Namespace::standard_external(std::vector<std::string_view> parts,
                                                        bool own) const
{
    if (own) {
        parts.erase(parts.begin());
        parts[0] = "INBOX";
    } else if (is_inbox_word(parts[0])) {
        return std::nullopt;  // a shared mailbox that every reader would take for its own
    }
    return join(parts, separator());
}

std::optional<std::string> Namespace::alternative_external(std::vector<std::string_view> parts,
                                                           bool own) const
{
    if (own) {
        parts.erase(parts.begin(), parts.begin() + 2);
        if (parts.empty()) return "INBOX";
        std::string_view top = parts[0];
        // "INBOX" with children is unambiguous, in this spelling only.
        bool clashes = is_inbox_word(top) ? parts.size() == 1 || top != "INBOX"
                                          : is_prefix(top, options_.userprefix) ||
                                                is_prefix(top, options_.sharedprefix) ||
                                                is_prefix(top, options_.altprefix);
        if (!clashes) return join(parts, separator());
        return cat(options_.altprefix, separator(), join(parts, separator()));
    }
    if (parts[0] == "user") {
        if (parts.size() == 1) return options_.userprefix;
        parts.erase(parts.begin());
        return cat(options_.userprefix, separator(), join(parts, separator()));
    }
    return cat(options_.sharedprefix, separator(), join(parts, separator()));
}

std::string_view Namespace::own_localpart() const
{
    return options_.virtdomains ? localpart_of(userid_) : std::string_view(userid_);
}

// The user id as MailboxName::user() gives it: without the default domain.
std::string_view Namespace::canonical_own_userid() const
{
    if (options_.virtdomains && domain_of(userid_, options_.defaultdomain).empty())
        return localpart_of(userid_);
    return userid_;
}

std::string Namespace::personal_prefix() const
{
    return is_alternative() ? std::string() : cat("INBOX", separator());
}

std::string Namespace::other_users_prefix() const
{
    return is_alternative() ? cat(options_.userprefix, separator()) : cat("user", separator());
}

std::string Namespace::shared_prefix() const
{
    return is_alternative() ? cat(options_.sharedprefix, separator()) : std::string();
}

Result<MailboxName> Namespace::inbox() const
{
    if (userid_.empty()) return bad("no user");
    if (options_.virtdomains) return MailboxName::inbox_of(userid_, options_.defaultdomain);
    return assemble({}, userid_, {}, 0);
}

}  // namespace rookery::model
