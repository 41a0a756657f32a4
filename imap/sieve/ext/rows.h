// The extensions, each in a file of its own; imap/sieve/extension_table.h says which capability is
// which. Constant data; any thread.
#ifndef ROOKERY_IMAP_SIEVE_EXT_ROWS_H
#define ROOKERY_IMAP_SIEVE_EXT_ROWS_H

#include "imap/sieve/extension.h"

namespace rookery::sieve::ext {

extern const Extension ascii_numeric;
extern const Extension base;
extern const Extension body;
extern const Extension copy;
extern const Extension date;
extern const Extension duplicate;
extern const Extension editheader;
extern const Extension enotify;
extern const Extension envelope;
extern const Extension environment;
extern const Extension ereject;
extern const Extension extlists;
extern const Extension extracttext;
extern const Extension fcc;
extern const Extension fileinto;
extern const Extension foreverypart;
extern const Extension ihave;
extern const Extension imap4flags;
extern const Extension include;
extern const Extension index;
extern const Extension mailbox;
extern const Extension mailboxid;
extern const Extension mboxmetadata;
extern const Extension mime;
extern const Extension regex;
extern const Extension reject;
extern const Extension relational;
extern const Extension servermetadata;
extern const Extension spamtest;
extern const Extension spamtestplus;
extern const Extension special_use;
extern const Extension subaddress;
extern const Extension unicode_casemap;
extern const Extension vacation;
extern const Extension vacation_seconds;
extern const Extension variables;
extern const Extension virustest;

}  // namespace rookery::sieve::ext

#endif
