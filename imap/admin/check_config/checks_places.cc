// Folders and disks, and the log.
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "imap/admin/check_config/checks.h"
#include "imap/admin/check_config/lines.h"
#include "imap/admin/check_config/reach.h"
#include "imap/nntp/peer.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/spelling.h"
#include "lib/base/strings.h"
#include "lib/config/option_names.h"

namespace rookery::admin::check_config {
namespace {

using std::string_view;

constexpr size_t kMaxTable = 1 << 20;

bool is_below(string_view path, string_view top)
{
    return path == top ||
           (path.starts_with(top) && (top.ends_with('/') || path[top.size()] == '/'));
}

// The second word of each line, of those that are to be mounted at start.
std::vector<std::string> mount_points(const std::string& table)
{
    std::vector<std::string> points;
    auto text = read_file(table, kMaxTable);
    if (!text) return points;
    for (string_view line : split(*text, '\n')) {
        const auto words = split_words(line);
        if (words.size() < 4 || words[0].starts_with('#') || !words[1].starts_with('/')) continue;
        const string_view options = words[3];
        if (options.find("noauto") != options.npos || options.find("automount") != options.npos)
            continue;
        points.emplace_back(words[1]);
    }
    return points;
}

// Where it should have been mounted and is not; "" = it is where it should be.
std::string unmounted(const System& system, const std::string& path)
{
    const auto mounted = mount_points(system.mounts);
    if (mounted.empty()) return {};  // nothing tells
    std::string nearest;
    for (const std::string& point : mount_points(system.fstab))
        if (is_below(path, point) && point.size() > nearest.size()) nearest = point;
    if (nearest.empty() || nearest == "/") return {};
    return std::find(mounted.begin(), mounted.end(), nearest) == mounted.end() ? nearest : "";
}

void add(Findings& findings, const Server& server, std::string_view option, std::string text,
         std::string write)
{
    findings.push_back({Severity::error, server.of(option), std::move(text), std::move(write)});
}

void check_room(const Server& server, const std::string& option, const std::string& path,
                Findings& findings)
{
    struct statvfs fs {};
    if (::statvfs(path.c_str(), &fs) != 0 || fs.f_blocks == 0) return;
    const auto least = static_cast<uint64_t>(server.config->free_space_warning());
    const auto percent = static_cast<uint64_t>(fs.f_bavail) * 100 / fs.f_blocks;
    if (percent < least)
        add(findings, server, option,
            cat(option, ": the disk of ", path, " is full but for ", percent, " %"),
            "a larger disk; or murder drain, on a backend");
}

// True if mail can be there.
bool check_folder(const Server& server, const std::string& option, const std::string& path,
                  Findings& findings)
{
    struct stat st {};
    if (path.empty() || path.front() != '/') {
        add(findings, server, option, cat(option, ": ", path, ": an absolute path is expected"),
            cat(option, ": /", path));
        return false;
    }
    if (const std::string point = unmounted(server.system, path); !point.empty()) {
        add(findings, server, option, cat(option, ": ", point, " is not mounted"),
            cat("mount ", point));
        return false;
    }
    if (auto refusal = refusal_of(path, F_OK)) {
        add(findings, server, option, cat(option, ": ", refusal->text),
            refusal->write.empty() ? cat("mkdir ", path, ", and give it to the daemons' user")
                                   : refusal->write);
        return false;
    }
    if (::stat(path.c_str(), &st) != 0) return false;
    if (!S_ISDIR(st.st_mode)) {
        add(findings, server, option, cat(option, ": ", path, " is no directory"),
            "the path of a directory");
        return false;
    }
    if (auto refusal = refusal_of(path, R_OK | W_OK | X_OK)) {
        add(findings, server, option, cat(option, ": ", refusal->text),
            refusal->write.empty() ? cat("chown it to the daemons' user, and chmod 750 ", path)
                                   : refusal->write);
        return false;
    }
    check_room(server, option, path, findings);
    return true;
}

void check_named_partitions(const Server& server, Findings& findings)
{
    const config::Config& config = *server.config;
    const auto partitions = config.partitions();
    auto check = [&](string_view option, const std::string& name) {
        std::vector<string_view> names;
        for (const auto& [one, path] : partitions) names.push_back(one);
        if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) return;
        string_view near = nearest(name, names);
        if (near.empty() && !names.empty()) near = names.front();
        add(findings, server, option, cat(option, ": ", name, ": there is no partition-", name),
            cat(option, ": ", near, "; or partition-", name, ": DIRECTORY"));
    };
    if (partitions.empty()) return;
    check("defaultpartition", config.defaultpartition());
    for (const std::string& name : config.partition_select_exclude())
        check("partition_select_exclude", name);
}

// One that cannot be read may have one.
bool has_password(string_view newspeer)
{
    const auto peers = split_words(newspeer);
    return std::any_of(peers.begin(), peers.end(), [](string_view text) {
        const auto peer = nntp::parse_peer(text);
        return peer ? !peer->password.empty() : text.find('@') != text.npos;
    });
}

bool holds_a_secret(const Server& server, const std::string& file)
{
    return std::any_of(server.lines.begin(), server.lines.end(), [&](const config::Line& line) {
        if (line.file != file || !is_secret(line.name)) return false;
        return line.name != "newspeer" || has_password(line.value);
    });
}

// Of imapd.conf and what it includes: the daemons read it, and nobody else where passwords are.
void check_conf_file(const Server& server, const std::string& path, Place place, Findings& findings)
{
    struct stat st {};
    if (auto refusal = refusal_of(path, R_OK)) {
        findings.push_back({Severity::error, std::move(place),
                            cat("the daemons' user cannot read it: ", refusal->text),
                            refusal->write.empty()
                                ? cat("chgrp it to the daemons' group, and chmod 640 ", path)
                                : refusal->write});
    } else if (::stat(path.c_str(), &st) == 0 && (st.st_mode & 004) != 0 &&
               holds_a_secret(server, path)) {
        findings.push_back({Severity::warning, std::move(place),
                            "there are passwords in it, and everybody may read them",
                            cat("chmod 640 ", path)});
    }
}

void check_usable(const Server& server, std::string_view option, const std::string& path, int mode,
                  std::string what, Findings& findings)
{
    auto refusal = refusal_of(path, mode);
    if (!refusal) return;
    add(findings, server, option, cat(option, ": ", refusal->text),
        refusal->write.empty() ? std::move(what) : std::move(refusal->write));
}

}  // namespace

void check_partitions(const Server& server, Findings& findings)
{
    const auto partitions = server.config->partitions();
    if (!server.has_mail()) return;
    if (partitions.empty())
        add(findings, server, "configdirectory", "mail is kept here, and there is no partition",
            "partition-default: DIRECTORY, with defaultpartition: default");
    for (size_t i = 0; i < partitions.size(); i++) {
        const std::string option = cat("partition-", partitions[i].first);
        if (!check_folder(server, option, partitions[i].second, findings)) continue;
        for (size_t j = 0; j < partitions.size(); j++)
            if (j != i && is_below(partitions[i].second, partitions[j].second) &&
                (j < i || partitions[i].second != partitions[j].second))
                add(findings, server, option,
                    cat(option, " lies in partition-", partitions[j].first, ", ",
                        partitions[j].second),
                    "a directory beside it");
    }
    check_named_partitions(server, findings);
}

void check_folders(const Server& server, Findings& findings)
{
    const config::Config& config = *server.config;
    check_folder(server, "configdirectory", config.configdirectory(), findings);
    if (config.is_set("sendmail"))
        check_usable(server, "sendmail", config.sendmail(), X_OK,
                     "sendmail: /usr/sbin/sendmail, or where the MTA has it", findings);
    if (const std::string& script = config.autocreate_sieve_script(); !script.empty())
        check_usable(server, "autocreate_sieve_script", script, R_OK,
                     "a file that the daemons' user may read", findings);
}

void check_files(const Server& server, Findings& findings)
{
    check_conf_file(server, server.imapd_conf, {server.imapd_conf, 1}, findings);
    for (const config::Include& one : server.includes)
        if (!server.is_missing(one))
            check_conf_file(server, one.path, {one.file, one.number}, findings);
}

void check_log(const Server& server, Findings& findings)
{
    log::open("murder", server.config->syslog_facility());
    if (log::destination() != "stderr") return;
    findings.push_back({Severity::warning, server.of("syslog_facility"),
                        "nobody reads the log: no syslog answers at /dev/log",
                        "start a syslog daemon; or master -L FILE"});
}

}  // namespace rookery::admin::check_config
