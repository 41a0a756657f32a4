#include "imap/mboxlist/newsgroups.h"

#include "lib/base/strings.h"

namespace rookery::mboxlist {
namespace {

constexpr std::string_view kUsers = "user.";

// wildmat-exact, and what would be two words or two groups.
bool is_group_name(std::string_view name)
{
    if (name.empty()) return false;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte == 0x7f) return false;
    }
    return name.find_first_of("*?,!\\[]@:<>^") == name.npos;
}

}  // namespace

Result<Newsgroups> Newsgroups::open(const config::Config& config)
{
    std::string prefix = config.newsprefix();
    while (prefix.ends_with('.')) prefix.pop_back();
    if (!prefix.empty()) prefix += '.';
    std::optional<text::Wildmat> which;
    if (const std::string& wildmat = config.newsgroups(); !wildmat.empty() && wildmat != "*") {
        auto made = text::Wildmat::compile(wildmat);
        if (!made) return Error{Code::config, cat("newsgroups: ", made.error().text)};
        which = *std::move(made);
    }
    return Newsgroups(std::move(prefix), config.deletedprefix(), std::move(which));
}

std::optional<std::string> Newsgroups::group_of(const model::MailboxName& mailbox) const
{
    const std::string_view name = mailbox.internal();
    if (!mailbox.domain().empty() || !mailbox.user().empty() || mailbox.is_deleted(deleted_))
        return std::nullopt;
    if (!name.starts_with(prefix_)) return std::nullopt;
    const std::string_view group = name.substr(prefix_.size());
    if (!is_group_name(group) || (which_ && !which_->matches(name))) return std::nullopt;
    return std::string(group);
}

Result<model::MailboxName> Newsgroups::mailbox_of(std::string_view group) const
{
    const Error none{Code::not_found, "No such newsgroup"};
    auto name = model::MailboxName::from_internal(cat(prefix_, group));
    if (!name || group_of(*name) != group) return none;
    return name;
}

Status Newsgroups::each(Directory& directory, const Each& each) const
{
    const std::string first = model::key_of_internal(prefix_);
    const std::string users = model::key_of_internal(kUsers);
    return directory.scan(first, [&](const model::MailboxEntry& entry) {
        const std::string& name = entry.name.internal();
        if (!name.starts_with(prefix_)) return Next::stop();
        if (name.starts_with(kUsers)) {
            std::string behind = users;
            behind.back() = static_cast<char>(behind.back() + 1);
            return Next::seek(std::move(behind));
        }
        const auto group = group_of(entry.name);
        if (!group) return Next::go_on();
        return each(*group, entry.seen()) ? Next::go_on() : Next::stop();
    });
}

}  // namespace rookery::mboxlist
