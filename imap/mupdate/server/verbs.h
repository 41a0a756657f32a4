// What there is to know of each command of MUPDATE, from the rows of verbs.def. Constants.
#ifndef ROOKERY_IMAP_MUPDATE_SERVER_VERBS_H
#define ROOKERY_IMAP_MUPDATE_SERVER_VERBS_H

#include <cstddef>
#include <string_view>

#include "imap/mupdate/server_figures.h"

namespace rookery::mupdate {

inline constexpr size_t kMaxUpdateHosts = 30;

enum class Verb : unsigned char {
#define RK_VERB(verb, word, least, most, first, when, who, use, run) verb,
#include "imap/mupdate/server/verbs.def"
#undef RK_VERB
    unknown,
};

struct VerbRow {
    enum class When : unsigned char {
        before_login,  // and after it
        logged_in,
        streaming,  // logged in; also to a connection that is being told of changes (UPDATE, SINCE)
        always,
    };
    enum class Who : unsigned char { anyone, master };
    // changing: for administrators only, of the list, its recovery or the states of servers.
    enum class Use : unsigned char { reading, changing };
    enum class First : unsigned char { string, atom };  // atom: or a string

    std::string_view word;
    size_t least, most;  // arguments
    First first;         // of them
    When when;
    Who who;  // which server does it: a replica changes nothing
    Use use;
};

// unknown has a row too: it takes nothing, and needs a login to be told so.
const VerbRow& row_of(Verb verb);
// In any case of letters.
Verb verb_of(std::string_view word);

}  // namespace rookery::mupdate

#endif
