// What the RFCs demand in so many words, by their number and section, where a table of another file
// does not have it.
#include <map>
#include <optional>

#include "lib/base/strings.h"
#include "tests/unit/imap/sieve/cases.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using test::FakeWorld;
using test::outcome;

struct Must {
    const char* name;
    std::string script;
    std::string want;
    const char* message = nullptr;
    std::map<std::string, std::string> personal = {};
    const char* from = "alice+x@example.org";
};

// require of everything that is named, and the rest of the script.
std::string with(std::string_view extensions, std::string_view rest)
{
    std::string out = "require [";
    for (const auto word : split_words(extensions))
        cat_to(out, out.back() == '[' ? "" : ", ", '"', word, '"');
    return cat(out, "]; ", rest);
}
std::string when(std::string_view extensions, std::string_view test)
{
    return with(extensions, cat("if ", test, " { discard; }"));
}

constexpr const char* kNumeric = "relational comparator-i;ascii-numeric";
constexpr const char* kMixed =
    "From: a@example.org\r\nSubject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "before\r\n--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\nX-Part: one\r\n\r\ncaf=E9 one\r\n"
    "--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"
    "X-Part: two\r\n\r\nPGI+dHdvPC9iPg==\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nthree\r\n--b--\r\nafter\r\n";
const std::string kAnswer = "vacation \"alice+x@example.org\" :seconds 604800 :handle \"";

const Must kMusts[] = {
    // --- comparators and relations
    {"5228 2.7.3 i;octet knows case with :is",
     "if header :is :comparator \"i;octet\" \"a\" \"ABC\" { discard; }", "keep", "A: abc\r\n\r\n"},
    {"5228 2.7.3 i;octet: what is the same",
     "if header :is :comparator \"i;octet\" \"a\" \"abc\" { discard; }", "discard",
     "A: abc\r\n\r\n"},
    {"4790 9.3 i;octet orders by octets",
     when("relational", "header :value \"lt\" :comparator \"i;octet\" \"a\" \"a\""), "discard",
     "A: B\r\n\r\n"},
    {"4790 9.3 i;octet, the other way",
     when("relational", "header :value \"gt\" :comparator \"i;octet\" \"a\" \"a\""), "keep",
     "A: B\r\n\r\n"},
    {"4790 9.2 i;ascii-casemap orders without case",
     when("relational", "header :value \"gt\" \"a\" \"a\""), "discard", "A: B\r\n\r\n"},
    {"4790 9.1 what is no number is more than any",
     when(kNumeric, "header :value \"gt\" :comparator \"i;ascii-numeric\" \"a\" \"4294967296\""),
     "discard", "A: x\r\n\r\n"},
    {"4790 9.1 and no number is less than that",
     when(kNumeric, "header :value \"lt\" :comparator \"i;ascii-numeric\" \"a\" \"x\""), "discard",
     "A: 7\r\n\r\n"},
    {"4790 9.1 digits at the beginning",
     when(kNumeric, "header :value \"eq\" :comparator \"i;ascii-numeric\" \"a\" \"7\""), "discard",
     "A: 7.9\r\n\r\n"},
    {"5231 4.1 gt is not ge",
     when(kNumeric, "header :value \"gt\" :comparator "
                    "\"i;ascii-numeric\" \"x-spam-score\" \"12\""),
     "keep"},
    {"5231 4.1 lt",
     when(kNumeric, "header :value \"lt\" :comparator \"i;ascii-numeric\" "
                    "\"x-spam-score\" \"13\""),
     "discard"},
    {"5231 4.1 ge of the same",
     when(kNumeric, "header :value \"ge\" :comparator "
                    "\"i;ascii-numeric\" \"x-spam-score\" \"12\""),
     "discard"},
    {"5231 4.1 eq is not ge",
     when(kNumeric, "header :value \"eq\" :comparator "
                    "\"i;ascii-numeric\" \"x-spam-score\" \"11\""),
     "keep"},
    {"5231 4.1 eq is not le",
     when(kNumeric, "header :value \"eq\" :comparator "
                    "\"i;ascii-numeric\" \"x-spam-score\" \"13\""),
     "keep"},
    {"5231 4.1 ne of less",
     when(kNumeric, "header :value \"ne\" :comparator "
                    "\"i;ascii-numeric\" \"x-spam-score\" \"11\""),
     "discard"},
    {"5231 4.1 ne of more",
     when(kNumeric, "header :value \"ne\" :comparator "
                    "\"i;ascii-numeric\" \"x-spam-score\" \"13\""),
     "discard"},
    {"5231 4.1 relations without case",
     when(kNumeric, "header :value \"GE\" :comparator "
                    "\"i;ascii-numeric\" \"x-spam-score\" \"12\""),
     "discard"},
    {"5231 4.2 :count of an envelope's part",
     when("envelope relational comparator-i;ascii-numeric",
          "envelope :count \"eq\" :comparator \"i;ascii-numeric\" \"to\" \"1\""),
     "discard"},
    {"5231 6 32 bits",
     when(kNumeric, "header :value \"gt\" :comparator \"i;ascii-numeric\" \"a\" "
                    "\"4294967294\""),
     "discard", "A: 4294967295\r\n\r\n"},
    {"5231 10 the envelope has this recipient only",
     when("envelope relational comparator-i;ascii-numeric",
          "envelope :count \"gt\" :comparator \"i;ascii-numeric\" \"to\" \"1\""),
     "keep"},

    // --- 5228
    {"5228 2.2 space around a value does not count, also encoded",
     "if header \"a\" \"x y\" { discard; }", "discard", "A:  \t=?utf-8?q?_x_y_?= \t\r\n\r\n"},
    {"5228 2.10.5 nesting of 15 blocks",
     cat("if true { if true { if true { if true { if true { if true { if true { if true { if true "
         "{ "
         "if true { if true { if true { if true { if true { if true { discard; ",
         "} } } } } } } } } } } } } } }"),
     "discard"},
    {"5228 5.4 the null path matches the empty key",
     when("envelope", "envelope \"from\" \"\""),
     "discard",
     nullptr,
     {},
     ""},
    {"5228 5.4 whatever its part",
     when("envelope", "envelope :domain \"from\" \"\""),
     "discard",
     nullptr,
     {},
     ""},
    {"5228 5.4 and nothing else",
     when("envelope", "envelope :contains \"from\" \"a\""),
     "keep",
     nullptr,
     {},
     ""},
    {"5228 5.4 a header of that name is not the envelope",
     when("envelope", "envelope :contains \"from\" \"other\""), "keep",
     "From: other@example.org\r\n\r\n"},
    {"5228 2.4.2.4 both kinds, and what is not one",
     with("encoded-character fileinto", "fileinto \"${hex:41 42}${unicode:e9}${hex:zz}\";"),
     "fileinto \"ABé${hex:zz}\""},

    // --- 5173, body
    {"5173 4 :raw removes no encoding", when("body", "body :raw :contains \"caf=E9\""), "discard",
     kMixed},
    {"5173 4 :raw has boundaries and the headers of parts",
     when("body", "allof (body :raw :contains \"--b\", body :raw :contains \"X-Part: two\")"),
     "discard", kMixed},
    {"5173 4 :raw matches a broken message", when("body", "body :raw :contains \"caf\""), "discard",
     "Content-Type: multipart/mixed\r\n\r\ncaf\xe9\r\n--\r\n"},
    {"5173 5 quoted-printable, and ISO-8859-1 to UTF-8",
     when("body", "body :content \"text/plain\" :contains \"café one\""), "discard", kMixed},
    {"5173 5 base64", when("body", "body :content \"text/html\" :contains \"<b>two</b>\""),
     "discard", kMixed},
    {"5173 5 US-ASCII of an unknown ISO-8859-*", when("body", "body :text :contains \"plain\""),
     "discard", "Content-Type: text/plain; charset=iso-8859-16\r\n\r\nplain\r\n"},
    {"5173 5 binary and 8bit", when("body", "body :text :contains \"café\""), "discard",
     "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: BINARY\r\n\r\ncafé"},
    {"5173 4 a NUL does not end it", when("body", "body :raw :contains \"behind\""), "discard",
     "A: b\r\n\r\nx\x01y behind\r\n"},
    {"5173 5.2 not across the boundary of parts",
     when("body", "body :content \"text\" :matches \"*one*two*\""), "keep", kMixed},
    {"5173 5.2 no MIME headers of the part",
     when("body", "body :content \"text\" :contains "
                  "\"X-Part\""),
     "keep", kMixed},
    {"5173 5.2 around a multipart's parts",
     when("body", "allof (body :content \"multipart\" :contains \"before\", "
                  "body :content \"multipart\" :contains \"after\")"),
     "discard", kMixed},
    {"5173 5.2 an enclosed message's own header",
     when("body", "body :content \"message/rfc822\" :contains \"Subject: inner\""), "discard",
     kMixed},
    {"5173 6 no match variables, those that were stay",
     with("body variables fileinto", "if header :matches \"subject\" \"*er\" {} "
                                     "if body :raw :matches \"*one*\" {} fileinto \"${1}\";"),
     "fileinto \"out\"", kMixed},

    // --- 5229, variables
    {"5229 3 the value is that of the moment",
     with("variables fileinto", "set \"a\" \"1\"; set \"b\" \"${a}\"; set \"a\" \"2\"; "
                                "fileinto \"${b}${a}\";"),
     "fileinto \"12\""},
    {"5229 3 names without case",
     with("variables fileinto", "set \"Ab\" \"1\"; "
                                "fileinto \"x${aB}\";"),
     "fileinto \"x1\""},
    {"5229 3.2 tests are short-circuited, from the left",
     with("variables fileinto", "if anyof (header :matches \"subject\" \"*to*\", "
                                "header :matches \"x-spam-score\" \"*2\") {} fileinto \"x${2}\";"),
     "fileinto \"x you\""},
    {"5229 3.2 allof too",
     with("variables fileinto", "if allof (false, header :matches \"x-spam-score\" \"*2\") {} "
                                "fileinto \"x${1}\";"),
     "fileinto \"x\""},
    {"5229 3.2 not in a test that is false",
     with("variables fileinto",
          "if not header :matches \"x-spam-score\" \"*2\" {} fileinto \"x${1}\";"),
     "fileinto \"x1\""},
    {"5229 4 modifiers without case",
     with("variables fileinto", "set :UPPER :Length \"a\" \"xyz\"; fileinto \"${a}\";"),
     "fileinto \"3\""},
    {"5229 4.1 by precedence, in whatever order they stand",
     with("variables fileinto",
          "set :length :quotewildcard :upperfirst :lower \"a\" \"AB*\"; fileinto \"${a}\";"),
     "fileinto \"4\""},
    {"5229 5 no space is stripped", when("variables", "string :is \" a \" \"a\""), "keep"},
    {"5229 6 a name of 32 characters",
     with("variables fileinto", "set \"abcdefghijklmnopqrstuvwxyz_01234\" \"1\"; "
                                "fileinto \"x${abcdefghijklmnopqrstuvwxyz_01234}\";"),
     "fileinto \"x1\""},
    {"5229 6 nine match variables",
     with("variables fileinto", "if string :matches \"a b c d e f g h i\" \"* * * * * * * * *\" "
                                "{ fileinto \"${9}${8}${7}${6}${5}${4}${3}${2}${1}\"; }"),
     "fileinto \"ihgfedcba\""},

    // --- 5230 and 6131, vacation
    {"5230 4.2 the synthesized handle has the arguments as they are written",
     with("vacation variables", "if header :matches \"subject\" \"*\" "
                                "{ vacation :subject \"Re: ${1}\" \"away, ${0}\"; }"),
     kAnswer + "Re: ${1}\\n\\n\\naway, ${0}\" :subject \"Re: outer\" \"away, outer\"; keep",
     "To: bob@example.com\r\nSubject: outer\r\n\r\n"},
    {"5230 4.2 other arguments are another response",
     with("vacation variables", "set \"f\" \"bob@example.com\"; "
                                "vacation :from \"${f}\" :subject \"s\" \"r\";"),
     kAnswer + "s\\n${f}\\n\\nr\" :subject \"s\" :from \"bob@example.com\" \"r\"; keep"},
    {"5230 4.5 Bcc", with("vacation", "vacation :handle \"h\" :subject \"s\" \"r\";"),
     kAnswer + "h\" :subject \"s\" \"r\"; keep", "Bcc: bob@example.com\r\n\r\n"},
    {"5230 4.5 Resent-To", with("vacation", "vacation :handle \"h\" :subject \"s\" \"r\";"),
     kAnswer + "h\" :subject \"s\" \"r\"; keep", "Resent-To: bob@example.com\r\n\r\n"},
    {"5230 4.5 Resent-Cc", with("vacation", "vacation :handle \"h\" :subject \"s\" \"r\";"),
     kAnswer + "h\" :subject \"s\" \"r\"; keep", "Resent-Cc: bob@example.com\r\n\r\n"},
    {"5230 4.5 Resent-Bcc", with("vacation", "vacation :handle \"h\" :subject \"s\" \"r\";"),
     kAnswer + "h\" :subject \"s\" \"r\"; keep", "Resent-Bcc: bob@example.com\r\n\r\n"},
    {"5230 4.5 no other field", with("vacation", "vacation \"r\";"), "keep",
     "X-To: bob@example.com\r\nFrom: bob@example.com\r\n\r\n"},
    {"5230 4.6 List-Post", with("vacation", "vacation \"r\";"), "keep",
     "To: bob@example.com\r\nList-Post: <mailto:l@example.org>\r\n\r\n"},
    {"5230 4.6 to nobody", with("vacation", "vacation \"r\";"), "keep", nullptr, {}, ""},
    {"5230 4.6 to no list's administrator",
     with("vacation", "vacation \"r\";"),
     "keep",
     nullptr,
     {},
     "l-request@example.org"},
    {"5230 4.7 with discard",
     with("vacation", "vacation :handle \"h\" :subject \"s\" \"r\"; discard;"),
     kAnswer + "h\" :subject \"s\" \"r\"; discard"},
    {"5230 4.7 with fileinto",
     with("vacation fileinto", "vacation :handle \"h\" :subject \"s\" \"r\"; fileinto \"a\";"),
     kAnswer + "h\" :subject \"s\" \"r\"; fileinto \"a\""},
    {"5230 4.7 with redirect",
     with("vacation", "vacation :handle \"h\" :subject \"s\" \"r\"; redirect \"a@b.c\";"),
     kAnswer + "h\" :subject \"s\" \"r\"; redirect \"a@b.c\""},
    {"5230 4.7 not with ereject", with("vacation ereject", "vacation \"r\"; ereject \"e\";"),
     "!run: 'reject' and 'vacation'"},
    {"5230 7 UTF-8", with("vacation", "vacation :handle \"h\" :subject \"Grüße\" \"Wörter\";"),
     kAnswer + "h\" :subject \"Grüße\" \"Wörter\"; keep"},
    {"6131 2 2**31 is no error",
     with("vacation-seconds", "vacation :seconds 2147483648 :handle \"h\" :subject \"s\" \"r\";"),
     "vacation \"alice+x@example.org\" :seconds 7776000 :handle \"h\" :subject \"s\" \"r\"; keep"},
    {"6131 2 the most is a day at least",
     with("vacation-seconds", "vacation :seconds 86400 :handle \"h\" :subject \"s\" \"r\";"),
     "vacation \"alice+x@example.org\" :seconds 86400 :handle \"h\" :subject \"s\" \"r\"; keep"},

    // --- 5232, flags
    {"5232 2 empty strings are ignored", with("imap4flags", "setflag [\"\", \"a\", \" \"]; keep;"),
     "keep :flags \"a\""},
    {"5232 2 spaces before, between and behind", with("imap4flags", "setflag \"  a   b \"; keep;"),
     "keep :flags \"a b\""},
    {"5232 2 no characters but ASCII", with("imap4flags", "setflag \"ä b\"; keep;"),
     "keep :flags \"b\""},
    {"5232 2 \\Recent cannot be set", with("imap4flags", "setflag \"\\\\Recent a\"; keep;"),
     "keep :flags \"a\""},
    {"5232 2 nor another system flag that there is not",
     with("imap4flags", "addflag \"\\\\Starred\"; addflag \"\\\\seen\"; keep;"),
     "keep :flags \"\\\\seen\""},
    {"5232 2 nor with :flags", with("imap4flags", "keep :flags [\"\\\\Recent\", \"\\\\Draft\"];"),
     "keep :flags \"\\\\Draft\""},
    {"5232 3 the last list wins, also an empty one",
     with("imap4flags fileinto", "fileinto :flags \"a\" \"m\"; fileinto :flags \"\" \"m\";"),
     "fileinto \"m\""},
    {"5232 3.3 all occurrences go, whatever their case",
     with("imap4flags", "setflag \"a A b\"; removeflag [\"\", \"A\"]; keep;"), "keep :flags \"b\""},
    {"5232 3 a variable needs variables", with("imap4flags", "addflag \"v\" \"a\";"),
     "!needs require \"variables\""},
    {"5232 4 hasflag :matches",
     with("imap4flags", "setflag \"abc\"; "
                        "if hasflag :matches \"a*c\" { discard; }"),
     "discard"},

    // --- 5233, subaddress
    {"5233 4 the detail is all behind the first separator",
     when("subaddress", "address :detail \"to\" \"a+b\""), "discard",
     "To: bob+a+b@example.com\r\n\r\n"},
    {"5233 4 and the user all before it", when("subaddress", "address :user \"to\" \"bob\""),
     "discard", "To: bob+a+b@example.com\r\n\r\n"},

    // --- 5260, date
    {"5260 4 Received: a semicolon within it",
     when("date", "date :zone \"+0000\" \"received\" \"date\" \"2026-11-29\""), "discard",
     "Received: from a (b; Mon, 1 Jan 2001 00:00:00 +0000) by c;\r\n Sun, 29 Nov 2026 01:02:03 "
     "+0000\r\n\r\n"},
    {"5260 4 before 1970", when("date", "date :originalzone \"date\" \"date\" \"1969-12-31\""),
     "discard", "Date: Wed, 31 Dec 1969 23:00:00 +0000\r\n\r\n"},
    {"5260 4.2 the weekday before 1970",
     when("date", "date :originalzone \"date\" \"weekday\" \"3\""), "discard",
     "Date: Wed, 31 Dec 1969 23:00:00 +0000\r\n\r\n"},
    {"5260 4.2 and some days more", when("date", "date :originalzone \"date\" \"weekday\" \"5\""),
     "discard", "Date: Fri, 26 Dec 1969 23:00:00 +0000\r\n\r\n"},
    {"5260 4.2 Sunday is 0", when("date", "date :originalzone \"date\" \"weekday\" \"0\""),
     "discard", "Date: Sun, 29 Nov 2026 01:02:03 +0000\r\n\r\n"},
    {"5260 4 :count is 0 without a date",
     when(cat("date ", kNumeric), "date :count \"eq\" "
                                  ":comparator \"i;ascii-numeric\" \"date\" \"date\" \"0\""),
     "discard", "A: b\r\n\r\n"},
    {"5260 4 and with one that is broken",
     when(cat("date ", kNumeric), "date :count \"eq\" "
                                  ":comparator \"i;ascii-numeric\" \"date\" \"date\" \"0\""),
     "discard", "Date: soon\r\n\r\n"},
    {"5260 4 :count is 1 with one",
     when(cat("date ", kNumeric), "date :count \"eq\" "
                                  ":comparator \"i;ascii-numeric\" \"date\" \"date\" \"1\""),
     "discard"},
    {"5260 4.2 iso8601 has T in upper case",
     when("date", "date :comparator \"i;octet\" :zone \"-0000\" \"date\" \"iso8601\" "
                  "\"2004-12-30T08:15:05Z\""),
     "discard"},
    {"5260 5 the moment is one for all tests",
     when("date", "allof (currentdate :zone \"+0000\" \"time\" \"00:00:00\", "
                  "currentdate :zone \"+0000\" \"date\" \"2005-01-01\")"),
     "discard"},
    {"5260 6 :index counts in each of several fields",
     when("index", "header :index 1 [\"x-none\", \"x-spam-score\"] \"12\""), "discard"},
    {"5260 6 :index of an address is that of the field",
     when("index", "address :index 2 \"to\" \"c@example.org\""), "discard",
     "To: a@example.org, b@example.org\r\nTo: c@example.org\r\n\r\n"},

    // --- 5293, editheader
    {"5293 4 Subject can be added and deleted",
     with("editheader", "deleteheader \"subject\"; addheader \"Subject\" \"new\"; "
                        "if header \"subject\" \"new\" { discard; }"),
     "deleteheader \"subject\" :index 1; addheader \"Subject\" \"new\"; discard"},
    {"5293 4 a name that is not ASCII", with("editheader", "addheader \"X-ä\" \"a\";"),
     "!cannot be the name of a header field"},
    {"5293 5 a name that is not ASCII", with("editheader", "deleteheader \"X-ä\";"),
     "!cannot be the name of a header field"},
    {"5293 4 a value of 998 characters",
     with("editheader", cat("addheader \"X\" \"", std::string(998, 'x'), "\";")),
     cat("addheader \"X\" \"", std::string(998, 'x'), "\"; keep")},
    {"5293 6 exists sees it",
     with("editheader", "addheader \"X-New\" \"a\"; "
                        "if exists \"x-new\" { discard; }"),
     "addheader \"X-New\" \"a\"; discard"},
    {"5293 6 vacation sees it",
     with("editheader vacation", "addheader \"List-Id\" \"<a>\"; vacation \"r\";"),
     "addheader \"List-Id\" \"<a>\"; keep"},
    {"5293 6 a changed message is the same for a mailbox",
     with("editheader fileinto", "fileinto \"m\"; addheader \"X\" \"a\"; fileinto \"m\";"),
     "addheader \"X\" \"a\"; fileinto \"m\""},
    {"5293 6 and for keep", with("editheader", "keep; addheader \"X\" \"a\"; keep;"),
     "addheader \"X\" \"a\"; keep"},
    {"5293 6 Auto-Submitted may be added",
     with("editheader", "addheader \"Auto-Submitted\" \"no\";"),
     "addheader \"Auto-Submitted\" \"no\"; keep"},

    // --- 5429, reject
    {"5429 2.3 reject stays reject", with("reject ereject", "reject \"a\";"), "reject \"a\""},
    {"5429 2.4 reject and ereject are two", with("reject ereject", "reject \"a\"; ereject \"b\";"),
     "!run: a message can be rejected only once"},
    {"5429 2.2 not ASCII", with("reject", "reject \"Grüße\";"), "reject \"Grüße\""},

    // --- 5435 and 5436, notify
    {"5436 2.7 a message from the null path may notify",
     with("enotify", "notify :message \"m\" \"mailto:a@b.c\";"),
     "notify \"mailto:a@b.c\" :message \"m\"; keep",
     nullptr,
     {},
     ""},
    {"5435 6 more than one", with("enotify", "notify \"mailto:a@b.c\"; notify \"mailto:d@e.f\";"),
     "notify \"mailto:a@b.c\"; notify \"mailto:d@e.f\"; keep"},
    {"5435 6 with reject", with("enotify reject", "notify \"mailto:a@b.c\"; reject \"x\";"),
     "notify \"mailto:a@b.c\"; reject \"x\""},
    {"5435 3.1 the scheme is not known", with("enotify", "notify \"xmpp:a@b.c\";"), "!1:"},
    {"5435 5 a name without case",
     when("enotify", "notify_method_capability \"mailto:a@b.c\" \"ONLINE\" \"maybe\""), "discard"},
    {"5435 5 a broken URI is no error",
     when("enotify",
          "notify_method_capability \"mailto:\" \"online\" [\"maybe\", \"yes\", \"no\"]"),
     "keep"},
    {"5435 5 an unknown method is no error",
     when("enotify", "notify_method_capability \"tel:+1\" \"online\" [\"maybe\", \"yes\", \"no\"]"),
     "keep"},
    {"5435 4 as notify itself would check",
     when("enotify", "anyof (valid_notify_method \"mailto:\", valid_notify_method \"mailto:a\", "
                     "valid_notify_method \"http://a\", valid_notify_method \"\")"),
     "keep"},

    // --- 5463, ihave
    {"5463 4 used before it was asked for",
     with("ihave", "if true { fileinto \"a\"; } if ihave \"fileinto\" {}"), "!run:"},
    {"5463 4 short-circuit",
     with("ihave", "if anyof (true, ihave \"fileinto\") {} "
                   "fileinto \"a\";"),
     "!run:"},
    {"5463 4 variables cannot be had",
     with("ihave fileinto", "if ihave \"variables\" { discard; } fileinto \"${a}\";"),
     "fileinto \"${a}\""},

    // --- 5490, mailboxes
    {"5490 3.3 of a mailbox that is not there",
     when("mboxmetadata", "metadata \"nowhere\" \"/private/comment\" \"\""), "keep"},
    {"5490 3.4 of a mailbox that is not there",
     when("mboxmetadata", "metadataexists \"nowhere\" \"/private/comment\""), "keep"},
    {"5490 3.1 with a variable",
     with("mailbox variables", "set \"m\" \"there\"; "
                               "if mailboxexists \"${m}\" { discard; }"),
     "discard"},

    // --- 5703, MIME parts
    {"5703 3 a loop in a loop goes over what is in the part",
     with("foreverypart mime variables fileinto",
          "foreverypart { if header :mime :contenttype \"content-type\" \"multipart/mixed\" { "
          "foreverypart { if header :mime :matches \"x-part\" \"*\" { set \"a\" \"${a}${0}\"; } } "
          "} } fileinto \"${a}\";"),
     "fileinto \"onetwo\"", kMixed},
    {"5703 7 extracttext is in UTF-8",
     with("foreverypart extracttext mime variables fileinto",
          "foreverypart { if header :mime \"x-part\" \"one\" { extracttext :first 4 \"t\"; } } "
          "fileinto \"${t}\";"),
     "fileinto \"café\"", kMixed},
    {"5703 7 and decoded",
     with("foreverypart extracttext mime variables fileinto",
          "foreverypart { if header :mime \"x-part\" \"two\" { extracttext \"t\"; } } "
          "fileinto \"${t}\";"),
     "fileinto \"<b>two</b>\"", kMixed},
    {"5703 7 with the modifiers of set",
     with("foreverypart extracttext mime variables fileinto",
          "foreverypart { if header :mime \"x-part\" \"two\" { extracttext :upper \"t\"; } } "
          "fileinto \"${t}\";"),
     "fileinto \"<B>TWO</B>\"", kMixed},

    // --- 6134, lists
    {"6134 2.1 ${0} is what was found",
     with("extlists variables fileinto envelope",
          "if envelope :list \"from\" \"urn:friends\" { fileinto \"${0}\"; }"),
     "fileinto \"alice+x@example.org\""},
    {"6134 2.1 in string",
     when("extlists variables", "string :list \"alice@example.org\" \"urn:friends\""), "discard"},
    {"6134 2.1 not in other tests",
     when("extlists environment", "environment :list \"domain\" \"urn:friends\""),
     "!has no tag ':list'"},

    {"6134 2.4 redirect to a list that is not there",
     with("extlists", "redirect :list \"urn:none\";"), "!run: there is no list urn:none"},
    {"6134 where there are no lists it cannot be had",
     with("ihave", "if ihave \"extlists\" { discard; }"), "keep"},

    // --- 6609, include
    {"6609 3.2 missing scripts are no error of the text",
     with("include", "if false { include \"none\"; }"), "keep"},
    {"6609 3.2 nor is recursion",
     with("include", "include :once \"self\";"),
     "keep",
     nullptr,
     {{"self", "require \"include\"; include :once \"self\";"}}},
    {"6609 3.2 :once within what is being run is none",
     with("include", "include \"a\"; discard;"),
     "discard",
     nullptr,
     {{"a", "require \"include\"; include \"b\";"},
      {"b", "require \"include\"; include :once \"a\"; include :once \"b\";"}}},
    {"6609 3.4 a private and a global variable of one name have nothing to do with each other",
     with("include variables fileinto", "set \"v\" \"1\"; set \"global.v\" \"2\"; "
                                        "fileinto \"${v}${global.v}\";"),
     "fileinto \"12\""},
    {"6609 3.4.2 a global one is not seen by its name alone",
     with("include variables fileinto", "set \"global.v\" \"2\"; fileinto \"x${v}\";"),
     "fileinto \"x\""},
    {"6609 3.4.2 declared or by its namespace it is one variable",
     with("include variables fileinto", "global \"v\"; set \"v\" \"1\"; set \"global.v\" \"2\"; "
                                        "fileinto \"${v}\";"),
     "fileinto \"2\""},
    {"6609 3.4.1 global needs include", with("variables", "global \"v\";"), "!needs require"},
    {"6609 3.4.2 an identifier", with("include variables", "set \"global.12\" \"v\";"),
     "!is not the name of a variable"},
    {"6609 3.4.1 no namespace", with("include variables", "global \"global.v\";"),
     "!cannot be made global"},
    {"6609 3.5 header edits go to the included one",
     with("include editheader", "addheader \"X\" \"a\"; deleteheader \"subject\"; include \"a\";"),
     "addheader \"X\" \"a\"; deleteheader \"subject\" :index 1; discard",
     nullptr,
     {{"a", "if allof (exists \"x\", not exists \"subject\") { discard; }"}}},
    {"6609 3.5 and back",
     with("include editheader",
          "include \"a\"; if allof (exists \"x\", not exists \"subject\") { discard; }"),
     "addheader \"X\" \"a\"; deleteheader \"subject\" :index 1; discard",
     nullptr,
     {{"a", "require \"editheader\"; addheader \"X\" \"a\"; deleteheader \"subject\";"}}},
    {"6609 3.6 a part is the whole message of an included script",
     with("include foreverypart variables fileinto",
          "foreverypart { include \"a\"; } fileinto \"${global.seen}\";"),
     "fileinto \"-one-two-inner\"",
     kMixed,
     {{"a", "require [\"include\", \"variables\"]; "
            "if header :matches [\"x-part\"] \"*\" "
            "{ set \"global.seen\" \"${global.seen}-${1}\"; } "
            "if allof (header :matches \"subject\" \"*\", not exists \"from\") "
            "{ set \"global.seen\" \"${global.seen}-${1}\"; }"}}},
    {"6609 3.6 its body and its size too",
     with("include foreverypart variables fileinto",
          "foreverypart { include \"a\"; } fileinto \"x${global.seen}\";"),
     "fileinto \"x12\"",
     kMixed,
     {{"a", "require [\"include\", \"variables\", \"body\"]; "
            "if allof (exists \"x-part\", body :text :contains \"one\") "
            "{ set \"global.seen\" \"${global.seen}1\"; } "
            "if allof (exists \"x-part\", size :under 150, body :text :contains \"<b>\") "
            "{ set \"global.seen\" \"${global.seen}2\"; }"}}},
    {"6609 3.6 and its own parts are the part's",
     with("include foreverypart variables fileinto",
          "foreverypart { include \"a\"; } fileinto \"x${global.seen}\";"),
     "fileinto \"x|*****|*|*|**|*\"",
     kMixed,
     {{"a", "require [\"include\", \"variables\", \"foreverypart\"]; "
            "set \"global.seen\" \"${global.seen}|\"; "
            "foreverypart { set \"global.seen\" \"${global.seen}*\"; }"}}},
    {"6609 3.6 edits there are of the message",
     with("include foreverypart editheader",
          "foreverypart { include \"a\"; } if allof (exists \"x\", not exists \"subject\") "
          "{ discard; }"),
     "addheader \"X\" \"a\"; deleteheader \"subject\" :index 1; discard",
     kMixed,
     {{"a", "require \"editheader\"; if header \"x-part\" \"two\" "
            "{ addheader \"X\" \"a\"; deleteheader \"subject\"; }"}}},
    {"6609 3.6 break is no included script's",
     with("include foreverypart", "foreverypart { include \"a\"; }"),
     "!run:",
     kMixed,
     {{"a", "require \"foreverypart\"; break;"}}},
    {"6609 3.6 stop in a loop's included script stops all",
     with("include foreverypart", "foreverypart { include \"a\"; } discard;"),
     "keep",
     kMixed,
     {{"a", "stop;"}}},
    {"6609 3.6 and behind the loop the message is the message",
     with("include foreverypart", "foreverypart { include \"a\"; } "
                                  "if header \"subject\" \"outer\" { discard; }"),
     "discard",
     kMixed,
     {{"a", "require \"include\"; return;"}}},

    // --- 7352, duplicate
    {"7352 3 not within one run", when("duplicate", "allof (not duplicate, duplicate)"),
     "keep; duplicate \"<m1@example.org>\" :seconds 604800"},
    {"7352 3.1 the first of several fields", when("duplicate", "duplicate :header \"x-id\""),
     "keep; duplicate \"one\" :seconds 604800", "X-Id: one\r\nX-Id: two\r\n\r\n"},
    {"7352 3.1 unfolded, decoded and trimmed", when("duplicate", "duplicate :header \"x-id\""),
     "keep; duplicate \"é b\" :seconds 604800", "X-Id: \t=?iso-8859-1?q?=e9?=\r\n b \r\n\r\n"},

    // --- 8579 and 8580
    {"8580 3 not for reject", with("fcc reject", "reject :fcc \"a\" \"b\";"), "!has no tag ':fcc'"},
    {"8580 3 an option twice",
     with("fcc vacation mailbox", "vacation :fcc \"a\" :create :create \"b\";"),
     "!one tag too many"},
    {"8580 3 :flags needs imap4flags",
     with("fcc vacation", "vacation :fcc \"a\" :flags \"b\" \"c\";"), "!has no tag ':flags'"},
    {"8579 4 the attribute may be a variable",
     with("special-use fileinto variables",
          "set \"u\" \"\\\\Junk\"; fileinto :specialuse \"${u}\" \"a\";"),
     "fileinto \"a\" :specialuse \"\\\\Junk\""},
    {"9042 4 :mailboxid with :create",
     with("mailboxid fileinto mailbox", "fileinto :mailboxid \"F1\" :create \"a\";"),
     "fileinto \"a\" :create :mailboxid \"F1\""},
    {"9042 3 must be required", with("fileinto", "fileinto :mailboxid \"F1\" \"a\";"),
     "!has no tag ':mailboxid'"},
};

START_TEST(musts)
{
    const Must& m = kMusts[_i];
    FakeWorld world;
    world.personal = m.personal;
    world.envelopes["from"] = m.from;
    test::check_case({m.name, m.script.c_str(), m.want.c_str(), m.message}, world);
}
END_TEST

START_TEST(rfc_5229_6_128_variables_of_4000_characters)
{
    FakeWorld world;
    sieve::Limits limits;
    limits.script_size = 1u << 20;
    std::string script = "require [\"variables\", \"fileinto\"];";
    for (int i = 0; i < 128; ++i)
        cat_to(script, "set \"v", i, "\" \"", std::string(3999, 'x'), i % 10, "\";");
    cat_to(script, "if string :matches \"${v127}\" \"*x7\" { fileinto \"${v3}\"; }");
    const std::string got = outcome(script, world, limits);
    ck_assert_msg(got.starts_with("!run: a string cannot be the name of a mailbox"), "%s",
                  got.c_str());
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/sieve/musts");
    TCase* c = tcase_create("all");
    tcase_add_loop_test(c, musts, 0, static_cast<int>(std::size(kMusts)));
    tcase_add_test(c, rfc_5229_6_128_variables_of_4000_characters);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered suite(make);

}  // namespace
