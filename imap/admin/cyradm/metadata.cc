// The commands about entries of mailboxes and of the server (RFC 5464).
#include <algorithm>
#include <array>

#include "imap/admin/cyradm/shell.h"
#include "imap/admin/tool.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::cyradm {
namespace {

constexpr std::string_view kShared = "/shared";
constexpr std::string_view kPrivate = "/private";
constexpr std::string_view kVendor = "/vendor/cmu/cyrus-imapd/";

// The short names of entries, and where they are.
struct Entry {
    std::string_view name;
    std::string_view scope;
    std::string_view path;
};
constexpr std::array kOfMailboxes = {
    Entry{"comment", kShared, "/comment"},
    Entry{"specialuse", kPrivate, "/specialuse"},
    Entry{"condstore", kShared, "/vendor/cmu/cyrus-imapd/condstore"},
    Entry{"duplicatedeliver", kShared, "/vendor/cmu/cyrus-imapd/duplicatedeliver"},
    Entry{"expire", kShared, "/vendor/cmu/cyrus-imapd/expire"},
    Entry{"lastupdate", kShared, "/vendor/cmu/cyrus-imapd/lastupdate"},
    Entry{"news2mail", kShared, "/vendor/cmu/cyrus-imapd/news2mail"},
    Entry{"partition", kShared, "/vendor/cmu/cyrus-imapd/partition"},
    Entry{"pop3showafter", kShared, "/vendor/cmu/cyrus-imapd/pop3showafter"},
    Entry{"server", kShared, "/vendor/cmu/cyrus-imapd/server"},
    Entry{"sharedseen", kShared, "/vendor/cmu/cyrus-imapd/sharedseen"},
    Entry{"sieve", kShared, "/vendor/cmu/cyrus-imapd/sieve"},
    Entry{"size", kShared, "/vendor/cmu/cyrus-imapd/size"},
    Entry{"squat", kShared, "/vendor/cmu/cyrus-imapd/squat"},
};
constexpr std::array kOfServer = {
    Entry{"motd", kShared, "/motd"},
    Entry{"comment", kShared, "/comment"},
    Entry{"admin", kShared, "/admin"},
    Entry{"shutdown", kShared, "/vendor/cmu/cyrus-imapd/shutdown"},
    Entry{"expire", kShared, "/vendor/cmu/cyrus-imapd/expire"},
    Entry{"squat", kShared, "/vendor/cmu/cyrus-imapd/squat"},
};

// A short name or a path ("/comment", "/shared/comment") as the server takes it.
Result<std::string> entry_of(std::span<const Entry> known, const std::string& given,
                             bool is_private)
{
    if (given.starts_with(cat(kShared, '/')) || given.starts_with(cat(kPrivate, '/'))) return given;
    if (given.starts_with('/')) return cat(is_private ? kPrivate : kShared, given);
    for (const Entry& entry : known)
        if (equal_nocase(entry.name, given))
            return cat(is_private ? kPrivate : entry.scope, entry.path);
    return Error{Code::syntax, "Invalid entry name"};
}

struct Value {
    std::string path;
    std::optional<std::string> value;

    bool is_private() const { return path.starts_with(kPrivate); }
    std::string_view inside() const  // its scope
    {
        return std::string_view(path).substr((is_private() ? kPrivate : kShared).size());
    }
    std::string_view shown() const
    {
        const std::string_view name = inside();
        if (name.starts_with(kVendor)) return name.substr(name.rfind('/') + 1);
        return name.substr(1);
    }
};

// "* METADATA mailbox (entry value ...)"
Status add_values(std::string_view rest, std::vector<Value>& values)
{
    text::ImapCursor cursor(rest);
    TRY_ASSIGN(const std::string name, cursor.astring());
    TRY(cursor.space());
    if (!cursor.accept('(')) return success();
    while (!cursor.accept(')')) {
        Value one;
        TRY_ASSIGN(one.path, cursor.astring());
        TRY(cursor.space());
        TRY_ASSIGN(one.value, cursor.nstring());
        values.push_back(std::move(one));
        cursor.accept(' ');
    }
    return success();
}

Result<std::vector<Value>> values_of(Client& client, const std::string& mailbox,
                                     std::string_view entries, bool and_below)
{
    if (!client.has("METADATA") && !client.has("METADATA-SERVER"))
        return Error{Code::unsupported, "the server has no METADATA"};
    std::vector<Value> values;
    auto done = client.ask(cat("GETMETADATA ", and_below ? "(DEPTH infinity) " : "",
                               mailbox_argument(mailbox), " (", entries, ')'),
                           [&](std::string_view word, std::string_view rest) -> Status {
                               if (word != "METADATA") return success();
                               return add_values(rest, values);
                           });
    if (!done) return done.error();
    return values;
}

void show(const std::string& mailbox, const std::vector<Value>& values)
{
    if (values.empty()) return;
    std::string out = mailbox.empty() ? "{Server Wide}\n" : cat('{', mailbox, "}:\n");
    for (const bool is_private : {true, false}) {
        bool said = false;
        for (const Value& one : values) {
            if (one.is_private() != is_private) continue;
            if (!said) out += is_private ? "  private:\n" : "  shared:\n";
            said = true;
            cat_to(out, "    ", one.shown(), ": ", one.value.value_or("NIL"), "\n");
        }
    }
    admin::print(out);
}

// '*' is any text, '%' any without '/'.
bool matches(std::string_view pattern, std::string_view path)
{
    if (pattern.empty()) return path.empty();
    if (pattern.front() != '*' && pattern.front() != '%')
        return !path.empty() && path.front() == pattern.front() &&
               matches(pattern.substr(1), path.substr(1));
    for (size_t n = 0;; ++n) {
        if (matches(pattern.substr(1), path.substr(n))) return true;
        if (n == path.size() || (pattern.front() == '%' && path[n] == '/')) return false;
    }
}

bool is_wanted(const std::vector<std::string>& patterns, const Value& one)
{
    return patterns.empty() ||
           std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
               return matches(pattern, one.path) || matches(pattern, one.inside());
           });
}

Status set_entry(Client& client, const std::string& mailbox, const std::string& entry,
                 const std::string& value)
{
    const std::string given = value == "none" ? "NIL" : string_argument(value);
    auto done =
        client.ask(cat("SETMETADATA ", mailbox_argument(mailbox), " (", entry, ' ', given, ')'));
    return done ? success() : Status(done.error());
}

}  // namespace

Status info(Call& call)
{
    const std::string mailbox = call.arguments.empty() ? std::string() : call.arguments[0];
    std::vector<std::string> patterns;
    std::string exact;
    for (size_t n = 1; n < call.arguments.size(); ++n) {
        const std::string& given = call.arguments[n];
        patterns.push_back(given.starts_with('/') ? given : cat('/', given));
        if (!is_pattern(given))
            cat_to(exact, exact.empty() ? "" : " ", kPrivate, patterns.back(), ' ', kShared,
                   patterns.back());
    }
    const bool all = patterns.empty() || std::any_of(patterns.begin(), patterns.end(), is_pattern);
    TRY_ASSIGN(auto values,
               values_of(call.client(), mailbox, all ? cat(kPrivate, ' ', kShared) : exact, all));
    if (all) std::erase_if(values, [&](const Value& one) { return !is_wanted(patterns, one); });
    show(mailbox, values);
    return success();
}

Status get_metadata(Call& call)
{
    const std::string& mailbox = call.arguments[0];
    if (call.arguments.size() == 1) return info(call);
    std::string entries;
    for (size_t n = 1; n < call.arguments.size(); ++n) {
        // Who asks for a comment by its name means his own.
        const bool is_private = equal_nocase(call.arguments[n], "comment");
        TRY_ASSIGN(const std::string entry,
                   entry_of(mailbox.empty() ? std::span<const Entry>(kOfServer) : kOfMailboxes,
                            call.arguments[n], is_private));
        cat_to(entries, entries.empty() ? "" : " ", entry);
    }
    TRY_ASSIGN(const auto values, values_of(call.client(), mailbox, entries, false));
    show(mailbox, values);
    return success();
}

Status set_metadata(Call& call)
{
    TRY_ASSIGN(const std::string entry,
               entry_of(kOfMailboxes, call.arguments[1], call.has("private")));
    return set_entry(call.client(), call.arguments[0], entry, call.arguments[2]);
}

Status set_info(Call& call)
{
    TRY_ASSIGN(const std::string entry, entry_of(kOfServer, call.arguments[0], false));
    return set_entry(call.client(), {}, entry, call.arguments[1]);
}

}  // namespace rookery::cyradm
