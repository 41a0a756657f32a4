#include "imap/nntp/poster.h"

#include <algorithm>

#include "imap/mboxlist/namespace_options.h"
#include "imap/model/namespace.h"
#include "imap/session/data_reader.h"
#include "lib/auth/sasl_server.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_date.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::nntp {
namespace {

// How long an article is waited for that another server is sending at the moment.
constexpr Seconds kSameArticle{30};
constexpr std::string_view kTail = "not-for-mail";

// What is this server's trouble is for now; a group that is not here any more was lost meanwhile.
Error as_trouble(const Error& error)
{
    if (error.code == Code::no_space || error.code == Code::over_quota) return error;
    return Error{Code::unavailable, error.text};
}

bool adds(const config::Config& config, std::string_view what)
{
    const auto& added = config.newsaddheaders();
    return !config.newspostuser().empty() &&
           std::find(added.begin(), added.end(), what) != added.end();
}

}  // namespace

Poster::Poster(const config::Config& config, session::SessionKit& kit,
               mboxlist::Directory& directory, const mboxlist::Newsgroups& newsgroups,
               delivery::Articles& articles, backend::BackendPool& servers, delivery::Local local,
               GroupChanges changes, Feed* feed)
    : config_(config),
      kit_(kit),
      newsgroups_(newsgroups),
      articles_(articles),
      store_(local.store),
      feed_(feed),
      control_(config, directory, newsgroups, articles, local.store, std::move(changes)),
      recipients_(config, directory),
      delivery_(config, directory, recipients_, servers, std::move(local))
{
}

Poster::Wish Poster::wants(std::string_view message_id)
{
    const Wish wish = claim(message_id);
    let_go();
    return wish;
}

Poster::Wish Poster::claim(std::string_view message_id)
{
    let_go();
    held_ = articles_.hold(std::string(message_id));
    if (articles_.is_taken(message_id)) {
        let_go();
        return Wish::no;
    }
    return held_ ? Wish::yes : Wish::later;
}

Result<Poster::Incoming> Poster::read(stream::Stream& client)
{
    const uint64_t limit = max_article_size(config_);
    Incoming incoming{std::make_unique<delivery::SpooledMessage>(config_.temp_path())};
    session::DataReader reader([&](std::string_view piece) {
        // Its time is that of each wait, as long as something comes.
        client.set_deadline(Deadline::after(client.timeout()).or_told_to_end());
        incoming.size += piece.size();
        if (incoming.status && incoming.size > limit)
            incoming.status = Error{Code::limit, "The article is too large"};
        if (incoming.status) incoming.status = incoming.spool->write(piece);
    });
    if (const Status done = reader.read(client); !done)
        return Error{Code::closed, done.error().text};
    return incoming;
}

std::string Poster::new_message_id()
{
    // Unique by the session, which begins with the server's name, and the clock.
    std::string_view session = kit_.session_id();
    session.remove_prefix(config_.servername().size() + 1);
    return cat("<rookery-", monotonic_now().time_since_epoch().count(), '-', session, '-',
               ++posted_, '@', auth::host_of(config_.servername()), ">");
}

std::string Poster::address_of(std::string_view user, const model::MailboxName& mailbox) const
{
    const model::Namespace names(mboxlist::namespace_options(config_), {}, true);
    return cat(user, '+', names.to_external(mailbox).value_or(mailbox.internal()));
}

std::string Poster::addresses_of(const std::vector<std::string>& groups) const
{
    std::string list;
    for (const std::string& group : groups) {
        const auto mailbox = newsgroups_.mailbox_of(group);
        if (!mailbox) continue;
        cat_to(list, list.empty() ? "" : ", ", address_of(config_.newspostuser(), *mailbox), '@',
               config_.servername());
    }
    return list;
}

std::string Poster::path_of(const ArticleHeader& header, Source source) const
{
    return cat("Path: ", config_.servername(), '!', source == Source::poster ? ".POSTED!" : "",
               header.path.empty() ? kTail : std::string_view(header.path), "\r\n");
}

// The fields that a server changes or adds (RFC 5537 3.2.1, newsaddheaders), folded where that is
// needed.
std::string Poster::front_of(const ArticleHeader& header, Source source) const
{
    std::string front = path_of(header, source);
    const auto add = [&](std::string_view name, const std::string& own, const std::string& more) {
        if (more.empty()) return;
        cat_to(front, name, ": ", own, own.empty() ? "" : ",\r\n\t", more, "\r\n");
    };
    if (adds(config_, "to")) add("To", header.to, addresses_of(header.groups));
    if (adds(config_, "replyto"))
        add("Reply-To", header.reply_to,
            addresses_of(header.followup_groups.empty() ? header.groups : header.followup_groups));
    return front;
}

Result<std::vector<delivery::Recipient>> Poster::recipients_of(
    const std::vector<std::string>& groups, const auth::Identity& who)
{
    std::vector<delivery::Recipient> all;
    Error why{Code::not_found, "There is no such newsgroup here"};
    for (const std::string& group : groups) {
        auto mailbox = newsgroups_.mailbox_of(group);
        if (!mailbox) continue;
        auto recipient =
            recipients_.resolve(*mailbox, address_of(config_.postuser(), *mailbox), who);
        if (recipient && !recipient->server.empty() && who.relayed)
            recipient = Error{Code::moved, cat("it is at ", recipient->server)};
        if (recipient) {
            all.push_back(*std::move(recipient));
            continue;
        }
        if (recipient.is(Code::not_found) || recipient.is(Code::bad_name)) continue;
        if (!recipient.is(Code::denied)) return as_trouble(recipient.error());
        why = Error{Code::denied, "You may not post to that newsgroup"};
    }
    if (all.empty()) return why;
    return all;
}

// A control message lies in the first group for its kind that there is, not in those that it names.
Result<std::vector<delivery::Recipient>> Poster::recipients_of(const ArticleHeader& header,
                                                               const auth::Identity& who)
{
    if (!header.control.empty()) {
        for (const std::string& group : control_groups(header.control)) {
            auto there = recipients_of(std::vector<std::string>{group}, who);
            if (!there.is(Code::not_found)) return there;
        }
    }
    return recipients_of(header.groups, who);
}

// On the partition of the first group that is here, so that its mailbox can link it.
Result<std::unique_ptr<mailbox::StagedMessage>> Poster::stage(
    const std::vector<delivery::Recipient>& recipients, const auth::Identity& who,
    std::string& partition)
{
    for (const delivery::Recipient& r : recipients) {
        if (!r.server.empty() || store_ == nullptr) continue;
        const auto entry = recipients_.target(r, who);
        if (!entry) continue;
        partition = entry->partition;
        return store_->stage(partition);
    }
    return std::unique_ptr<mailbox::StagedMessage>(
        std::make_unique<delivery::SpooledMessage>(config_.temp_path()));
}

Status Poster::deliver(std::string_view bytes, const ArticleHeader& header, Source source,
                       const auth::Identity& who)
{
    delivery::Transaction t;
    TRY_ASSIGN(t.recipients, recipients_of(header, who));
    if (!who.is_anonymous()) t.envelope.auth = who.userid;
    t.sender = who;
    t.session_id = kit_.session_id();
    t.message_id = header.message_id;
    t.id = header.message_id;
    auto staged = stage(t.recipients, who, t.partition);
    if (!staged) return as_trouble(staged.error());

    delivery::FilterOptions options;
    options.front = front_of(header, source);
    options.message_id = header.message_id;
    text::DateTime now{wall_seconds(), 0};
    now.zone_minutes = text::local_zone_minutes(now.seconds);
    options.date = text::format_header_date(now);
    // The bytes are the sender's (RFC 5537 3.5, 3.6).
    options.munge_8bit = false;
    delivery::MessageFilter filter(**staged, options);
    const std::string_view head = bytes.substr(0, text::header_size(bytes));
    const std::string path = path_of(header, source);
    std::string injected;  // what it lacks, as the filter adds it
    if (!text::find_field(head, "Message-ID"))
        cat_to(injected, "Message-ID: ", header.message_id, "\r\n");
    if (!header.has_date) cat_to(injected, "Date: ", options.date, "\r\n");
    std::vector<std::string_view> relayed = {path, injected};
    text::HeaderCursor fields(head);
    size_t at = 0;
    while (const auto field = fields.next()) {
        const bool is_trace =
            equal_nocase(field->name, "Path") || equal_nocase(field->name, "Xref");
        const bool is_ours = is_trace || (equal_nocase(field->name, "To") && adds(config_, "to")) ||
                             (equal_nocase(field->name, "Reply-To") && adds(config_, "replyto"));
        if (!is_ours) filter.add(field->raw);
        // Other servers get it as it came (RFC 5537 3.6).
        if (!is_trace && feed_ != nullptr) relayed.push_back(field->raw);
        at = static_cast<size_t>(field->raw.data() + field->raw.size() - head.data());
    }
    filter.add(bytes.substr(at));
    relayed.push_back(bytes.substr(at));
    if (const Status complete = filter.finish(); !complete) {
        const bool is_articles = complete.is(Code::syntax) || complete.is(Code::limit);
        return is_articles ? complete : Status(as_trouble(complete.error()));
    }
    t.message = staged->get();
    t.date = filter.own_date();
    t.digest = filter.digest();
    // Before it is filed: whoever posts it again, under another Message-ID, does not find it twice.
    if (feed_ != nullptr)
        if (const Status promised = feed_->put(header, relayed); !promised) {
            log::error("articles cannot be kept for newspeers", {{"reason", promised.error()}});
            return as_trouble(promised.error());
        }
    Status status = success();
    bool is_somewhere = false;
    for (const delivery::Outcome& outcome : delivery_.deliver(t)) {
        is_somewhere = is_somewhere || outcome.status.ok();
        if (status && !outcome.status) status = as_trouble(outcome.status.error());
    }
    // In one of its groups it is to be had, whether who sent it tries again or not.
    if (!is_somewhere && feed_ != nullptr) feed_->take_back();
    // From here on it is refused when it comes again, whatever the client hears.
    if (status) articles_.take(header.message_id);
    delivery_.told(status.ok());
    if (status && !header.control.empty()) control_.obey(header.control);
    return status;
}

Status Poster::take(stream::Stream& client, const auth::Identity& who, std::string_view message_id)
{
    const Source source = message_id.empty() ? Source::poster : Source::server;
    auto incoming = read(client);
    // Whoever waits for this one is not to wait for what this client says next.
    auto held = std::move(held_);
    held_.reset();
    if (!incoming) return std::move(incoming).error();
    if (!incoming->status)
        return incoming->status.is(Code::limit) ? incoming->status
                                                : Status(as_trouble(incoming->status.error()));
    auto bytes = incoming->spool->map();
    if (!bytes) return as_trouble(bytes.error());
    TRY_ASSIGN(ArticleHeader header,
               read_article_header(bytes->substr(0, text::header_size(*bytes)), source));
    if (source == Source::server && header.message_id != message_id)
        return Error{Code::syntax, "It has another Message-ID"};
    if (source == Source::server && passed_by(header.path, config_.servername()))
        return Error{Code::syntax, "It has been here already"};
    if (header.message_id.empty()) header.message_id = new_message_id();
    if (!held) held = articles_.hold(header.message_id, kSameArticle);
    if (articles_.is_taken(header.message_id)) return Error{Code::exists, "It is here already"};
    if (!held) return Error{Code::unavailable, "Another server sends it at the moment"};
    Status done = deliver(*bytes, header, source, who);
    // What is not for here is not wanted again either; who may not post may be allowed to later.
    if (done.is(Code::not_found) && source == Source::server) articles_.take(header.message_id);
    return done;
}

}  // namespace rookery::nntp
