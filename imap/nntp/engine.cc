// The loop of a session of NNTP, and what does each verb.
#include "imap/nntp/engine.h"

#include <algorithm>

#include "imap/nntp/reply.h"
#include "imap/session/client_wait.h"
#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/service/counters.h"
#include "lib/service/scoreboard.h"

namespace rookery::nntp {
namespace {

constexpr Milliseconds kRestAfter(500);
constexpr size_t kMaxSkip = 1 << 20;  // of a line that is too long

}  // namespace

struct Engine::Row {
    std::string_view name;
    std::string_view keyword;
    void (Engine::*run)(const Command& command);
};

Engine::Engine(Parts parts)
    : config_(parts.config),
      kit_(parts.kit),
      client_(parts.client),
      directory_(parts.directory),
      newsgroups_(parts.newsgroups),
      backends_(parts.backends),
      articles_(parts.articles),
      store_(parts.local.store),
      reads_(parts.reads),
      feeds_(parts.feeds),
      relay_(parts.backends, parts.client),
      poster_(parts.config, parts.kit, parts.directory, parts.newsgroups, parts.articles,
              parts.mail, std::move(parts.local), std::move(parts.changes), parts.feed)
{
    anonymous_.userid = "anonymous";
    client_.set_timeout(config_.nntptimeout());
}

void Engine::run()
{
    if (auto down = kit_.shutdown_text()) return end_session(400, *down);
    greet();
    while (!ended_ && client_.ok() && wait_for_command()) one_command();
    session::SessionKit::count_traffic(client_);
    if (auto why = session::SessionKit::why_given_up(client_)) client_.last_word(reply(400, *why));
    selected_.reset();
    relay_.keep("");
    backends_.hand_on();
    backends_.drop_all();
    if (client_.ok()) client_.close();
}

void Engine::say(int code, std::string_view text)
{
    client_.put(reply(code, text));
}

void Engine::end_session(int code, std::string_view text)
{
    say(code, text);
    if (auto flushed = client_.flush(); !flushed)
        log::info("client is gone", {{"reason", flushed.error()}});
    ended_ = true;
}

// False when the session is over. Pipelined commands are answered together.
bool Engine::wait_for_command()
{
    session::SessionKit::count_traffic(client_);
    if (who_ || config_.allowanonymouslogin())
        client_.set_deadline(Deadline::after(client_.timeout()).or_told_to_end());
    if (client_.has_input() && !signals::terminate_pending()) return true;
    if (!client_.flush()) return false;
    service::scoreboard::set_state("idle");
    session::Wait wait;
    wait.alarm = Deadline::after(kRestAfter).min(backends_.close_idle());
    wait.in_session = who_.has_value() || selected_.has_value();
    for (;;) {
        wait.idle = client_.wait_deadline();
        switch (session::wait_for_client(kit_, client_, wait)) {
            case session::Woken::client: return true;
            case session::Woken::gone: return false;
            case session::Woken::told_to_end:
                end_session(400, "Server is going down");
                return false;
            case session::Woken::come_again: end_session(400, session::kComeAgain); return false;
            case session::Woken::idle:
                end_session(400, "Disconnected for inactivity");
                return false;
            case session::Woken::other: break;
            case session::Woken::alarm:
                if (!wait.alarm.passed()) break;
                client_.release_buffers();
                if (selected_ && selected_->here) selected_->here->rest();
                wait.alarm = backends_.close_idle();
                break;
        }
    }
}

void Engine::one_command()
{
    auto line = client_.read_line(session::kMaxSaslLine);
    if (line.is(Code::limit) && client_.ok()) {
        if (!client_.skip_line(kMaxSkip)) return end_session(501, "The line is too long");
        return bad(Error{Code::limit, "The line is too long"});
    }
    if (!line) return;
    if (auto down = kit_.shutdown_text()) return end_session(400, *down);
    const auto command = parse(*line);
    if (!command) return bad(command.error());
    if (command->verb == nullptr) return bad(Error{Code::unsupported, "No such command"});
    if (!may(*command->verb)) return;
    errors_ = 0;
    service::counters::add(service::counters::Kind::commands);
    service::scoreboard::set_state(command->verb->name);
    const service::counters::Timed timed;
    dispatch(*command);
}

bool Engine::may(const Verb& verb)
{
    if ((verb.side == Side::reader && !reads_) || (verb.side == Side::feeder && !feeds_)) {
        say(502, reads_ ? "This server takes no feeds" : "This server is for feeds alone");
        return false;
    }
    if (verb.needs == Needs::user && !who_ && !config_.allowanonymouslogin()) {
        say(480, "Authentication required");
        return false;
    }
    return true;
}

// Is the article, or the group that it is of, to be looked for at other servers?
bool Engine::relays(const Command& command) const
{
    switch (command.verb->at) {
        case At::client: return false;
        case At::group: break;
        case At::article: {
            // HDR has the article behind the field.
            const auto& words = command.words;
            if (!words.empty() && words.back().starts_with('<'))
                return store_ == nullptr || (selected_ && !selected_->here);
            break;
        }
    }
    return selected_ && !selected_->here;
}

void Engine::dispatch(const Command& command)
{
    if (relays(command)) {
        const bool by_id = !command.words.empty() && command.words.back().starts_with('<');
        return by_id ? pass_article(command) : pass_to_group(command);
    }
    static constexpr Row kTable[] = {
        {"ARTICLE", "", &Engine::article},
        {"AUTHINFO", "PASS", &Engine::authinfo_pass},
        {"AUTHINFO", "SASL", &Engine::authinfo_sasl},
        {"AUTHINFO", "USER", &Engine::authinfo_user},
        {"BODY", "", &Engine::body},
        {"CAPABILITIES", "", &Engine::capabilities},
        {"CHECK", "", &Engine::check},
        {"COMPRESS", "", &Engine::compress},
        {"DATE", "", &Engine::date},
        {"GROUP", "", &Engine::group},
        {"HDR", "", &Engine::hdr},
        {"HEAD", "", &Engine::head},
        {"HELP", "", &Engine::help},
        {"IHAVE", "", &Engine::ihave},
        {"LAST", "", &Engine::last},
        {"LIST", "", &Engine::list_active},
        {"LIST", "ACTIVE", &Engine::list_active},
        {"LIST", "ACTIVE.TIMES", &Engine::list_active_times},
        {"LIST", "COUNTS", &Engine::list_counts},
        {"LIST", "HEADERS", &Engine::list_headers},
        {"LIST", "MOTD", &Engine::list_motd},
        {"LIST", "NEWSGROUPS", &Engine::list_newsgroups},
        {"LIST", "OVERVIEW.FMT", &Engine::list_overview_fmt},
        {"LISTGROUP", "", &Engine::listgroup},
        {"MODE", "READER", &Engine::mode_reader},
        {"MODE", "STREAM", &Engine::mode_stream},
        {"NEWGROUPS", "", &Engine::newgroups},
        {"NEWNEWS", "", &Engine::newnews},
        {"NEXT", "", &Engine::next},
        {"OVER", "", &Engine::over},
        {"POST", "", &Engine::post},
        {"QUIT", "", &Engine::quit},
        {"STARTTLS", "", &Engine::starttls},
        {"STAT", "", &Engine::stat},
        {"TAKETHIS", "", &Engine::takethis},
        {"X-SESSION", "", &Engine::session},
        {"XHDR", "", &Engine::xhdr},
        {"XOVER", "", &Engine::over},
        {"XPAT", "", &Engine::xpat},
    };
    const auto* row = std::find_if(std::begin(kTable), std::end(kTable), [&](const Row& r) {
        return r.name == command.verb->name && r.keyword == command.verb->keyword;
    });
    (this->*row->run)(command);
}

// What the client said was no command of ours.
void Engine::bad(const Error& error)
{
    if (!client_.ok()) return;
    service::counters::add(service::counters::Kind::command_failures);
    if (++errors_ >= kMaxErrors) return end_session(400, "Too many errors");
    say(error.code == Code::unsupported ? 500 : 501, error.text);
}

void Engine::refuse(const Error& error)
{
    service::counters::add(service::counters::Kind::command_failures);
    if (is_trouble(error.code))
        log::warning("a command failed", {{"user", who().userid}, {"reason", error}});
    // Somebody may read it.
    if (error.code == Code::denied && !who_) return say(480, "Authentication required");
    client_.put(error_reply(error));
}

}  // namespace rookery::nntp
