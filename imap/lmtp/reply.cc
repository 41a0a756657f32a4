#include "imap/lmtp/reply.h"

#include "lib/base/strings.h"

namespace rookery::lmtp {

Reply reply(int code, std::string text)
{
    return Reply{code, {std::move(text)}};
}

Reply trouble_reply(const Error& error)
{
    switch (error.code) {
        case Code::not_found:
        case Code::moved:
        case Code::reserved:
        case Code::exists:
        case Code::busy: return reply(451, "4.2.1 Mailbox is not available now, try again");
        case Code::over_quota: return reply(452, "4.2.2 Over quota");
        case Code::maintenance: return reply(451, cat("4.3.2 ", error.text));
        case Code::no_master: return reply(451, "4.4.1 The mupdate master cannot be reached");
        case Code::behind: return reply(451, "4.4.3 The mailbox list is not current, try again");
        case Code::unavailable:
        case Code::timeout:
        case Code::closed: return reply(451, "4.4.3 Remote server unavailable");
        case Code::no_space: return reply(452, "4.3.1 No space left, try again");
        case Code::bad_name:
        case Code::denied:
        case Code::limit:
        case Code::syntax:
        case Code::unsupported:
        case Code::corrupt:
        case Code::config:
        case Code::io: break;
    }
    return reply(451, "4.3.0 System error, try again");
}

Reply recipient_reply(const Error& error)
{
    const bool is_address = error.code == Code::not_found || error.code == Code::bad_name ||
                            error.code == Code::syntax || error.code == Code::limit;
    if (is_address)
        return Reply{550,
                     {"Mailbox unknown.  Either there is no mailbox associated with this",
                      "name or you do not have authorization to see it.", "5.1.1 User unknown"}};
    if (error.code == Code::denied)
        return Reply{550,
                     {"You do not have permission to post a message to this mailbox.",
                      "Please contact the owner of this mailbox in order to submit",
                      "your message.", "5.7.1 Permission denied"}};
    return trouble_reply(error);
}

Reply message_reply(const Error& error)
{
    if (error.code == Code::limit) return reply(552, "5.2.3 Message is too large");
    if (error.code == Code::syntax) return reply(554, cat("5.6.0 ", error.text));
    return trouble_reply(error);
}

Reply over_quota_reply(bool permanent, std::string_view session_id)
{
    return reply(permanent ? 552 : 452,
                 cat(permanent ? "5.2.2" : "4.2.2", " Over quota SESSIONID=<", session_id, ">"));
}

Reply outcome_reply(const delivery::Outcome& outcome, bool permanent, std::string_view session_id)
{
    if (outcome.refusal) return *outcome.refusal;
    if (outcome.status) return reply(250, cat("2.1.5 Ok SESSIONID=<", session_id, ">"));
    if (outcome.status.is(Code::over_quota)) return over_quota_reply(permanent, session_id);
    // It was there at RCPT: whoever asks again hears what is right then.
    return trouble_reply(outcome.status.error());
}

}  // namespace rookery::lmtp
