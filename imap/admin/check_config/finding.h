// Finding: what is wrong with a server's configuration, where, and what to write instead.
#ifndef ROOKERY_IMAP_ADMIN_CHECK_CONFIG_FINDING_H
#define ROOKERY_IMAP_ADMIN_CHECK_CONFIG_FINDING_H

#include <string>
#include <vector>

namespace rookery::admin::check_config {

// note: the line does nothing here. error: something will not work.
enum class Severity { note, warning, error };

struct Place {
    std::string file;
    unsigned line = 1;  // of what is missing: the line that asks for it, else the first
};

struct Finding {
    Severity severity;
    Place place;
    std::string text;
    std::string write;
};

using Findings = std::vector<Finding>;

}  // namespace rookery::admin::check_config

#endif
