#include "imap/delivery/trace.h"

#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::delivery {
namespace {

void write(log::Level level, std::string_view event, const Transaction& t, const Recipient& to,
           const Trace& where)
{
    log::write(level, event,
               {{"id", t.message_id},
                {"from", cat('<', t.envelope.from, '>')},
                {"to", cat('<', to.address, '>')},
                {"size", t.message != nullptr ? t.message->size() : 0},
                {"mailbox", where.mailbox},
                {"server", where.server},
                {"remote", where.remote},
                {"origin", t.origin},
                {"reason", where.reason},
                {"session", t.session_id}});
}

}  // namespace

void log_delivered(const Transaction& t, const Recipient& to, const Trace& where)
{
    write(log::Level::notice, "delivered", t, to, where);
}

void log_known(std::string_view event, const Transaction& t, const Recipient& to,
               const Trace& where)
{
    write(log::Level::notice, event, t, to, where);
}

void log_not_delivered(const Transaction& t, const Recipient& to, const Error& why, Trace where)
{
    where.reason = why.text.empty() ? code_name(why.code) : std::string_view(why.text);
    write(log::Level::warning, "not delivered", t, to, where);
}

}  // namespace rookery::delivery
