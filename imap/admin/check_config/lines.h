// Single lines of imapd.conf: whether one can be used at all; and programs of cyrus.conf. Pure.
#ifndef ROOKERY_IMAP_ADMIN_CHECK_CONFIG_LINES_H
#define ROOKERY_IMAP_ADMIN_CHECK_CONFIG_LINES_H

#include <string>
#include <string_view>
#include <vector>

#include "lib/config/config_parser.h"
#include "lib/config/option_spec.h"

namespace rookery::admin::check_config {

// The row that decides what the line's value may be, its service's name taken off; null: none does.
const config::OptionSpec* spec_of(const config::Line& line);
// Neither given before nor with a value that the option cannot have.
bool is_sound(const std::vector<config::Line>& lines, const config::Line& line);
// The earlier line of the same name; null: there is none.
const config::Line* given_before(const std::vector<config::Line>& lines, const config::Line& line);
// A password, or something with one in it: its value is not shown.
bool is_secret(std::string_view name);

// The program of ours that the name is near to; "" = none.
std::string_view nearest_program(std::string_view name);
// One that cyrus.conf may start.
bool is_our_program(std::string_view name);

}  // namespace rookery::admin::check_config

#endif
