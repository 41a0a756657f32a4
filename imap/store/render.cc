// The cache's items, from one parse.
#include "imap/store/render.h"

#include <utility>

#include "lib/text/imap_structure.h"
#include "lib/text/message.h"
#include "lib/text/order_keys.h"
#include "lib/text/preview.h"
#include "lib/text/sections.h"

namespace rookery::store {

CacheRenderer renderer(std::string more)
{
    return [more = std::move(more)](std::string_view message) { return render(message, more); };
}

Result<mailbox::CachedItems> render(std::string_view message, std::string_view more)
{
    text::Message parsed = text::parse_message(message);
    const std::string_view header = parsed.root.header(message);
    mailbox::CachedItems items;
    items.envelope = text::envelope(header);
    items.body = text::body(message, parsed);
    items.bodystructure = text::bodystructure(message, parsed);
    items.sections = text::sections(parsed);
    items.preview = text::preview(message, parsed);
    items.order = text::order_keys(header);
    items.fields = text::kept_fields(header, more);
    if (const auto date = text::find_field(header, "date"))
        items.sent = text::parse_header_date(*date);
    return items;
}

}  // namespace rookery::store
