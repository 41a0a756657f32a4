// Limits: what a Sieve script may use, so that no script can harm the server that runs it.
//
// A script over a limit of its text does not compile; one that goes over a limit while it runs ends
// with Code::limit, and its caller keeps the message (RFC 5228 2.10.6). Values.
#ifndef ROOKERY_IMAP_SIEVE_LIMITS_H
#define ROOKERY_IMAP_SIEVE_LIMITS_H

#include <cstddef>
#include <cstdint>

namespace rookery::sieve {

struct Limits {
    size_t script_size = 262144;     // bytes
    size_t nesting = 32;             // blocks and tests within each other; RFC 5228 2.10.5 wants 15
    size_t string_size = 65536;      // bytes of one string, also after its variables are filled in
    size_t list_size = 4096;         // strings of one list
    size_t pattern_size = 2048;      // bytes of a key of :matches
    uint64_t regex_size = 100000;    // of all :regex of a script, in steps that their matcher has
    size_t subject_size = 65536;     // bytes of a value that is compared; the rest is not looked at
    size_t body_size = 1048576;      // the same of a body
    uint64_t instructions = 100000;  // commands, tests and comparisons; long comparisons count more
    size_t actions = 32;             // RFC 5228 2.10.4
    size_t redirects = 4;            // RFC 5228 10: no mail bombs
    size_t variables = 128;          // names in one script, and global ones (RFC 5229 6)
    size_t variable_size = 8192;  // bytes of a value; the rest is cut off (RFC 5229 6 wants 4000)
    size_t include_depth = 10;    // RFC 6609 3.1
    size_t includes = 100;        // scripts included in one run
    size_t edits = 64;            // addheader and deleteheader (RFC 5293)
    size_t errors = 10;           // of one script that are told
};

}  // namespace rookery::sieve

#endif
