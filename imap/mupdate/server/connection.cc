// Commands and their replies. Login is in connection_login.cc.
#include "imap/mupdate/server/connection.h"

#include <algorithm>

#include "config.h"
#include "imap/model/mailbox_name.h"
#include "imap/mupdate/master/master_list.h"
#include "imap/mupdate/refusal.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/net/address.h"
#include "lib/stream/deflate_layer.h"
#include "lib/text/imap_syntax.h"

namespace rookery::mupdate {

namespace {

constexpr size_t kReadAtOnce = 16384;

std::unique_ptr<stream::Layer> make_bottom(Fd socket, stream::OutboxLayer*& outbox)
{
    auto made = std::make_unique<stream::OutboxLayer>(std::move(socket));
    outbox = made.get();
    return made;
}

}  // namespace

Connection::Connection(const ServerContext& context, Fd socket)
    : context_(context),
      stream_(make_bottom(std::move(socket), outbox_)),
      last_heard_(monotonic_now()),
      login_by_(last_heard_ + context.config.mupdate_login_timeout())
{
    stream_.set_timeout(Milliseconds(0));
    auto address = net::peer_address(stream_.fd());
    if (!address) return;
    remote_ = net::sasl_address(*address);
    host_ = net::to_string(*address);
}

Connection::~Connection()
{
    if (context_.listeners != nullptr) context_.listeners->remove(this, logged_out_);
}

void Connection::put_banner()
{
    std::string auth = "* AUTH";
    if (make_sasl()) {
        for (const std::string& mechanism : sasl_->mechanisms()) {
            auth += ' ';
            text::put_quoted(auth, mechanism);
        }
    }
    stream_.put(auth, "\r\n");
    if (context_.tls != nullptr && !tls_active_) stream_.put("* STARTTLS\r\n");
    if (!compressed_) stream_.put("* COMPRESS \"DEFLATE\"\r\n");
    stream_.put("* PARTIAL-UPDATE\r\n* CONDITIONAL-DELETE\r\n* FIGURES\r\n* RECOVERY\r\n"
                "* SERIAL-UPDATE\r\n* SERVER-STATES\r\n* STATUS\r\n");
    std::string line = "* OK MUPDATE ";
    text::put_quoted(line, context_.config.servername());
    line += " \"Rookery\" \"" PACKAGE_VERSION "\" ";
    text::put_quoted(line, context_.role);
    stream_.put(line, "\r\n");
}

// Answers to changes wait until they are durable; everything else that is said waits for them.
void Connection::settle()
{
    for (Deferred& reply : deferred_) {
        Status durable = reply.ticket != 0 ? context_.master->wait(reply.ticket) : success();
        std::string line;
        const bool ok = reply.ok && durable;
        mupdate::put_reply(line, reply.tag, ok ? "OK" : "NO",
                           durable ? reply.text : refusal_text(durable.error()));
        stream_.put(line);
    }
    deferred_.clear();
}

// True once for what is deferred now: others may join the commit before it is waited for.
bool Connection::has_to_commit()
{
    const bool durable = std::none_of(deferred_.begin(), deferred_.end(),
                                      [](const Deferred& d) { return d.ticket != 0; });
    committing_ = !durable && !committing_;
    return committing_;
}

void Connection::put_reply(std::string_view tag, std::string_view word, std::string_view text)
{
    settle();
    std::string line;
    mupdate::put_reply(line, tag, word, text);
    stream_.put(line);
}

void Connection::put_no(std::string_view tag, const Error& why)
{
    put_reply(tag, "NO", refusal_text(why));
}

Status Connection::flush()
{
    settle();
    return stream_.flush();
}

bool Connection::check(const Command& command)
{
    using When = VerbRow::When;
    const VerbRow& row = row_of(command.verb);
    const bool early = row.when == When::before_login || row.when == When::always;
    const bool late = row.when == When::streaming || row.when == When::always;
    std::string_view wrong;
    if (login_ != Login::done && !early)
        wrong = "Please login first";
    else if (command.arguments.size() < row.least)
        wrong = "Missing arguments";
    else if (command.arguments.size() > row.most)
        wrong = "Extra arguments";
    else if (task_ != Task::none && !late)
        wrong = "not legal when streaming";
    else if (row.who == VerbRow::Who::master && context_.master == nullptr)
        wrong = "read-only session";
    if (!wrong.empty()) {
        put_reply(command.tag, "BAD", wrong);
        return false;
    }
    if (row.use == VerbRow::Use::reading || access_ == Access::all) return true;
    log::warning("a reader of the list wanted to change it",
                 {{"host", host_}, {"by", caller_.identity}, {"command", row.word}});
    put_no(command.tag, {Code::denied, cat(caller_.identity, " may read only (mupdate_readers)")});
    return false;
}

void Connection::run_command(const Command& command)
{
    using Run = void (Connection::*)(const Command&);
    static constexpr Run kRuns[] = {
#define RK_VERB(verb, word, least, most, first, when, who, use, run) &Connection::run,
#include "imap/mupdate/server/verbs.def"
#undef RK_VERB
        &Connection::run_unknown,
    };
    if (check(command)) (this->*kRuns[static_cast<size_t>(command.verb)])(command);
}

void Connection::run_logout(const Command& command)
{
    put_reply(command.tag, "OK", "bye-bye");
    logged_out_ = true;
    closing_ = true;
}

void Connection::run_unknown(const Command& command)
{
    put_reply(command.tag, "BAD", "Unrecognized command");
}

void Connection::run_change(const Command& command)
{
    auto answer = context_.master->submit(command.verb, command.arguments, caller_);
    if (!answer.ok) answer.text = refusal_text({answer.code, answer.text});
    deferred_.push_back({command.tag, answer.ok, std::move(answer.text), answer.ticket});
    if (deferred_.size() >= kDeferred) settle();
}

void Connection::run_find(const Command& command)
{
    settle();
    const std::string& name = command.arguments[0];
    auto entry = context_.published.find(model::key_of_internal(name));
    if (entry) {
        std::string line;
        if (auto shown = shown_in_find(*entry, caller_)) {
            if (shown->active)
                put_mailbox(line, command.tag, name, shown->location, shown->acl);
            else
                put_reserve(line, command.tag, name, shown->location);
        }
        stream_.put(line);
    }
    put_reply(command.tag, "OK", "Search completed");
}

void Connection::begin_list(const Command& command)
{
    settle();
    task_ = Task::list;
    task_tag_ = command.tag;
    cursor_ = {};
    filter_ = {};
    if (!command.arguments.empty()) filter_.prefix = command.arguments[0];
}

void Connection::begin_update(const Command& command)
{
    settle();
    task_ = Task::update;
    task_tag_ = command.tag;
    cursor_ = {};
    filter_ = {{}, command.arguments};
    position_ = context_.published.serial();
    begin_following("whole list");
}

// SINCE epoch serial hosts...: UPDATE for whoever has the list as it was then.
void Connection::begin_since(const Command& command)
{
    auto epoch = to_number<uint64_t>(command.arguments[0]);
    auto serial = to_number<uint64_t>(command.arguments[1]);
    if (!epoch || !serial) return put_reply(command.tag, "BAD", "Badly formed arguments");
    settle();
    const Position at{*epoch, *serial};
    task_tag_ = command.tag;
    cursor_ = {};
    filter_ = {{}, {command.arguments.begin() + 2, command.arguments.end()}};
    // A list that may lack what the replica has: an administrator says whether it is the one.
    const Standing stands = standing({}, at);
    if (stands == Standing::other) {
        put_position(standing_word(stands));
        return put_no(task_tag_, never_there());
    }
    tells_positions_ = true;
    const bool recovering = stands == Standing::recovering;
    if (!recovering && context_.published.reaches_back_to(at)) {
        position_ = at.serial;
        put_position("changes");
        put_reply(task_tag_, "OK", "streaming starts");
        task_ = Task::streaming;
        return begin_following("changes");
    }
    position_ = context_.published.serial();
    // What is missing here may be what a server has not told yet.
    put_position(recovering ? standing_word(stands) : "list");
    task_ = Task::update;
    begin_following("whole list");
}

void Connection::begin_following(std::string_view how)
{
    log::notice("update",
                {{"host", host_}, {"by", caller_.identity}, {"serial", position_}, {"from", how}});
    if (context_.listeners == nullptr) return;
    context_.listeners->set(this, {caller_.identity, host_, position_, wall_seconds(), true,
                                   access_ == Access::all, figures_});
}

void Connection::put_position(std::string_view what)
{
    std::string line;
    put_data(line, task_tag_, "POSITION",
             {cat(context_.published.line().epoch), cat(position_), what});
    stream_.put(line);
    told_position_ = position_;
}

// SERVERS text: all of the table, to whoever is told positions.
void Connection::put_servers()
{
    std::string line;
    put_data(line, task_tag_, "SERVERS", {context_.servers.text(told_servers_)});
    stream_.put(line);
}

// SERVERSTATE server state [note]: an administrator's word.
void Connection::run_server_state(const Command& command)
{
    const auto state = model::server_state_of(command.arguments[1]);
    if (!state) return put_reply(command.tag, "BAD", "Badly formed arguments");
    settle();
    const std::string note = command.arguments.size() > 2 ? command.arguments[2] : std::string();
    if (auto set = context_.servers.set(command.arguments[0], *state, note); !set)
        return put_no(command.tag, set.error());
    log::notice("the state of a server", {{"server", command.arguments[0]},
                                          {"state", command.arguments[1]},
                                          {"note", note},
                                          {"by", caller_.identity}});
    put_reply(command.tag, "OK", "done");
}

std::string_view access_word(bool may_change)
{
    return may_change ? "all" : "read";
}

// STATUS: what there is to know, a line for each thing; the list's own first.
void Connection::run_status(const Command& command)
{
    settle();
    std::vector<StatusLine> lines = {
        {"server", context_.config.servername()},
        {"version", PACKAGE_VERSION},
        {"role", context_.role},
        {"epoch", cat(context_.published.line().epoch)},
        {"serial", cat(context_.published.serial())},
        {"entries", cat(context_.published.size())},
        {"access", std::string(access_word(access_ == Access::all))},
    };
    for (const auto& [server, count] : context_.published.count_by_server())
        lines.push_back({"holds", cat(count, ' ', server)});
    if (context_.figures) lines.push_back({"figures", context_.figures().text()});
    if (context_.listeners != nullptr)
        for (const Listener& l : context_.listeners->all()) {
            lines.push_back(
                {"listener", cat(l.identity, ' ', l.host.empty() ? "-" : l.host, ' ', l.serial, ' ',
                                 l.current_since, ' ', l.in_dump ? "list" : "stream")});
            std::string more(access_word(l.may_change));
            if (l.figures) cat_to(more, ' ', l.figures->text());
            lines.push_back({"follower", more});
        }
    if (context_.listeners != nullptr)
        for (const Listeners::Lost& l : context_.listeners->lost())
            lines.push_back({"lost", cat(l.identity, ' ', l.host.empty() ? "-" : l.host, ' ',
                                         wall_seconds() - l.since)});
    for (StatusLine& line : context_.servers.status()) lines.push_back(std::move(line));
    if (context_.status)
        for (StatusLine& line : context_.status()) lines.push_back(std::move(line));
    std::string out;
    for (const StatusLine& line : lines)
        put_data(out, command.tag, "STATUS", {line.key, line.value});
    stream_.put(out);
    put_reply(command.tag, "OK", "status complete");
}

void Connection::run_accept_deletes(const Command& command)
{
    if (!context_.accept_deletes)
        return put_no(command.tag,
                      {Code::unsupported, "this is the master: it holds nothing back"});
    log::notice("held removals are accepted", {{"by", caller_.identity}});
    if (context_.accept_deletes()) return put_reply(command.tag, "OK", "done");
    put_no(command.tag, {Code::not_found, "no removals are held back"});
}

// FIGURES version free certificate sessions server: a NOOP by which the client tells of itself.
void Connection::run_figures(const Command& command)
{
    auto figures = ServerFigures::parse(command.arguments);
    if (!figures) return put_reply(command.tag, "BAD", "Badly formed arguments");
    figures_ = *std::move(figures);
    if (context_.listeners != nullptr) context_.listeners->told(this, *figures_);
    run_noop(command);
}

void Connection::run_noop(const Command& command)
{
    // While streaming, only after every change that was there before it.
    if (task_ == Task::streaming)
        noops_.push_back(command.tag);
    else
        put_reply(command.tag, "OK", "Noop done");
}

void Connection::run_compress(const Command& command)
{
    if (compressed_) return put_no(command.tag, {Code::exists, "DEFLATE active via COMPRESS"});
    if (!equal_nocase(command.arguments[0], "DEFLATE"))
        return put_no(command.tag, {Code::unsupported, "Unknown COMPRESS algorithm"});
    settle();
    if (!in_.empty()) {
        closing_ = true;
        return;
    }
    stream_.put(command.tag, " OK DEFLATE active\r\n");
    compressed_ = true;
    if (!stream_.push_layer([](std::unique_ptr<stream::Layer> below) {
            return stream::deflate_layer(std::move(below));
        }))
        closing_ = true;
}

Connection::Wants Connection::run_dump()
{
    std::string lines;
    for (size_t chunks = 0; !cursor_.done; ++chunks) {
        if (chunks == kChunksAtOnce) return Wants::again;
        lines.clear();
        context_.published.dump(cursor_, filter_, task_tag_, lines, kChunk);
        if (cursor_.failed) return Wants::close;
        stream_.put(lines);
        if (lines.empty()) continue;
        if (!flush()) return Wants::close;
        if (!cursor_.done && held() > 0) return Wants::output;
    }
    if (task_ == Task::list) {
        if (filter_.prefix.size() > 1 && filter_.prefix.ends_with('!')) {
            caller_.listed_server = filter_.prefix.substr(0, filter_.prefix.size() - 1);
            caller_.deletes = 0;
            caller_.deletes_allowed = context_.max_deletes.allowed(cursor_.lines);
        }
        task_ = Task::none;
        put_reply(task_tag_, "OK", "list complete");
    } else {
        task_ = Task::streaming;
        put_reply(task_tag_, "OK", "streaming starts");
    }
    return Wants::input;
}

Connection::Wants Connection::run_stream()
{
    if (tells_positions_ && told_servers_ != context_.servers.version()) put_servers();
    for (;;) {
        std::string lines;
        auto got = context_.published.stream(position_, filter_, task_tag_, lines, kChunk);
        if (got == ServedList::Streamed::lost) {
            log::warning("a listener is too far behind: it has to begin again",
                         {{"host", host_}, {"by", caller_.identity}});
            return Wants::close;
        }
        stream_.put(lines);
        if (got == ServedList::Streamed::current) break;
        if (!flush()) return Wants::close;
        if (held() > 0) return Wants::output;
    }
    if (tells_positions_ && told_position_ != position_) put_position("current");
    if (context_.listeners != nullptr) context_.listeners->moved(this, position_);
    for (const std::string& tag : noops_) put_reply(tag, "OK", "Noop done");
    noops_.clear();
    return Wants::input;
}

Connection::Wants Connection::run_task()
{
    if (task_ == Task::list || task_ == Task::update) {
        Wants wants = run_dump();
        if (wants != Wants::input) return wants;
    }
    return task_ == Task::streaming ? run_stream() : Wants::input;
}

// Runs one command of what has arrived; false if there is none.
bool Connection::run_input()
{
    if (login_ == Login::exchange || login_ == Login::last_word) {
        size_t end = in_.find('\n');
        if (end == std::string::npos) {
            closing_ |= in_.size() > kMaxString;
            return false;
        }
        std::string line = in_.substr(0, end);
        if (line.ends_with('\r')) line.pop_back();
        in_.erase(0, end + 1);
        auth_line(line);
        return true;
    }
    Parsed parsed = parse_command(in_);
    switch (parsed.kind) {
        case Parsed::Kind::incomplete: return false;
        case Parsed::Kind::go_ahead:
            if (announced_ == parsed.position) return false;
            announced_ = parsed.position;
            settle();
            stream_.put("+ go ahead\r\n");
            return false;
        case Parsed::Kind::fatal: closing_ = true; [[fallthrough]];
        case Parsed::Kind::bad: put_reply(parsed.command.tag, "BAD", parsed.reply); break;
        case Parsed::Kind::command: break;
    }
    in_.erase(0, parsed.position);
    announced_ = 0;
    if (parsed.kind == Parsed::Kind::command) run_command(parsed.command);
    return true;
}

Connection::Wants Connection::read_more(bool& got)
{
    got = false;
    auto there = stream_.wait_input(Deadline::after(Milliseconds(0)));
    if (!there) return Wants::close;
    if (!*there) return Wants::input;
    char bytes[kReadAtOnce];
    auto n = stream_.read_some(bytes);
    if (!n || *n == 0) return Wants::close;
    in_.append(bytes, *n);
    last_heard_ = monotonic_now();
    if (login_ != Login::done && (before_login_ += *n) > kBeforeLogin)
        give_up_login("too much before a login");
    got = true;
    return Wants::input;
}

bool Connection::may_run() const
{
    return !closing_ && !handshaking_ && !reply_waits_ && noops_.empty() && held() <= kHeld &&
           (task_ == Task::none || task_ == Task::streaming);
}

// None: something has begun that is gone on with at once. Changes that came together are answered
// together; a dump or a wait begins at once.
std::optional<Connection::Wants> Connection::run_what_came()
{
    if (reply_waits_) {
        if (monotonic_now() < reply_at_) return Wants::time;
        reply_waits_ = false;
        put_no(auth_tag_, {Code::denied, reply_text_});
    }
    Wants wants = run_task();
    if (wants != Wants::input) return wants;
    while (may_run() && run_input()) {
    }
    const bool begins = reply_waits_ || !noops_.empty() || task_ == Task::list ||
                        task_ == Task::update || closing_ || handshaking_;
    if (begins) return std::nullopt;
    return has_to_commit() ? Wants::commit : Wants::input;
}

Connection::Wants Connection::turn()
{
    if (!greeted_) {
        greeted_ = true;
        put_banner();
    }
    if (login_ != Login::done && monotonic_now() >= login_by_) give_up_login("no login in time");
    for (int reads = 0;;) {
        if (!flush()) return Wants::close;
        if (held() > 0) return Wants::output;
        if (closing_) {
            stream_.close();
            return Wants::close;
        }
        if (handshaking_) {
            if (!handshake()) return Wants::close;
            if (handshaking_) return held() > 0 ? Wants::output : Wants::input;
        }
        const std::optional<Wants> wants = run_what_came();
        if (!wants) continue;
        if (*wants != Wants::input) return *wants;
        if (!flush()) return Wants::close;
        if (held() > 0) return Wants::output;
        if (++reads > kReads) return Wants::again;
        bool got = false;
        if (read_more(got) == Wants::close) return Wants::close;
        if (!got) return Wants::input;
    }
}

void Connection::give_up_login(std::string_view why)
{
    log::info("a connection without a login ends", {{"host", host_}, {"reason", why}});
    if (!handshaking_) put_reply("*", "BYE", why);
    closing_ = true;
}

MonotonicTime Connection::expires() const
{
    if (login_ != Login::done) return login_by_;
    if (held() > 0) return outbox_->progress() + kUnread;
    return last_heard_ + kIdle;
}

void Connection::expire()
{
    if (login_ != Login::done) {
        give_up_login("no login in time");
        if (flush() && held() == 0) stream_.close();
    } else if (held() > 0) {
        log::warning(
            "dropped a client that does not read",
            {{"host", host_}, {"by", caller_.identity}, {"listens", task_ != Task::none ? 1 : 0}});
    }
}

void Connection::say_goodbye()
{
    // A listener must not take a BYE for the end of a dump: it gets nothing.
    if (task_ == Task::none && greeted_ && !handshaking_ && stream_.ok()) {
        settle();
        stream_.put("* BYE \"shutting down\"\r\n");
        if (stream_.flush()) stream_.close();
    }
    closing_ = true;
}

}  // namespace rookery::mupdate
