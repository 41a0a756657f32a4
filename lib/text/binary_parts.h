// A message whose parts may be in binary (RFC 3516), written so that every program can keep it:
// such parts become base64, and a multipart or an enclosed message that says so is 8bit.
//
// Nothing else changes. Memory does not grow with the message. Fails only as the sink does.
#ifndef ROOKERY_LIB_TEXT_BINARY_PARTS_H
#define ROOKERY_LIB_TEXT_BINARY_PARTS_H

#include <functional>
#include <string_view>

#include "lib/base/result.h"
#include "lib/text/message.h"

namespace rookery::text {

using ByteSink = std::function<Status(std::string_view bytes)>;

// message: of these bytes.
Status write_without_binary(std::string_view bytes, const Message& message, const ByteSink& sink);

}  // namespace rookery::text

#endif
