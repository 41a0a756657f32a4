// What a value that its option cannot have was to be: the value itself where what is written leaves
// no doubt, else the form of one. Never the default, which nobody has asked for. Pure.
#ifndef ROOKERY_IMAP_ADMIN_CHECK_CONFIG_MEANT_H
#define ROOKERY_IMAP_ADMIN_CHECK_CONFIG_MEANT_H

#include <string>
#include <string_view>

#include "lib/config/option_spec.h"

namespace rookery::admin::check_config {

std::string meant_value(const config::OptionSpec& spec, std::string_view value);
// "0o27"
std::string meant_mask(std::string_view value);
// "45min"; "" = it leaves a doubt.
std::string meant_duration(std::string_view value);
// The words of a list where one was to be words[i]: what stands there, with word in place of wrong.
std::string with_word(std::string_view list, std::string_view wrong, std::string_view word);

}  // namespace rookery::admin::check_config

#endif
