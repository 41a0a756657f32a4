#include "imap/imapd/namespace/xfer.h"

#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/responder.h"
#include "imap/model/location.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {

using model::MailboxName;

namespace {

bool is_selected(ImapSession& s, const MailboxName& name)
{
    const LocalSelection* local = s.local();
    if (local == nullptr) return false;
    const MailboxName& selected = local->mailbox->entry().name;
    return selected == name || (name.is_inbox() && name.is_above(selected));
}

}  // namespace

bool is_possible(const sync::MoveTarget& target)
{
    return !target.server.empty() &&
           (target.partition.empty() || model::is_partition_name(target.partition));
}

Result<Completion> move_here_to(ImapSession& s, const MailboxName& name,
                                const sync::MoveTarget& target)
{
    if (s.moves == nullptr) return Error{Code::unavailable, {}};
    if (!s.user.identity->any_admin()) return Error{Code::denied, {}};
    if (!is_possible(target)) return Completion::no("[CANNOT] Unknown/invalid partition");
    if (target.server == s.config.servername())
        return Completion::no("[CANNOT] Invalid server requested");
    if (name.is_inbox() && (is_own(s, name) || !s.config.allowusermoves()))
        return Completion::no("[CANNOT] Operation is not supported on mailbox");
    if (is_selected(s, name)) return Completion::no("[INUSE] Mailbox is locked");
    const auto progress = [&](std::string_view line) {
        // Without the tag: a frontend on the way has another one.
        s.client.put("* OK [INPROGRESS] ", line, "\r\n");
        (void)s.client.flush();
    };
    const Status moved = s.moves->move(name, target, progress);
    if (!moved) {
        log::error(
            "move failed",
            {{"mailbox", name.internal()}, {"server", target.server}, {"reason", moved.error()}});
        Error why = moved.error();
        // The command was read: what breaks a protocol here is another server.
        if (why.code == Code::syntax || why.code == Code::limit) why.code = Code::unavailable;
        Completion no = Completion::from(why);
        // Whoever moves mailboxes wants to know more than a client does: the response code stays,
        // and the reason stands for the text.
        const auto code = text::response_code(no.text);
        const size_t kept = code ? no.text.size() - code->text.size() : 0;
        if (no.kind == Completion::Kind::no && !why.text.empty())
            no.text = cat(no.text.substr(0, kept), wire_text(why.text));
        return no;
    }
    log::notice("xfer", {{"user", s.user.identity->userid},
                         {"mailbox", name.internal()},
                         {"server", target.server}});
    return Completion::ok();
}

}  // namespace rookery::imapd
