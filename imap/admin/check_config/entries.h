// Lines of cyrus.conf: what one was to be that its parser, or master, does not take. Pure.
#ifndef ROOKERY_IMAP_ADMIN_CHECK_CONFIG_ENTRIES_H
#define ROOKERY_IMAP_ADMIN_CHECK_CONFIG_ENTRIES_H

#include <string>
#include <string_view>

namespace rookery::admin::check_config {

// A key of an entry of SERVICES.
bool is_service_key(std::string_view key);

// line: as it stands in the file. For what the parser says of it.
std::string cyrus_conf_advice(std::string_view text, std::string_view line);
// For "name: "key" is not known", and for an entry that is left out.
std::string unknown_key_advice(std::string_view text, std::string_view line);
// For an address that cannot be one: "::1:143".
std::string listen_advice(std::string_view listen);

}  // namespace rookery::admin::check_config

#endif
