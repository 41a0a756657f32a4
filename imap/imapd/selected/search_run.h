// A search of the mailbox that is selected here, and the parts of its answer that SEARCH, SORT,
// THREAD and ESEARCH have in common (RFC 3501 6.4.4, 4731, 5182, 5267).
//
// Codes: those of search_eval.h; denied; syntax (the tag of a search that is followed already).
// One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_SEARCH_RUN_H
#define ROOKERY_IMAP_IMAPD_SELECTED_SEARCH_RUN_H

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/imapd/selected/search_eval.h"
#include "imap/imapd/selected/search_parse.h"
#include "imap/imapd/session.h"
#include "lib/base/result.h"
#include "lib/text/search_form.h"

namespace rookery::imapd {

text::SearchForm search_form_of(const config::Config& config);

// syntax: message numbers under UIDONLY, or a charset under UTF8=ACCEPT (RFC 6855 3).
Status may_ask(const ImapSession& session, const SearchRequest& request);
// A SEARCH that does not say what it wants: the answer of RFC 9051 is ESEARCH.
void as_rev2_has_it(const ImapSession& session, SearchRequest& request);

// " RETURN (MIN COUNT)", for another server.
std::string return_text(const SearchRequest& request);

struct FoundMessages {
    std::vector<uint32_t> sequences;
    PassedOver passed_over;

    Completion completion() const;
};
// A search that fails has saved nothing. followed: what is to be looked for again, where the client
// follows the results.
Result<FoundMessages> find_messages(ImapSession& session, const Command& command,
                                    SearchRequest& request, SearchKey* followed = nullptr);
Completion bad_charset(ImapSession& session, const SearchRequest& request);
// SAVE and UPDATE, as far as they are asked for. What is not followed is told all the same: too
// much, or by OLDER or YOUNGER, whose results change without anything to push (RFC 5267 4.3.1).
void keep_results(ImapSession& session, const Command& command, const SearchRequest& request,
                  SearchKey followed, std::span<const SortKey> order,
                  std::span<const uint32_t> found);

uint64_t highest_modseq(const mailbox::Mailbox& mailbox, std::span<const uint32_t> found);
// "* ESEARCH (TAG ...)", nothing if no part of the results is asked for. correlators: behind the
// tag.
void put_extended(stream::Stream& out, const mailbox::Mailbox& mailbox, const Command& command,
                  const SearchRequest& request, std::span<const uint32_t> found,
                  std::string_view correlators = {});

}  // namespace rookery::imapd

#endif
