// The cache's items, from one parse.
#include "imap/store/render.h"

#include "lib/text/imap_structure.h"
#include "lib/text/message.h"
#include "lib/text/sections.h"

namespace rookery::store {

Result<mailbox::CachedItems> render(std::string_view message)
{
    text::Message parsed = text::parse_message(message);
    mailbox::CachedItems items;
    items.envelope = text::envelope(parsed.root.header(message));
    items.body = text::body(message, parsed);
    items.bodystructure = text::bodystructure(message, parsed);
    items.sections = text::sections(parsed);
    return items;
}

}  // namespace rookery::store
