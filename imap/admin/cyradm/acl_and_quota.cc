// The commands about access lists and quotas (RFC 4314, 9208).
#include <algorithm>
#include <array>

#include "imap/admin/cyradm/shell.h"
#include "imap/admin/tool.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::cyradm {
namespace {

struct Rights {
    std::string_view word;
    std::string_view letters;
};
constexpr std::array kWords = {
    Rights{"none", ""},           Rights{"read", "lrs"},         Rights{"post", "lrsp"},
    Rights{"append", "lrsip"},    Rights{"write", "lrswipkxte"}, Rights{"delete", "lrxte"},
    Rights{"all", "lrswipkxtea"},
};

std::string_view letters_of(std::string_view given)
{
    for (const Rights& one : kWords)
        if (equal_nocase(one.word, given)) return one.letters;
    return given;
}

Status set_pairs(Call& call, const std::string& mailbox)
{
    for (size_t n = 1; n + 1 < call.arguments.size(); n += 2) {
        const std::string& id = call.arguments[n];
        const std::string_view rights = letters_of(call.arguments[n + 1]);
        const Status done = plain(call, cat("SETACL ", mailbox_argument(mailbox), ' ',
                                            string_argument(id), ' ', string_argument(rights)));
        if (!done) return Error{done.error().code, cat(id, ": ", rights, ": ", done.error().text)};
    }
    return success();
}

Status delete_ids(Call& call, const std::string& mailbox)
{
    for (size_t n = 1; n < call.arguments.size(); ++n)
        TRY(plain(call, cat("DELETEACL ", mailbox_argument(mailbox), ' ',
                            string_argument(call.arguments[n]))));
    return success();
}

// "* ACL mailbox id rights ...": a line for each.
Result<std::string> acl_of(Call& call, const std::string& mailbox, std::string_view indent)
{
    std::string out;
    auto done = call.client().ask(cat("GETACL ", mailbox_argument(mailbox)),
                                  [&](std::string_view word, std::string_view rest) -> Status {
                                      if (word != "ACL") return success();
                                      text::ImapCursor cursor(rest);
                                      TRY_ASSIGN(const std::string name, cursor.astring());
                                      while (cursor.accept(' ')) {
                                          TRY_ASSIGN(const std::string id, cursor.astring());
                                          TRY(cursor.space());
                                          TRY_ASSIGN(const std::string rights, cursor.astring());
                                          cat_to(out, indent, id, ' ', rights, "\n");
                                      }
                                      return success();
                                  });
    if (!done) return done.error();
    return out;
}

struct Quota {
    std::string root;
    std::vector<std::string> resources;  // "STORAGE 10/100 (10%)"
};

Result<Quota> quota_of(std::string_view rest)
{
    Quota quota;
    text::ImapCursor cursor(rest);
    TRY_ASSIGN(quota.root, cursor.astring());
    TRY(cursor.space());
    TRY(cursor.expect('('));
    while (!cursor.accept(')')) {
        TRY_ASSIGN(const std::string_view resource, cursor.atom());
        TRY(cursor.space());
        TRY_ASSIGN(const uint64_t used, cursor.number64());
        TRY(cursor.space());
        TRY_ASSIGN(const uint64_t limit, cursor.number64());
        const uint64_t percent = limit == 0 ? 0 : used * 100 / limit;
        quota.resources.push_back(cat(resource, ' ', used, '/', limit, " (", percent, "%)"));
        cursor.accept(' ');
    }
    return quota;
}

Result<std::vector<Quota>> quotas(Call& call, std::string_view command)
{
    std::vector<Quota> found;
    auto done =
        call.client().ask(command, [&](std::string_view word, std::string_view rest) -> Status {
            if (word != "QUOTA") return success();
            TRY_ASSIGN(Quota one, quota_of(rest));
            found.push_back(std::move(one));
            return success();
        });
    if (!done) return done.error();
    return found;
}

bool is_number(std::string_view text)
{
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "none", "1000", "STORAGE 1000 MESSAGE 10": what stands in SETQUOTA's parentheses.
Result<std::string> limits_of(std::span<const std::string> words)
{
    if (words.size() == 1 && equal_nocase(words[0], "none")) return std::string();
    if (words.size() == 1 && is_number(words[0])) return cat("STORAGE ", words[0]);
    std::string limits;
    for (size_t n = 0; n < words.size(); n += 2) {
        if (n + 1 == words.size() || !is_number(words[n + 1]))
            return Error{Code::syntax, cat(words[n], ": a resource and its limit go together")};
        cat_to(limits, n == 0 ? "" : " ", to_upper(words[n]), ' ', words[n + 1]);
    }
    return limits;
}

}  // namespace

Status set_acl(Call& call)
{
    if (call.arguments.size() % 2 == 0)
        return Error{Code::syntax, cat(call.arguments.back(), ": without rights")};
    return for_each(call, "Setting ACL on",
                    [&](const std::string& name) { return set_pairs(call, name); });
}

Status delete_acl(Call& call)
{
    return for_each(call, "Deleting ACL on",
                    [&](const std::string& name) { return delete_ids(call, name); });
}

Status list_acl(Call& call)
{
    const std::string& pattern = call.arguments[0];
    TRY_ASSIGN(const auto names, names_of(call.client(), pattern));
    for (const std::string& name : names) {
        TRY_ASSIGN(const std::string lines, acl_of(call, name, is_pattern(pattern) ? "  " : ""));
        admin::print(is_pattern(pattern) ? cat(name, ":\n", lines) : lines);
    }
    return success();
}

Status set_quota(Call& call)
{
    const std::span<const std::string> words(call.arguments.begin() + 1, call.arguments.end());
    TRY_ASSIGN(const std::string limits, limits_of(words));
    TRY(plain(call, cat("SETQUOTA ", mailbox_argument(call.arguments[0]), " (", limits, ')')));
    if (limits.empty())
        admin::print("remove quota\n");
    else if (words.size() == 1)
        admin::print(cat("quota:", words[0], "\n"));
    return success();
}

Status list_quota(Call& call)
{
    TRY_ASSIGN(const auto found,
               quotas(call, cat("GETQUOTA ", mailbox_argument(call.arguments[0]))));
    for (const Quota& quota : found)
        for (const std::string& resource : quota.resources) admin::print(cat(' ', resource, "\n"));
    return success();
}

Status list_quota_roots(Call& call)
{
    TRY_ASSIGN(const auto found,
               quotas(call, cat("GETQUOTAROOT ", mailbox_argument(call.arguments[0]))));
    for (const Quota& quota : found) {
        if (quota.resources.empty()) admin::print(cat(quota.root, "\n"));
        for (const std::string& resource : quota.resources)
            admin::print(cat(quota.root, ' ', resource, "\n"));
    }
    return success();
}

}  // namespace rookery::cyradm
