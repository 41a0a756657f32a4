#include "imap/nntp/control.h"

#include <utility>
#include <vector>

#include "imap/mboxlist/access_options.h"
#include "imap/mboxlist/find_mailbox.h"
#include "imap/model/access.h"
#include "imap/model/sequence_set.h"
#include "imap/nntp/verbs.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::nntp {

Control::Control(const config::Config& config, mboxlist::Directory& directory,
                 const mboxlist::Newsgroups& newsgroups, delivery::Articles& articles,
                 mailbox::MailboxStore* store, GroupChanges changes)
    : config_(config),
      directory_(directory),
      newsgroups_(newsgroups),
      articles_(articles),
      store_(store),
      changes_(std::move(changes))
{
    who_.userid = config.newsmaster();
    who_.groups = auth::Groups::of_user(config, who_.userid);
}

void Control::obey(std::string_view control)
{
    const auto words = split_words(control);
    if (words.size() < 2 || who_.userid.empty() || store_ == nullptr) return;
    Status done = Error{Code::unsupported, "no such control message"};
    if (equal_nocase(words[0], "cancel")) {
        done = cancel(words[1]);
    } else if (equal_nocase(words[0], "newgroup") || equal_nocase(words[0], "rmgroup")) {
        const bool makes = equal_nocase(words[0], "newgroup");
        const auto& change = makes ? changes_.make : changes_.remove;
        const auto name = newsgroups_.mailbox_of(words[1]);
        if (!name)
            done = name.error();
        else if (change)
            done = change(*name, who_);
    }
    if (done)
        log::notice("control message obeyed", {{"control", control}, {"user", who_.userid}});
    else
        log::notice("control message not obeyed",
                    {{"control", control}, {"user", who_.userid}, {"reason", done.error()}});
}

Status Control::cancel(std::string_view message_id)
{
    if (!is_message_id(message_id)) return Error{Code::syntax, "That is no Message-ID"};
    Status done = Error{Code::not_found, "No such article"};
    for (const delivery::Articles::Place& place : articles_.places(message_id))
        if (Status here = cancel_at(message_id, place); here || !done) done = std::move(here);
    return done;
}

Status Control::cancel_at(std::string_view message_id, const delivery::Articles::Place& place)
{
    TRY_ASSIGN(const auto name, model::MailboxName::from_internal(place.mailbox));
    TRY_ASSIGN(const auto entry, mboxlist::look_up(directory_, name, model::require_settled));
    if (!entry.is_local()) return Error{Code::moved, entry.server};
    TRY(model::require(who_, entry, model::Rights::delete_message,
                       mboxlist::access_options(config_)));
    TRY_ASSIGN(auto box, store_->open(entry, who_.userid, mailbox::OpenMode::maildrop));
    const uint32_t sequence = box->sequence_of(place.uid);
    if (sequence == 0) return success();  // it is gone
    TRY_ASSIGN(const auto content, box->content(sequence));
    const std::string_view bytes = content->bytes();
    const std::string_view header = bytes.substr(0, text::header_size(bytes));
    if (trim(text::find_field(header, "Message-ID").value_or("")) != message_id)
        return Error{Code::not_found, "It is another article"};
    model::SequenceSet gone;
    gone.add(place.uid);
    return box->remove(gone);
}

}  // namespace rookery::nntp
