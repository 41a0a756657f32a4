// What the cache keeps of a message, rendered by lib/text. Never fails on any bytes.
#ifndef ROOKERY_IMAP_STORE_RENDER_H
#define ROOKERY_IMAP_STORE_RENDER_H

#include <string>
#include <string_view>

#include "imap/mailbox/mailbox.h"
#include "imap/store/cache_file.h"
#include "lib/base/result.h"

namespace rookery::store {

// more: fields of the header that are kept besides the usual ones (text::more_fields()).
CacheRenderer renderer(std::string more = {});
Result<mailbox::CachedItems> render(std::string_view message, std::string_view more = {});

}  // namespace rookery::store

#endif
