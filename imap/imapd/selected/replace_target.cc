#include "imap/imapd/selected/replace_target.h"

namespace rookery::imapd {

Result<ReplaceTarget> parse_replace_target(CommandReader& reader)
{
    ReplaceTarget target;
    TRY(reader.space());
    TRY_ASSIGN(target.message, reader.sequence_set());
    const auto& ranges = target.message.ranges();
    if (ranges.size() != 1 || ranges[0].first != ranges[0].last)
        return Error{Code::syntax, "One message can be replaced"};
    TRY(reader.space());
    TRY_ASSIGN(target.mailbox, reader.mailbox());
    return target;
}

}  // namespace rookery::imapd
