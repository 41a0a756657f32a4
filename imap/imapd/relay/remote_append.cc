#include "imap/imapd/relay/remote_append.h"

#include "imap/imapd/relay/lines.h"
#include "imap/model/sequence_set.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {

void begin_append(RelayChannel& channel, std::string_view external)
{
    // LOCALAPPEND goes no further than the server that gets it (doc/protocols/cyrus.md 6). Its
    // second argument is the mailbox to which relative URLs of CATENATE belong.
    bool murder = channel.backend().has_capability_family("MUPDATE");
    channel.verb(murder ? "LOCALAPPEND" : "APPEND");
    channel.astring(external);
    if (murder) channel.astring("");
}

std::optional<AppendUid> parse_appenduid(std::string_view text)
{
    const auto code = text::response_code(text);
    if (!code || !code->is("APPENDUID")) return std::nullopt;
    auto words = split_words(code->arguments);
    if (words.size() != 2 || !to_number<uint32_t>(words[0])) return std::nullopt;
    auto set = model::SequenceSet::parse(words[1]);
    if (!set) return std::nullopt;
    AppendUid uid{std::string(words[0]), std::string(words[1]), 0};
    for (const auto& r : set->ranges())
        uid.count += r.last >= r.first ? r.last - r.first + 1 : r.first - r.last + 1;
    return uid;
}

RemoteAppend::RemoteAppend(ImapSession& session, backend::Backend& backend,
                           std::string_view external, size_t messages)
    : session_(session), channel_(session, backend), messages_(messages)
{
    begin_append(channel_, external);
}

Result<bool> RemoteAppend::message(std::string_view flags, std::string_view internaldate,
                                   uint64_t size)
{
    if (messages_ > 1 && !channel_.backend().has_capability("MULTIAPPEND"))
        return Error{Code::unsupported, "the other server takes one message at a time"};
    std::string head = cat(" (", flags, ") ");
    text::put_quoted(head, internaldate);
    head += ' ';
    text::put_literal_head(head, size);
    channel_.raw(head);
    TRY(channel_.send_pending());
    TRY(channel_.wait_go_ahead());
    if (channel_.early()) return false;
    left_ = size;
    return true;
}

Status RemoteAppend::write(std::string_view bytes)
{
    channel_.backend().stream().put(bytes);
    left_ -= bytes.size();
    return channel_.backend().stream().status();
}

void RemoteAppend::give_up()
{
    if (left_ > 0)
        lose_backend(session_, channel_.backend());
    else
        channel_.abandon();
}

Result<Answer> RemoteAppend::commit()
{
    return channel_.finish();
}

}  // namespace rookery::imapd
