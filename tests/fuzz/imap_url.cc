#include "lib/text/imap_url.h"

#include "imap/imapd/selected/fetch_parse.h"
#include "lib/text/mutf7.h"
#include "lib/text/utf8.h"
#include "tests/fuzz/target.h"

using namespace rookery;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const auto url = text::parse_imap_url(fuzz::text_of(data, size));
    if (!url) return 0;
    fuzz::require(url->uid > 0, "a message");
    fuzz::require(!url->uidvalidity || *url->uidvalidity > 0, "no UIDVALIDITY is 0");
    fuzz::require(!url->from_root || !url->mailbox.empty(), "a mailbox behind the slash");
    fuzz::require(text::is_utf8(url->mailbox) && text::is_utf8(url->section), "UTF-8");
    fuzz::require(text::utf8_to_mutf7(url->mailbox).ok(), "a name that goes on the wire");
    // What is asked of another server is one line, and a section that FETCH takes.
    const auto item = imapd::parse_section(url->section);
    if (!item) return 0;
    fuzz::require(item->label.starts_with("BODY[") && item->label.ends_with(']'), "a section");
    fuzz::require(item->label.find_first_of("\r\n\"{\\") == std::string::npos, "words alone");
    return 0;
}
