#include "imap/sync/client.h"

#include <algorithm>
#include <array>

#include "imap/sync/services.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::sync {

namespace {

constexpr size_t kMaxLine = 65536;
constexpr std::array<std::string_view, 8> kAnswers = {
    "MAILBOX", "QUOTA", "SEEN", "LSUB", "SIEVE", "ANNOTATION", "MISSING", "ENABLED"};

// A response up to the end of its first word, and no further.
Result<std::string> take_word(stream::Stream& from)
{
    std::string word;
    for (;;) {
        TRY_ASSIGN(const char c, from.peek());
        if (c == ' ' || c == '\r' || c == '\n') return word;
        if (word.size() > 256) return Error{Code::syntax, "a response that is none"};
        word += c;
        from.consume(1);
    }
}

}  // namespace

Result<std::unique_ptr<SyncClient>> SyncClient::connect(const config::Config& config,
                                                        const std::string& server)
{
    TRY_ASSIGN(auto backend,
               backend::Backend::connect(config, backend::imap_dialect(), server, {}));
    if (!backend->has_capability("X-REPLICATION"))
        return Error{Code::unsupported, cat(server, " does not offer replication to ",
                                            config.proxy_authname(), ": is that an admin there?")};
    return std::unique_ptr<SyncClient>(new SyncClient(std::move(backend)));
}

SyncClient::~SyncClient()
{
    backend_->logout();
}

void SyncClient::begin(std::string_view verb, std::string_view name)
{
    tag_ = backend_->next_tag();
    stream().put(tag_, ' ', verb);
    if (!name.empty()) stream().put(' ', name, ' ');
}

Status SyncClient::untagged(const OnAnswer& on_answer, const DlistReader::RecordHook& on_record)
{
    stream::Stream& from = stream();
    TRY(from.get());  // the space
    TRY_ASSIGN(const std::string name, take_word(from));
    if (std::find(kAnswers.begin(), kAnswers.end(), name) == kAnswers.end()) {
        TRY_ASSIGN(const std::string rest, from.read_line(kMaxLine));
        if (name == "BYE") return Error{Code::closed, cat("BYE", rest)};
        return success();
    }
    DlistReader reader(from, false);
    if (on_record) reader.on_record(on_record);
    TRY(reader.space());
    TRY_ASSIGN(const Dlist value, reader.value());
    TRY(reader.end_of_line());
    return on_answer ? on_answer(name, value) : success();
}

Status SyncClient::reconnect(const config::Config& config)
{
    TRY_ASSIGN(const auto again, connect(config, backend_->server()));
    backend_.swap(again->backend_);
    return success();
}

Status SyncClient::finish(const OnAnswer& on_answer, DlistReader::RecordHook on_record)
{
    stream::Stream& peer = stream();
    peer.put("\r\n");
    TRY(peer.flush());
    // What the caller makes of one answer does not end the conversation.
    Status taken = success();
    for (;;) {
        TRY_ASSIGN(const std::string word, take_word(peer));
        if (word == "*") {
            Status done = untagged(on_answer, on_record);
            if (!peer.ok()) return peer.status();
            if (done.is(Code::closed)) return done;
            if (!done && taken) taken = std::move(done);
            continue;
        }
        TRY_ASSIGN(std::string line, peer.read_line(kMaxLine));
        if (word != tag_) return Error{Code::syntax, cat("a tag that was not asked for: ", word)};
        const std::string_view text = trim(line);
        if (starts_with_nocase(text, "OK")) return taken;
        if (starts_with_nocase(text, "NO ")) return parse_sync_response(text.substr(3));
        return Error{Code::unsupported, std::string(text)};
    }
}

Status SyncClient::get(std::string_view name, std::string_view value, const OnAnswer& on_answer,
                       DlistReader::RecordHook on_record)
{
    begin("SYNCGET", name);
    stream().put(value);
    return finish(on_answer, std::move(on_record));
}

Status SyncClient::apply(std::string_view name, std::string_view value, const OnAnswer& on_answer)
{
    begin("SYNCAPPLY", name);
    stream().put(value);
    return finish(on_answer);
}

Status SyncClient::restart()
{
    begin("SYNCRESTART", "");
    return finish();
}

Status SyncClient::push(std::string_view external_name)
{
    begin("MUPDATEPUSH", "");
    std::string name = " ";
    text::put_literal(name, external_name, text::LiteralForm::plus);
    stream().put(name);
    return finish();
}

}  // namespace rookery::sync
