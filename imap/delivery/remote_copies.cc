#include "imap/delivery/remote_copies.h"

#include "imap/backend/talk.h"
#include "imap/mboxlist/namespace_options.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_date.h"
#include "lib/text/imap_syntax.h"

namespace rookery::delivery {
namespace {

using backend::Backend;
using backend::Reply;
using backend::Talk;

constexpr size_t kMaxSearch = 1u << 20;

// What the server's NO means: for good only what it names as such.
Error refusal(const Backend& backend, const Reply& answer)
{
    const std::string_view text = answer.text();
    const std::string words = cat(backend.server(), ": ", answer.word, " ", text);
    const auto code = text::response_code(text);
    const std::string_view said = code ? code->text : text;
    if (answer.word == "BAD") return {Code::denied, words};
    if (code && (code->is("TRYCREATE") || code->is("NONEXISTENT"))) return {Code::not_found, words};
    if (code && code->is("OVERQUOTA")) return {Code::over_quota, words};
    if (code && (code->is("NOPERM") || code->is("CANNOT") || code->is("LIMIT")))
        return {Code::denied, words};
    if (said.starts_with("Permission denied")) return {Code::denied, words};
    if (said.starts_with("Mailbox does not exist")) return {Code::not_found, words};
    if (said.starts_with("Mailbox has been moved")) return {Code::moved, words};
    return {Code::unavailable, words};
}

Status accepted(const Backend& backend, const Reply& answer)
{
    return answer.word == "OK" ? success() : Status(refusal(backend, answer));
}

Status append_message(Backend& backend, const std::string& name, const Copy& copy,
                      const std::vector<std::string_view>& pieces, int64_t internaldate)
{
    uint64_t size = 0;
    for (std::string_view piece : pieces) size += piece.size();
    const bool is_murder = backend.has_capability_family("MUPDATE");
    std::string line =
        cat(is_murder ? "LOCALAPPEND " : "APPEND ", text::imap_astring(name),
            is_murder ? " \"\" (" : " (", model::system_flags_to_string(copy.flags.system));
    for (const std::string& keyword : copy.flags.keywords)
        cat_to(line, line.back() == '(' ? "" : " ", keyword);
    cat_to(line, ") \"",
           text::format_date_time({internaldate, text::local_zone_minutes(internaldate)}), "\" ");
    text::put_literal_head(line, size);
    Talk talk(backend);
    TRY(talk.send(line));
    TRY_ASSIGN(Reply answer, talk.next());
    if (answer.kind == Reply::Kind::continuation) {
        for (std::string_view piece : pieces) TRY(talk.send_more(piece));
        TRY(talk.send_more("\r\n"));
        TRY_ASSIGN(answer, talk.end());
    } else if (answer.word == "OK") {
        return Error{Code::syntax, "OK, and no message was sent"};
    }
    return accepted(backend, answer);
}

Result<bool> has_message(Backend& backend, const std::string& name, std::string_view id,
                         int64_t since)
{
    Talk talk(backend);
    TRY(talk.send(cat("EXAMINE ", text::imap_astring(name), "\r\n")));
    TRY_ASSIGN(const Reply examined, talk.end());
    TRY(accepted(backend, examined));
    backend.set_selected(true);
    // The server's clock and its day may be others.
    const std::string date = text::format_date_time({since - 2 * 86400, 0}).substr(0, 11);
    TRY(talk.send(
        cat("UID SEARCH SINCE ", trim(date), " HEADER Received ", text::imap_string(id), "\r\n")));
    bool found = false;
    TRY_ASSIGN(const Reply searched, talk.end([&](const Reply& reply) -> Status {
        if (reply.word != "SEARCH") return success();
        TRY_ASSIGN(const std::string whole, talk.replies().read_whole(reply, kMaxSearch));
        found = found || split_words(whole).size() > 2;
        return success();
    }));
    TRY(accepted(backend, searched));
    return found;
}

}  // namespace

RemoteCopies::RemoteCopies(const config::Config& config, Gate gate)
    : config_(config),
      gate_(std::move(gate)),
      idle_(config),
      health_(backend::Health::path(config), backend::Health::options(config))
{
}

template <class Talk>
auto RemoteCopies::with_server(const Copy& copy, const std::string& owner, const Talk& talk)
    -> decltype(talk(std::declval<backend::Backend&>(), std::string()))
{
    const model::Namespace names(mboxlist::namespace_options(config_), owner, owner.empty());
    const auto name = names.to_external(copy.entry.name);
    if (!name) return Error{Code::denied, "a name that its owner cannot say"};
    backend::BackendPool pool(config_, backend::imap_dialect(), &idle_, &health_);
    pool.set_user(owner);
    pool.set_gate(gate_);
    TRY_ASSIGN(Backend * backend, pool.get(copy.entry.server));
    auto done = talk(*backend, *name);
    const bool is_trouble = !done && (!backend->stream().ok() || backend->in_command());
    if (is_trouble) pool.drop(backend);
    pool.hand_on();
    if (is_trouble && done.error().code == Code::syntax)
        return Error{Code::unavailable, cat(copy.entry.server, ": ", done.error().text)};
    return done;
}

Status RemoteCopies::append(const Copy& copy, const std::string& owner,
                            const std::vector<std::string_view>& pieces, int64_t internaldate)
{
    return with_server(copy, owner, [&](Backend& backend, const std::string& name) {
        return append_message(backend, name, copy, pieces, internaldate);
    });
}

Result<bool> RemoteCopies::has(const Copy& copy, const std::string& owner, std::string_view id,
                               int64_t since)
{
    return with_server(copy, owner, [&](Backend& backend, const std::string& name) {
        return has_message(backend, name, id, since);
    });
}

}  // namespace rookery::delivery
