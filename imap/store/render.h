// What the cache keeps of a message, rendered by lib/text. Never fails on any bytes.
#ifndef ROOKERY_IMAP_STORE_RENDER_H
#define ROOKERY_IMAP_STORE_RENDER_H

#include <string_view>

#include "imap/mailbox/mailbox.h"
#include "lib/base/result.h"

namespace rookery::store {

Result<mailbox::CachedItems> render(std::string_view message);

}  // namespace rookery::store

#endif
