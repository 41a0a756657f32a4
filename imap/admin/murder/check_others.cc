// murder check: other servers against the mupdate master.
#include <set>

#include "imap/admin/murder/check.h"
#include "imap/backend/backend.h"
#include "imap/backend/reply_lines.h"
#include "imap/backend/reply_reader.h"
#include "imap/mboxlist/namespace_options.h"
#include "imap/model/location.h"
#include "imap/model/namespace.h"
#include "imap/mupdate/master/list_entry.h"
#include "imap/session/session_kit.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::admin::murder {
namespace {

constexpr std::string_view kNotThere = "the master lists it there, and it is not";
constexpr std::string_view kUnknown = "the master does not know it: ctl_mboxlist -m there";
constexpr std::string_view kElsewhere = "another server holds it: murder conflicts";
constexpr std::string_view kMissing = "the replica does not show it";
constexpr std::string_view kLeft = "the master does not have it any more";
constexpr std::string_view kStale = "the replica shows it otherwise";
constexpr size_t kMaxListLine = 65536;

Result<std::set<std::string>> names_at(const config::Config& config, const std::string& server)
{
    backend::ConnectOptions options;
    TRY_ASSIGN(auto there,
               backend::Backend::connect(config, backend::imap_dialect(), server, options));
    const model::Namespace names(mboxlist::namespace_options(config), config.proxy_authname(),
                                 true);
    const std::string tag = there->next_tag();
    TRY(backend::send_line(there->stream(), cat(tag, " LIST \"\" \"*\"")));
    TRY(there->stream().flush());
    backend::ReplyReader reader(there->stream());
    std::set<std::string> found;
    for (;;) {
        TRY_ASSIGN(backend::Reply reply, reader.next());
        if (reply.kind == backend::Reply::Kind::tagged) {
            if (reply.word != "OK")
                return Error{Code::denied, cat("it refuses LIST: ", reply.text())};
            break;
        }
        if (reply.word != "LIST") continue;
        TRY_ASSIGN(std::string line, reader.read_whole(reply, kMaxListLine));
        auto told = text::parse_mailbox_list(std::string_view(line).substr(reply.text_begin));
        // A level that is no mailbox.
        if (!told || told->has_flag("\\Noselect") || told->has_flag("\\NonExistent")) continue;
        if (auto name = names.to_internal(told->name)) found.insert(name->internal());
    }
    there->logout();
    return found;
}

void cannot_ask(Findings& findings, const std::string& server, const Error& why)
{
    findings.add(server, "-", "", cat("cannot be asked: ", why.text));
}

bool is_at(const mupdate::Client::Record& record, const std::string& server)
{
    return record.active && mupdate::server_of(record.location) == server;
}

bool is_same(const mupdate::Client::Record& a, const mupdate::Client::Record& b)
{
    return a.active == b.active && a.location == b.location && (!a.active || a.acl == b.acl);
}

}  // namespace

void compare_backend(const config::Config& config, const std::string& server, const Known& known,
                     mupdate::Client& master, Findings& findings)
{
    auto there = names_at(config, server);
    if (!there) return cannot_ask(findings, server, there.error());
    auto add = [&](const std::string& name, bool is_there) {
        auto now = master.find(name);
        if (!now || (*now && !(*now)->active)) return;
        if (*now && is_at(**now, server) == is_there) return;
        const std::string where = *now ? (*now)->location : std::string();
        const std::string_view meaning = !is_there ? kNotThere : *now ? kElsewhere : kUnknown;
        if (!is_there && !*now) return;
        findings.at_backend = true;
        findings.add(server, name, where, meaning);
    };
    for (const std::string& name : *there) {
        findings.compared++;
        auto at = known.find(name);
        if (at == known.end() || !is_at(at->second, server)) add(name, true);
    }
    for (const auto& [name, record] : known)
        if (is_at(record, server) && !there->contains(name)) add(name, false);
}

void compare_replica(const config::Config& config, const mupdate::Client::Target& replica,
                     const Known& known, mupdate::Client& master, Findings& findings)
{
    const std::string& server = replica.server;
    auto asked = mupdate::Client::connect(config, replica);
    if (!asked) return cannot_ask(findings, server, asked.error());
    auto records = (*asked)->list("");
    if (!records) return cannot_ask(findings, server, records.error());
    // A change may be on its way: only what differs when asked again counts.
    auto add = [&](const std::string& name) {
        auto now = master.find(name);
        auto shown = (*asked)->find(name);
        if (!now || !shown) return;
        if (!*now && !*shown) return;
        if (*now && *shown && is_same(**now, **shown)) return;
        findings.add(server, name, *now ? (*now)->location : std::string(),
                     !*now     ? kLeft
                     : !*shown ? kMissing
                               : kStale);
    };
    std::set<std::string_view> met;
    for (const auto& record : *records) {
        findings.compared++;
        met.insert(record.name);
        auto at = known.find(record.name);
        if (at == known.end() || !is_same(at->second, record)) add(record.name);
    }
    for (const auto& [name, record] : known)
        if (!met.contains(name)) add(name);
    (*asked)->logout();
}

}  // namespace rookery::admin::murder
