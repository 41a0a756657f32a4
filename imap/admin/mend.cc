#include "imap/admin/mend.h"

#include <algorithm>

#include "imap/admin/stranded_mailboxes.h"
#include "imap/admin/tool.h"
#include "imap/store/rebuild.h"
#include "imap/store/stranded_copy.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

using model::MailboxEntry;
using model::MailboxName;
using store::Stranded;
using Kind = Stranded::Kind;

// Mail of a user is the user's; of other mail nobody can tell who may read it.
model::Acl acl_of_owner(const MailboxName& name)
{
    model::Acl acl;
    if (!name.user().empty()) acl.set(name.user(), model::Rights::all);
    return acl;
}

// RENAME to another user gives the old one's rights to the new one.
model::Acl acl_of_renamed(const Stranded& stranded)
{
    const MailboxEntry& from = *stranded.listed;
    const std::string before = from.name.user();
    const std::string owner = stranded.name->user();
    if (before.empty() || owner.empty() || before == owner) return from.acl;
    if (!stranded.acl.empty()) return stranded.as_entry().acl;
    model::Acl acl = from.acl;
    const auto* old = acl.find(before);
    if (old == nullptr) return acl;
    const model::Rights rights = old->rights;
    acl.set(before, model::Rights());
    acl.set(owner, rights);
    return acl;
}

class Mender {
 public:
    Mender(LocalParts& parts, store::LocalStore& store, const model::Namespace& names,
           const MendOptions& options)
        : operations_(*parts.operations), store_(store), names_(names), options_(options)
    {
    }

    void look_at(const Stranded& stranded)
    {
        if (!concerns(stranded)) return;
        for (const MailboxName& name : stranded.names()) report.met.push_back(name);
        const std::string shown =
            stranded.name ? names_.to_external(*stranded.name).value_or(stranded.name->internal())
            : stranded.path.empty() ? cat("partition ", stranded.partition)
                                    : stranded.path;
        const std::string head =
            cat(shown, ": ", store::kind_name(stranded.kind), " in ", stranded.path, ": ");
        if (options_.only_say) return print(cat(head, stranded.meaning(), '\n'));
        auto done = mend(stranded);
        if (!done) {
            report.good = false;
            log::error("not mended", {{"path", stranded.path},
                                      {"kind", store::kind_name(stranded.kind)},
                                      {"reason", done.error()}});
            return complain(cat(head, done.error().text, '\n'));
        }
        log::notice(
            "mended",
            {{"path", stranded.path}, {"kind", store::kind_name(stranded.kind)}, {"done", *done}});
        if (!options_.quiet || stranded.kind == Kind::missing) print(cat(head, *done, '\n'));
    }

    MendReport report;

 private:
    bool concerns(const Stranded& stranded) const
    {
        if (!options_.partition.empty() && stranded.partition != options_.partition) return false;
        const auto names = stranded.names();
        if (options_.wanted.empty()) return true;
        return std::any_of(names.begin(), names.end(),
                           [&](const MailboxName& name) { return is_named(name, true); });
    }
    bool is_named(const MailboxName& name, bool below) const
    {
        return std::any_of(options_.wanted.begin(), options_.wanted.end(),
                           [&](const auto& w) { return w == name || (below && w.is_above(name)); });
    }

    // What was done.
    Result<std::string> mend(const Stranded& stranded)
    {
        switch (stranded.kind) {
            case Kind::unlisted: return adopt(stranded);
            case Kind::headerless: return stranded.listed ? make_header(stranded) : adopt(stranded);
            case Kind::renamed: return follow(stranded);
            case Kind::copy: return remove_copy(stranded);
            case Kind::missing: return make_empty(stranded);
            case Kind::other_id: return take_id(stranded);
            case Kind::partition:
            case Kind::unreadable:
            case Kind::no_name:
            case Kind::elsewhere:
            case Kind::richer:
            case Kind::unclear: break;
        }
        return Error{Code::unsupported, stranded.meaning()};
    }

    std::string told(std::string done) const
    {
        return operations_.is_told_later() ? done + "; the mupdate master will be told later"
                                           : done;
    }

    Result<std::string> adopt(const Stranded& stranded)
    {
        const bool is_new = stranded.kind == Kind::headerless;
        MailboxEntry entry = stranded.as_entry();
        if (is_new) entry.uniqueid = store::new_uniqueid();
        const bool is_unknown = stranded.acl.empty();
        if (is_unknown) entry.acl = acl_of_owner(entry.name);
        uint32_t messages = 0;
        TRY(operations_.adopt(entry, [&]() -> Status {
            TRY_ASSIGN(const auto rebuilt, store::rebuild(store_, entry, is_new));
            messages = rebuilt.messages;
            return success();
        }));
        return told(cat("added to the list, ", messages, " messages",
                        is_unknown ? ": look at its ACL" : ""));
    }

    Result<std::string> make_header(const Stranded& stranded)
    {
        TRY_ASSIGN(const auto rebuilt, store::rebuild(store_, *stranded.listed, true));
        return cat("has a header again, ", rebuilt.messages, " messages");
    }

    Result<std::string> follow(const Stranded& stranded)
    {
        MailboxEntry there = stranded.as_entry();
        there.acl = acl_of_renamed(stranded);
        TRY(operations_.follow(stranded.listed->name, there));
        auto now = operations_.list().lookup(stranded.listed->name);
        const bool went_back = now && now->is_local() && !(stranded.listed->name == there.name);
        if (went_back && now->state == model::EntryState::active)
            return cat("is ", stranded.listed->name.internal(), " again: its new name is taken");
        return told(cat("the list has it here, and no more as ", stranded.listed->name.internal(),
                        " on ", stranded.listed->partition));
    }

    Result<std::string> remove_copy(const Stranded& stranded)
    {
        TRY(store::remove_copy(store_, *stranded.listed, stranded.as_entry()));
        return cat("removed: all of it is in ", stranded.listed->name.internal(), " on ",
                   stranded.listed->partition);
    }

    // Only by name: what is restored from a backup must find its place free.
    Result<std::string> make_empty(const Stranded& stranded)
    {
        const MailboxName& name = stranded.listed->name;
        if (!stranded.note.empty() || !is_named(name, options_.recursive))
            return Error{Code::not_found, stranded.meaning()};
        TRY(operations_.make_empty(name, store::new_uniqueid()));
        return std::string("MADE ANEW, EMPTY: its mail is not on this server");
    }

    Result<std::string> take_id(const Stranded& stranded)
    {
        TRY(operations_.take_id(stranded.listed->name, stranded.uniqueid));
        return std::string("the list has its unique id");
    }

    cluster::Operations& operations_;
    store::LocalStore& store_;
    const model::Namespace& names_;
    const MendOptions& options_;
};

}  // namespace

Result<MendReport> mend(LocalParts& parts, store::LocalStore& store, const model::Namespace& names,
                        const MendOptions& options)
{
    // What was cut short, this too, is under way until it is settled.
    if (!options.only_say) {
        auto master = parts.operations->link().connect();
        Status left = parts.operations->settle_all(master ? master->get() : nullptr);
        if (!left) log::info("pending changes are left", {{"error", left.error()}});
    }
    store::StrandedScan scan(store, *parts.directory);
    Mender mender(parts, store, names, options);
    TRY(each_stranded(scan, parts.operations->locks(),
                      [&](const Stranded& stranded) { mender.look_at(stranded); }));
    return std::move(mender.report);
}

}  // namespace rookery::admin
