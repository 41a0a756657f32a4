// COPY and MOVE from a mailbox that is selected here to one on another server.
#include "imap/imapd/relay/remote_copy.h"

#include <vector>

#include "imap/imapd/relay/remote_append.h"
#include "imap/imapd/selected/progress.h"
#include "imap/imapd/selected/updates.h"
#include "imap/model/sequence_set.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_date.h"

namespace rookery::imapd {
namespace {

std::string flags_of(const mailbox::Mailbox& mailbox, const mailbox::MessageInfo& info)
{
    std::string flags = model::system_flags_to_string(info.system_flags);
    const std::vector<std::string>& names = mailbox.keywords();
    for (size_t i = 0; i < names.size() && i < model::kMaxKeywords; i++)
        if (info.keywords.test(i) && !names[i].empty())
            cat_to(flags, flags.empty() ? "" : " ", names[i]);
    return flags;
}

// none: the server has the message, as far as the command has come.
std::optional<Completion> append_one(mailbox::Mailbox& mailbox, uint32_t sequence,
                                     RemoteAppend& append)
{
    const mailbox::MessageInfo info = mailbox.message(sequence);
    auto content = mailbox.content(sequence);
    if (!content) {
        append.give_up();
        if (content.is(Code::not_found))
            return Completion::no("[EXPUNGEISSUED] Some of the messages no longer exist");
        if (content.is(Code::corrupt))
            return Completion::no("[CORRUPTION] " + content.error().text);
        return Completion::from(content.error());
    }
    std::string_view bytes = (*content)->bytes();
    auto wanted = append.message(flags_of(mailbox, info),
                                 text::format_date_time({info.internaldate, info.zone_minutes}),
                                 bytes.size());
    if (!wanted) return append.channel().failed(wanted.error());
    if (!*wanted) return Completion{append.refusal().kind, append.refusal().text};
    constexpr size_t kPiece = 65536;  // so that put does not copy a whole message
    for (size_t at = 0; at < bytes.size(); at += kPiece) {
        auto written = append.write(bytes.substr(at, kPiece));
        if (!written) return append.channel().failed(written.error());
    }
    return std::nullopt;
}

}  // namespace

Result<Completion> copy_to_remote(ImapSession& session, Command& command, LocalSelection& selection,
                                  std::span<const uint32_t> sequences,
                                  const model::MailboxEntry& target, const std::string& external,
                                  bool move)
{
    if (session.backends == nullptr) return Error{Code::unavailable, {}};
    if (sequences.empty()) return Completion::ok("No messages");
    TRY_ASSIGN(auto backend, session.backends->get(target.server));
    RemoteAppend append(session, *backend, external, sequences.size());
    model::SequenceSet uids;
    Progress progress(session.client, command.tag);
    for (size_t n = 0; n < sequences.size(); ++n) {
        const uint32_t sequence = sequences[n];
        progress.step(n, sequences.size());
        uids.add(selection.mailbox->uid(sequence));
        if (auto over = append_one(*selection.mailbox, sequence, append)) return *over;
    }
    auto answer = append.commit();
    if (!answer) return append.channel().failed(answer.error());
    if (!answer->ok()) return (*std::move(answer)).completion();
    auto appended = parse_appenduid(answer->text);
    if (appended && appended->count != sequences.size())
        return Completion::no("[SERVERBUG] The other server does not say that it has all messages");
    std::string copyuid = appended ? cat("[COPYUID ", appended->uidvalidity, ' ', uids.to_string(),
                                         ' ', appended->uids, "] ")
                                   : std::string();
    if (!move) return Completion::ok(cat(copyuid, "Completed"));
    if (auto removed = remove_copied(selection, sequences, uids); !removed) {
        log::error(
            "messages were moved to another server but not removed here",
            {{"mailbox", selection.mailbox->entry().name.internal()}, {"reason", removed.error()}});
        return Completion::no("[CANNOT] Copied, but not removed here");
    }
    if (!copyuid.empty()) session.client.put("* OK ", copyuid, "Copied\r\n");
    return gone_and_told(session);
}

}  // namespace rookery::imapd
