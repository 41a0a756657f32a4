// Config: imapd.conf(5), read once, typed, passed by const reference.
//
// Each option of lib/config/options.def has an accessor of its name: string and path give text (""
// = unset), list a vector, switch bool, int int64_t, duration Seconds, enum an enum class. Syntax:
// "name: value", "#" comments at line start, "\" continuation, "@include: path", names without
// case, "service_name: value" for one service only. An option given twice at the same specificity,
// an empty value or a value that its type does not allow is an error. Names outside the table are
// kept (overflow). Every error is Code::config and reads "file:line: reason".
// Limits: files of 1 MB, includes 8 deep. Thread rule: read-only once made.
#ifndef ROOKERY_LIB_CONFIG_CONFIG_H
#define ROOKERY_LIB_CONFIG_CONFIG_H

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/config/config_parser.h"
#include "lib/config/options_gen.h"

namespace rookery::config {

// <sysconfdir>/imapd.conf, or what ROOKERY_IMAPD_CONF in the environment names.
std::string default_path();

class Config : public Options {
 public:
    // service: the entry name in cyrus.conf, or a tool's own name.
    static Result<Config> load(const std::string& path, std::string_view service);
    static Result<Config> from_text(std::string_view text, std::string_view service);

    const std::string& service() const { return service_; }
    // The file that it was read from; "" for from_text.
    const std::string& path() const { return path_; }

    // A name that the table does not have: "be1_password", "sasl_ldapdb_uri".
    std::optional<std::string> overflow(std::string_view name) const;
    // Any option as written, from the table (default included) or the overflow.
    std::optional<std::string> text(std::string_view name) const;
    // True if the file names it, for this service or for all.
    bool is_set(std::string_view name) const;

    // The partition-NAME and metapartition-NAME lines: name, directory.
    std::vector<std::pair<std::string, std::string>> partitions() const;
    std::vector<std::pair<std::string, std::string>> metapartitions() const;
    // Names outside the table that fit no known pattern and are no stock line: misspelt, as a rule.
    const std::vector<std::string>& unknown() const { return unknown_; }
    // Older names that the file has, each with the one that it has now: "quotawarn
    // (quotawarnpercent)".
    const std::vector<std::string>& outdated() const { return outdated_; }

 private:
    static Result<Config> build(const std::vector<Line>& lines, std::string_view service);
    struct Origin;
    using Origins = std::map<std::string, Origin, std::less<>>;
    Status collect(const std::vector<Line>& lines, Origins& found);
    Status apply(const std::vector<Line>& lines);
    Status finish();
    std::vector<std::pair<std::string, std::string>> with_prefix(std::string_view prefix) const;
    void expand(std::string& text) const;

    std::string service_;
    std::string path_;
    std::map<std::string, std::string, std::less<>> overflow_;
    std::vector<std::string> unknown_;
    std::vector<std::string> outdated_;
};

}  // namespace rookery::config

#endif
