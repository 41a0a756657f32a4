// JSON strings (RFC 8259): what is not ASCII stays UTF-8. Pure; any thread.
#ifndef ROOKERY_LIB_TEXT_JSON_H
#define ROOKERY_LIB_TEXT_JSON_H

#include <string>
#include <string_view>

namespace rookery::text {

// Appends text with its quotes.
void put_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

}  // namespace rookery::text

#endif
