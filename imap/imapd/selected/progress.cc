#include "imap/imapd/selected/progress.h"

#include "lib/text/imap_syntax.h"

namespace rookery::imapd {

std::string progress_tag(std::string_view tag)
{
    return tag.find(']') == tag.npos ? text::imap_string(tag) : std::string("NIL");
}

void Progress::step(uint64_t done, uint64_t goal)
{
    if (!due_.passed()) return;
    due_ = Deadline::after(every_);
    client_.put("* OK [INPROGRESS (", tag_, ' ', done, ' ', goal, ")] Still at it\r\n");
    (void)client_.flush();
}

void Progress::step_under_lock(uint64_t done, uint64_t goal)
{
    if (due_.passed() && client_.can_flush()) step(done, goal);
}

}  // namespace rookery::imapd
