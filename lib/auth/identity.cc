// Canonical user ids, lists of users and groups, Unix groups.
#include "lib/auth/identity.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "lib/base/strings.h"
#include "lib/config/config.h"

namespace rookery::auth {
namespace {

constexpr size_t kMaxUserid = 80;
constexpr std::string_view kForbidden = "%&*/:?";
constexpr std::string_view kGroupPrefix = "group:";
constexpr int kMaxUnixGroups = 1024;

bool forbidden(char c)
{
    auto u = static_cast<unsigned char>(c);
    return u < 0x20 || u >= 0x7f || kForbidden.find(c) != std::string_view::npos;
}

// The primary group and name of a user, with the buffers that the C library wants.
bool find_user(const std::string& userid, gid_t& primary)
{
    passwd entry{};
    passwd* found = nullptr;
    for (size_t size = 4096; size <= (1u << 20); size *= 4) {
        std::vector<char> buffer(size);
        int error = ::getpwnam_r(userid.c_str(), &entry, buffer.data(), buffer.size(), &found);
        if (error == ERANGE) continue;
        if (error != 0 || found == nullptr) return false;
        primary = entry.pw_gid;
        return true;
    }
    return false;
}

std::string group_name(gid_t id)
{
    group entry{};
    group* found = nullptr;
    for (size_t size = 4096; size <= (1u << 20); size *= 4) {
        std::vector<char> buffer(size);
        int error = ::getgrgid_r(id, &entry, buffer.data(), buffer.size(), &found);
        if (error == ERANGE) continue;
        return error == 0 && found != nullptr ? entry.gr_name : "";
    }
    return {};
}

std::vector<std::string> unix_groups(const std::string& userid)
{
    gid_t primary = 0;
    if (!find_user(userid, primary)) return {};
    int count = 64;
    std::vector<gid_t> ids(static_cast<size_t>(count));
    while (::getgrouplist(userid.c_str(), primary, ids.data(), &count) < 0) {
        if (count > kMaxUnixGroups || static_cast<size_t>(count) <= ids.size()) return {};
        ids.resize(static_cast<size_t>(count));
    }
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i)
        if (std::string name = group_name(ids[static_cast<size_t>(i)]); !name.empty())
            names.push_back(std::move(name));
    return names;
}

}  // namespace

Result<std::string> canonical_userid(std::string_view userid, bool lower)
{
    if (userid.empty()) return Error{Code::bad_name, "empty user id"};
    if (userid.size() > kMaxUserid) return Error{Code::bad_name, "the user id is too long"};
    if (std::any_of(userid.begin(), userid.end(), forbidden))
        return Error{Code::bad_name, "a character that user ids may not have"};
    return lower ? to_lower(userid) : std::string(userid);
}

struct Groups::Known {
    std::string to_look_up;  // "" = names is all
    std::vector<std::string> names;
};

Groups::Groups(std::initializer_list<std::string> names)
    : known_(std::make_shared<Known>(Known{{}, names}))
{
}

Groups Groups::of_user(const config::Config& config, std::string userid)
{
    return config.unix_group_enable() ? of_unix_user(std::move(userid)) : Groups();
}

Groups Groups::of_unix_user(std::string userid)
{
    Groups groups;
    groups.known_ = std::make_shared<Known>(Known{std::move(userid), {}});
    return groups;
}

const std::vector<std::string>& Groups::names() const
{
    static const std::vector<std::string> none;
    if (!known_) return none;
    if (!known_->to_look_up.empty())
        known_->names = unix_groups(std::exchange(known_->to_look_up, {}));
    return known_->names;
}

bool Groups::include(std::string_view identifier) const
{
    if (!identifier.starts_with(kGroupPrefix)) return false;
    identifier.remove_prefix(kGroupPrefix.size());
    return std::find(names().begin(), names().end(), identifier) != names().end();
}

bool in_list(const std::vector<std::string>& list, std::string_view userid, const Groups& groups)
{
    return std::any_of(list.begin(), list.end(), [&](const std::string& item) {
        return item == userid || groups.include(item);
    });
}

NameAndDetail split_detail(std::string_view name)
{
    const size_t plus = name.find('+');
    if (plus == name.npos) return {std::string(name), {}};
    const size_t at = name.rfind('@');
    const size_t end = at == name.npos || at < plus ? name.size() : at;
    return {cat(name.substr(0, plus), name.substr(end)),
            std::string(name.substr(plus + 1, end - plus - 1))};
}

std::string with_detail(std::string_view name, std::string_view detail)
{
    if (detail.empty()) return std::string(name);
    const size_t at = std::min(name.rfind('@'), name.size());
    return cat(name.substr(0, at), '+', detail, name.substr(at));
}

}  // namespace rookery::auth
