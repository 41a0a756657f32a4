// STORE and UID STORE (RFC 3501 6.4.6, 7162 3.1.3), with the rights s, t and w for the flags (RFC
// 4314 4).
#include <algorithm>

#include "imap/imapd/command_table.h"
#include "imap/imapd/selected/message_set.h"
#include "imap/imapd/selected/permanent_flags.h"
#include "imap/imapd/selected/updates.h"

namespace rookery::imapd::commands {
namespace {

using mailbox::FlagChange;

struct Parsed {
    model::SequenceSet set;
    FlagChange how = FlagChange::replace;
    bool silent = false;
    model::FlagList flags;
    std::optional<mailbox::StoreCondition> condition;
};

// "(" "UNCHANGEDSINCE" SP mod-sequence ")" SP, if it is there
Status condition(CommandReader& reader, Parsed& p)
{
    TRY_ASSIGN(const bool there, reader.accept('('));
    if (!there) return success();
    TRY_ASSIGN(const std::string name, reader.attribute());
    if (name != "UNCHANGEDSINCE") return Error{Code::syntax, "Unknown STORE modifier"};
    TRY(reader.space());
    p.condition.emplace();
    TRY_ASSIGN(p.condition->unchanged_since, reader.number64());
    TRY(reader.expect(')'));
    return reader.space();
}

// store-att-flags' first word: ["+" / "-"] "FLAGS" [".SILENT"]
Status operation(std::string_view word, Parsed& p)
{
    if (word.starts_with('+')) p.how = FlagChange::add;
    if (word.starts_with('-')) p.how = FlagChange::remove;
    if (p.how != FlagChange::replace) word.remove_prefix(1);
    p.silent = word == "FLAGS.SILENT";
    if (!p.silent && word != "FLAGS") return Error{Code::syntax, "Invalid STORE attribute"};
    return success();
}

// flag-list / (flag *(SP flag))
Status flag_list(CommandReader& reader, model::FlagList& flags)
{
    TRY_ASSIGN(const bool in_list, reader.accept('('));
    if (in_list) {
        TRY_ASSIGN(const bool empty, reader.accept(')'));
        if (empty) return success();
    }
    for (;;) {
        TRY_ASSIGN(const std::string flag, reader.flag());
        TRY(model::add_flag(flags, flag));
        TRY_ASSIGN(const bool more, reader.accept(' '));
        if (!more) break;
    }
    return in_list ? reader.expect(')') : success();
}

Result<Parsed> parse(CommandReader& reader)
{
    Parsed p;
    TRY(reader.space());
    TRY_ASSIGN(p.set, reader.message_set());
    TRY(reader.space());
    TRY(condition(reader, p));
    TRY_ASSIGN(const std::string word, reader.attribute());
    TRY(operation(word, p));
    TRY(reader.space());
    TRY(flag_list(reader, p.flags));
    TRY(reader.end_of_line());
    return p;
}

bool is_empty(const model::FlagList& flags)
{
    return flags.system == 0 && flags.keywords.empty();
}

bool contains(const model::FlagList& flags, std::string_view keyword)
{
    for (const auto& k : flags.keywords)
        if (equal_nocase(k, keyword)) return true;
    return false;
}

// It was changed later than the client knows.
bool is_modified(const Parsed& p, uint32_t sequence)
{
    return p.condition && std::find(p.condition->modified.begin(), p.condition->modified.end(),
                                    sequence) != p.condition->modified.end();
}

// Flags the user may not change stay as they are, also when the list replaces all.
Status change(LocalSelection& selection, std::span<const uint32_t> messages, Parsed& p)
{
    mailbox::StoreCondition* condition = p.condition ? &*p.condition : nullptr;
    mailbox::Mailbox& mailbox = *selection.mailbox;
    const model::FlagFilter settable = model::settable_flags(selection.rights);
    model::FlagList flags = p.flags;
    settable.apply(flags);
    if (p.how != FlagChange::replace || settable.passes_all()) {
        TRY(mailbox.store_flags(messages, p.how, flags, condition));
        return success();
    }
    model::FlagList others;
    others.system = settable.system & ~flags.system;
    if (settable.keywords) {
        for (const auto& k : mailbox.keywords())
            if (!contains(flags, k)) others.keywords.push_back(k);
    }
    TRY(mailbox.store_flags(messages, FlagChange::remove, others, condition));
    std::vector<uint32_t> allowed(messages.begin(), messages.end());
    std::erase_if(allowed, [&](uint32_t n) { return is_modified(p, n); });
    if (!is_empty(flags)) TRY(mailbox.store_flags(allowed, FlagChange::add, flags, nullptr));
    return success();
}

// True if the user may change none of the flags named.
bool is_refused(const LocalSelection& selection, const model::FlagList& flags)
{
    const model::FlagFilter settable = model::settable_flags(selection.rights);
    if (is_empty(flags)) return settable.system == 0;
    model::FlagList allowed = flags;
    settable.apply(allowed);
    return is_empty(allowed);
}

}  // namespace

Result<Completion> store(ImapSession& session, Command& command)
{
    TRY_ASSIGN(auto parsed, parse(session.reader));
    TRY_ASSIGN(const auto selection, selected_with(session, model::Rights::read));
    mailbox::Mailbox& mailbox = *selection->mailbox;
    TRY_ASSIGN(auto messages,
               messages_of(mailbox, std::move(parsed.set), command.by_uid, selection->saved));
    if (selection->read_only) return Completion::no("[READ-ONLY] Mailbox is read-only");
    if (is_refused(*selection, parsed.flags)) return Completion::no("[NOPERM] Permission denied");

    const size_t named = messages.size();
    std::erase_if(messages, [&](uint32_t n) { return mailbox.is_expunged(n); });
    if (!messages.empty()) {
        const Status changed = change(*selection, messages, parsed);
        if (changed.is(Code::limit)) return Completion::no("[LIMIT] Too many keywords in mailbox");
        if (!changed) return changed.error();
        selection->updates.changed(mailbox, messages);
    }
    tell_keywords(session, *selection);
    if (parsed.condition) session.user.condstore_enabled = true;
    const bool tells = !parsed.silent || session.user.condstore_enabled;
    for (uint32_t n : messages)
        if (tells && !is_modified(parsed, n))
            put_flags(session, n, {.flags = !parsed.silent, .uid = command.by_uid});
    if (parsed.condition && !parsed.condition->modified.empty()) {
        const auto& modified = parsed.condition->modified;
        return Completion::ok(
            cat("[MODIFIED ", command.by_uid ? uid_set(mailbox, modified) : number_set(modified),
                "] Conditional STORE failed"));
    }
    // RFC 2180 4.2.1; where the client waits for the flags of all, it is told why some are missing.
    if (messages.size() < named && !command.by_uid && !parsed.silent)
        return Completion::ok("[EXPUNGEISSUED] Some messages no longer exist");
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
