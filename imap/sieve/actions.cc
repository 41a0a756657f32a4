#include "imap/sieve/actions.h"

#include "lib/base/strings.h"

namespace rookery::sieve {
namespace {

std::string quoted(std::string_view s)
{
    std::string out = "\"";
    for (char c : s) {
        if (c == '"' || c == '\\') out.push_back('\\');
        if (c == '\n')
            out.append("\\n");
        else if (c != '\r')
            out.push_back(c);
    }
    return out + '"';
}

void put_flags(std::string& out, const std::vector<std::string>& flags)
{
    if (flags.empty()) return;
    std::string all;
    for (const auto& flag : flags) cat_to(all, all.empty() ? "" : " ", flag);
    cat_to(out, " :flags ", quoted(all));
}

void put_option(std::string& out, std::string_view name, std::string_view value)
{
    if (!value.empty()) cat_to(out, " :", name, ' ', quoted(value));
}

std::string target(const Target& t)
{
    std::string out = quoted(t.mailbox);
    put_flags(out, t.flags);
    if (t.create) out.append(" :create");
    put_option(out, "specialuse", t.special_use);
    put_option(out, "mailboxid", t.mailbox_id);
    return out;
}

void put_fcc(std::string& out, const std::optional<Target>& fcc)
{
    if (fcc) cat_to(out, " :fcc ", target(*fcc));
}

struct Writer {
    std::string operator()(const Keep& a) const
    {
        std::string out = "keep";
        put_flags(out, a.flags);
        return out;
    }
    std::string operator()(const FileInto& a) const { return cat("fileinto ", target(a.to)); }
    std::string operator()(const Redirect& a) const
    {
        if (!a.list.empty()) return cat("redirect :list ", quoted(a.list));
        return cat("redirect ", quoted(a.address));
    }
    std::string operator()(const Discard&) const { return "discard"; }
    std::string operator()(const Reject& a) const
    {
        return cat(a.refuse ? "ereject " : "reject ", quoted(a.reason));
    }
    std::string operator()(const Vacation& a) const
    {
        std::string out = cat("vacation ", quoted(a.to), " :seconds ", a.seconds);
        put_option(out, "handle", a.handle);
        put_option(out, "subject", a.subject);
        put_option(out, "from", a.from);
        if (a.is_mime) out.append(" :mime");
        put_fcc(out, a.fcc);
        return cat(out, ' ', quoted(a.reason));
    }
    std::string operator()(const Notify& a) const
    {
        std::string out = cat("notify ", quoted(a.method));
        put_option(out, "from", a.from);
        if (a.importance != 2) cat_to(out, " :importance ", a.importance);
        for (const auto& option : a.options) put_option(out, "options", option);
        put_option(out, "message", a.message);
        put_fcc(out, a.fcc);
        return out;
    }
};

std::string edit(const HeaderEdit& e)
{
    if (e.is_deletion) return cat("deleteheader ", quoted(e.name), " :index ", e.index);
    return cat("addheader ", quoted(e.name), ' ', quoted(e.value), e.last ? " :last" : "");
}

}  // namespace

std::string to_text(const Actions& actions)
{
    std::string out;
    size_t edits = 0;
    auto put_edits = [&](size_t end) {
        for (; edits < end && edits < actions.edits.size(); ++edits)
            cat_to(out, edit(actions.edits[edits]), '\n');
    };
    for (const auto& action : actions.list) {
        put_edits(action.edits);
        cat_to(out, std::visit(Writer(), action.what), '\n');
    }
    put_edits(actions.edits.size());
    for (const auto& mark : actions.duplicates) {
        cat_to(out, "duplicate ", quoted(mark.id));
        put_option(out, "handle", mark.handle);
        cat_to(out, " :seconds ", mark.seconds, mark.last ? " :last\n" : "\n");
    }
    return out;
}

}  // namespace rookery::sieve
