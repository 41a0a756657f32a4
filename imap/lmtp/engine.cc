// The loop of an LMTP session and its command table.
#include "imap/lmtp/engine.h"

#include "imap/lmtp/grammar.h"
#include "imap/session/client_wait.h"
#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/service/counters.h"
#include "lib/service/scoreboard.h"

namespace rookery::lmtp {
namespace {

// A line that is too long is skipped up to here; beyond, the session ends.
constexpr size_t kMaxSkip = 16 << 20;

}  // namespace

struct Engine::Row {
    std::string_view verb;
    bool needs_lhlo;
    bool takes_arguments;
    void (Engine::*run)(std::string_view arguments);
};

Engine::Engine(Parts parts)
    : config_(parts.config),
      kit_(parts.kit),
      client_(parts.client),
      store_(parts.local.store),
      backends_(parts.backends),
      preauthenticated_(parts.preauthenticated || parts.kit.client().is_unix),
      recipients_(parts.config, parts.directory, parts.make_user),
      delivery_(parts.config, parts.directory, recipients_, parts.backends, std::move(parts.local))
{
    client_.set_timeout(config_.lmtptxn_timeout());
    // The connections are those of the process; who asks for them now is not known yet.
    backends_.set_relayed(false);
}

void Engine::run()
{
    if (auto down = kit_.shutdown_text()) {
        end_session(421, cat("4.3.2 ", *down));
        return;
    }
    std::string name = kit_.greeting_name();
    say(220, cat(name, name.empty() ? "" : " ", "server ready"));
    while (!ended_ && client_.ok() && wait_for_command()) one_command();
    session::SessionKit::count_traffic(client_);
    if (auto why = session::SessionKit::why_given_up(client_))
        client_.last_word(cat("421 4.4.2 ", *why, "\r\n"));
    if (client_.ok()) client_.close();
}

void Engine::end_session(int code, std::string text)
{
    say(code, std::move(text));
    if (auto flushed = client_.flush(); !flushed)
        log::info("client is gone", {{"reason", flushed.error()}});
    ended_ = true;
}

// A line of a command has its time as a whole, whatever comes of it; before the login the kit's
// counts.
void Engine::give_command_time()
{
    if (authenticated()) client_.set_deadline(Deadline::after(client_.timeout()).or_told_to_end());
}

// False when the session is over. What was collected goes out before a wait (RFC 2920).
bool Engine::wait_for_command()
{
    session::SessionKit::count_traffic(client_);
    give_command_time();
    if (client_.has_input() && !signals::terminate_pending()) return true;
    if (!client_.flush()) return false;
    client_.release_buffers();
    service::scoreboard::set_state("idle");
    session::Wait wait;
    wait.idle = client_.wait_deadline();
    wait.in_session = transaction_.has_value();
    for (;;) {
        switch (session::wait_for_client(kit_, client_, wait)) {
            case session::Woken::client: return true;
            case session::Woken::gone: return false;
            case session::Woken::told_to_end:
                end_session(421, "4.3.2 Server is going down");
                return false;
            case session::Woken::come_again: come_again(); return false;
            case session::Woken::idle: end_session(421, "4.4.2 Idle for too long"); return false;
            case session::Woken::other:
            case session::Woken::alarm: break;
        }
    }
}

void Engine::come_again()
{
    end_session(421, cat("4.3.2 ", session::kComeAgain));
}

// Between two transactions, in a process whose template was replaced.
bool Engine::ends_with_template()
{
    if (transaction_ || !kit_.session_due().passed()) return false;
    come_again();
    return true;
}

void Engine::one_command()
{
    static constexpr Row kTable[] = {
        {"LHLO", false, true, &Engine::lhlo},         {"MAIL", false, true, &Engine::mail},
        {"RCPT", false, true, &Engine::rcpt},         {"DATA", false, false, &Engine::data},
        {"RSET", false, false, &Engine::rset},        {"NOOP", false, true, &Engine::noop},
        {"VRFY", false, true, &Engine::vrfy},         {"QUIT", false, false, &Engine::quit},
        {"STARTTLS", true, false, &Engine::starttls}, {"AUTH", true, true, &Engine::auth},
    };
    auto line = client_.read_line(kMaxAuthLine);
    if (!line) {
        if (line.is(Code::limit) && client_.skip_line(kMaxSkip))
            refuse(Error{Code::limit, "5.5.2 Line too long"});
        else if (client_.ok())
            end_session(500, "5.5.2 Line too long");
        return;
    }
    if (auto down = kit_.shutdown_text()) {
        end_session(421, cat("4.3.2 ", *down));
        return;
    }
    service::counters::add(service::counters::Kind::commands);
    const service::counters::Timed timed;
    CommandLine command = split_command(*line);
    if (line->size() > kMaxLine && command.verb != "AUTH")
        return refuse(Error{Code::limit, "5.5.2 Line too long"});
    for (const Row& row : kTable) {
        if (row.verb != command.verb) continue;
        service::scoreboard::set_state(row.verb);
        if (row.needs_lhlo && helo_.empty()) return say(503, "5.5.1 Say LHLO first");
        if (!row.takes_arguments && !command.arguments.empty())
            return say(501, "5.5.4 No arguments here");
        (this->*row.run)(command.arguments);
        return;
    }
    refuse(Error{Code::syntax, "5.5.2 Syntax error"});
}

void Engine::say(const Reply& r)
{
    if (r.code < 500) errors_ = 0;
    if (r.code >= 400) service::counters::add(service::counters::Kind::command_failures);
    client_.put(r.to_string());
}

void Engine::refuse(const Error& error)
{
    if (++errors_ >= kMaxErrors) return end_session(421, "4.7.0 Too many errors");
    client_.put("500 ", error.text, "\r\n");
}

void Engine::forget_transaction()
{
    transaction_.reset();
}

void Engine::lhlo(std::string_view arguments)
{
    auto domain = parse_domain(arguments);
    if (!domain) return say(501, "5.5.4 LHLO needs a domain");
    forget_transaction();
    helo_ = *domain;
    greeted_ = true;
    Reply r;
    r.lines = {config_.servername(), "8BITMIME", "ENHANCEDSTATUSCODES", "PIPELINING"};
    r.lines.push_back(config_.maxmessagesize() > 0 ? cat("SIZE ", max_size())
                                                   : std::string("SIZE"));
    if (!preauthenticated_ && kit_.can_starttls() && !logged_in_) r.lines.emplace_back("STARTTLS");
    if (preauthenticated_) {
        r.lines.emplace_back("AUTH EXTERNAL");
    } else if (!logged_in_) {
        std::string names;
        for (const std::string& name : kit_.mechanisms()) cat_to(names, ' ', name);
        if (!names.empty()) r.lines.push_back(cat("AUTH", names));
    }
    r.lines.emplace_back("IGNOREQUOTA");
    r.lines.push_back(cat("Ok SESSIONID=<", kit_.session_id(), ">"));
    say(r);
}

void Engine::rset(std::string_view)
{
    forget_transaction();
    if (ends_with_template()) return;
    say(250, cat("2.0.0 Ok SESSIONID=<", kit_.session_id(), ">"));
}

void Engine::noop(std::string_view)
{
    say(250, "2.0.0 ok");
}

void Engine::vrfy(std::string_view)
{
    say(252, "2.5.2 Send some mail, it will be tried");
}

void Engine::quit(std::string_view)
{
    end_session(221, "2.0.0 bye");
}

void Engine::starttls(std::string_view)
{
    if (preauthenticated_ || !kit_.can_starttls())
        return say(502, "5.5.1 TLS is not possible here");
    if (logged_in_ || transaction_) return say(503, "5.5.1 Not now");
    say(220, "2.0.0 Begin TLS negotiation now");
    if (!client_.flush() || !kit_.start_tls(client_)) {
        ended_ = true;
        client_.fail(Error{Code::closed, "no TLS"});
        return;
    }
    helo_.clear();
    greeted_ = false;
}

uint64_t Engine::max_size() const
{
    // IMAP counts sizes in 32 bits.
    constexpr uint64_t kMost = UINT32_MAX - 65536;
    if (config_.maxmessagesize() <= 0) return kMost;
    return std::min(kMost, static_cast<uint64_t>(config_.maxmessagesize()) * 1024);
}

}  // namespace rookery::lmtp
