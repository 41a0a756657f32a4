#include "imap/mupdate/server/verbs.h"

#include "lib/base/strings.h"

namespace rookery::mupdate {
namespace {

using First = VerbRow::First;
using Use = VerbRow::Use;
using When = VerbRow::When;
using Who = VerbRow::Who;

constexpr VerbRow kRows[] = {
#define RK_VERB(verb, word, least, most, first, when, who, use, run) \
    {word, least, most, First::first, When::when, Who::who, Use::use},
#include "imap/mupdate/server/verbs.def"
#undef RK_VERB
    {"?", 0, 0, First::string, When::logged_in, Who::anyone, Use::reading},
};

}  // namespace

const VerbRow& row_of(Verb verb)
{
    return kRows[static_cast<size_t>(verb)];
}

Verb verb_of(std::string_view word)
{
    for (size_t i = 0; i < static_cast<size_t>(Verb::unknown); ++i)
        if (equal_nocase(word, kRows[i].word)) return static_cast<Verb>(i);
    return Verb::unknown;
}

}  // namespace rookery::mupdate
