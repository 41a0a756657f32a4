// RFC 5173, body; RFC 5703, parts.
#include "tests/unit/imap/sieve/cases.h"
#include "tests/unit/unit.h"

namespace {

using rookery::test::SieveCase;

const char* const kMime =
    "From: a@b.c\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=\"xx\"\r\n\r\n"
    "prologue\r\n--xx\r\n"
    "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: "
    "quoted-printable\r\n"
    "\r\n"
    "gr=FC=DFe\r\n--xx\r\n"
    "Content-Type: text/html; charset=\"utf-8\"; name=\"a.html\"\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\n"
    "PGI+aGk8L2I+\r\n--xx\r\n"
    "Content-Type: message/rfc822\r\n\r\n"
    "Subject: inner\r\nX-Inner: yes\r\n\r\nnested text\r\n--xx--\r\nepilogue\r\n";

const SieveCase kRows[] = {
    {"5173 5.3 :text is the default",
     "require [\"body\",\"variables\"]; if body :contains \"IS A body\" { discard; }", "discard"},
    {"5173 5.1 :raw",
     "require [\"body\",\"variables\"]; if body :raw :contains \"=FC\" { discard; }", "discard",
     kMime},
    {"5173 5.1 :raw has no header",
     "require [\"body\",\"variables\"]; if body :raw :contains \"Subject: s\" { discard; }", "keep",
     kMime},
    {"5173 5.3 decoded",
     "require [\"body\",\"variables\"]; if body :text :contains \"grüße\" { discard; }",
     "discard",
     kMime},
    {"5173 5.2 one type",
     "require [\"body\",\"variables\"]; if body :content \"text/html\" :contains \"<b>hi\" { "
     "discard; }",
     "discard", kMime},
    {"5173 5.2 not another type",
     "require [\"body\",\"variables\"]; if body :content \"text/plain\" :contains \"<b>hi\" { "
     "discard; }",
     "keep", kMime},
    {"5173 5.2 a whole type",
     "require [\"body\",\"variables\"]; if body :content \"text\" :contains \"nested\" { discard; "
     "}",
     "discard", kMime},
    {"5173 5.2 every type",
     "require [\"body\",\"variables\"]; if body :content \"\" :contains \"nested\" { discard; }",
     "discard", kMime},
    {"5173 5.2 a type that cannot be",
     "require [\"body\",\"variables\"]; if body :content [\"/x\",\"text/\"] :contains \"\" { "
     "discard; }",
     "keep", kMime},
    {"5173 5.2 a multipart is what is around its parts",
     "require [\"body\",\"variables\"]; if allof(body :content \"multipart\" :contains "
     "\"prologue\", body :content \"multipart\" :contains \"epilogue\", not body :content "
     "\"multipart\" :contains \"gr\") { discard; }",
     "discard", kMime},
    {"5173 5.2 an enclosed message is its header",
     "require [\"body\",\"variables\"]; if allof(body :content \"message/rfc822\" :contains "
     "\"X-Inner\", not body :content \"message/rfc822\" :contains \"nested\") { discard; }",
     "discard", kMime},
    {"5173 5.2 not across parts",
     "require [\"body\",\"variables\"]; if body :content \"text\" :matches \"*gr*hi*\" { discard; "
     "}",
     "keep", kMime},
    {"5173 6 no match variables",
     "require [\"body\",\"variables\"]; if string :matches \"a\" \"*\" {} if body :matches "
     "\"*Hello*\" { set \"x\" \"${1}\"; } if string \"${x}\" \"a\" { discard; }",
     "discard"},
    {"5173 two transforms", "require [\"body\",\"variables\"]; if body :raw :text \"a\" {}",
     "!body transform was given already"},
    {"5173 no body", "require [\"body\",\"variables\"]; if body :contains \"\" { discard; }",
     "discard", "A: b\n\n"},
    {"5703 3 each part",
     "require [\"foreverypart\",\"mime\",\"extracttext\",\"variables\",\"fileinto\",\"body\"]; "
     "foreverypart { if header :mime :contenttype \"content-type\" \"text/html\" { fileinto "
     "\"html\"; } }",
     "fileinto \"html\"", kMime},
    {"5703 3 break",
     "require [\"foreverypart\",\"mime\",\"extracttext\",\"variables\",\"fileinto\",\"body\"]; "
     "foreverypart { if header :mime :type \"content-type\" \"text\" { fileinto \"a\"; break; } "
     "fileinto \"b\"; }",
     "fileinto \"b\"; fileinto \"a\"", kMime},
    {"5703 3 break of an outer loop",
     "require [\"foreverypart\",\"mime\",\"extracttext\",\"variables\",\"fileinto\",\"body\"]; "
     "foreverypart :name \"o\" { foreverypart { fileinto \"i\"; break :name \"o\"; } } fileinto "
     "\"z\";",
     "fileinto \"i\"; fileinto \"z\"", kMime},
    {"5703 3 break without a loop",
     "require [\"foreverypart\",\"mime\",\"extracttext\",\"variables\",\"fileinto\",\"body\"]; "
     "break;",
     "!outside of 'foreverypart'"},
    {"5703 3 break of no loop",
     "require [\"foreverypart\",\"mime\",\"extracttext\",\"variables\",\"fileinto\",\"body\"]; "
     "foreverypart :name \"a\" { break :name \"b\"; }",
     "!no loop around 'break'"},
    {"5703 3 stop in a loop",
     "require [\"foreverypart\",\"mime\",\"extracttext\",\"variables\",\"fileinto\",\"body\"]; "
     "foreverypart { stop; } discard;",
     "keep", kMime},
    {"5703 4 :mime of the message",
     "require [\"foreverypart\",\"mime\",\"extracttext\",\"variables\",\"fileinto\",\"body\"]; if "
     "header :mime :subtype \"content-type\" \"mixed\" { discard; }",
     "discard", kMime},
    {"5703 4 :anychild",
     "require [\"foreverypart\",\"mime\",\"extracttext\",\"variables\",\"fileinto\",\"body\"]; if "
     "header :mime :anychild :contenttype \"content-type\" \"text/html\" { discard; }",
     "discard", kMime},
    {"5703 4 :param",
     "require [\"foreverypart\",\"mime\",\"extracttext\",\"variables\",\"fileinto\",\"body\"]; if "
     "header :mime :anychild :param [\"filename\",\"name\"] \"content-type\" \"a.html\" { discard; "
     "}",
     "discard", kMime},
    {"5703 4 :anychild without :mime",
     "require [\"foreverypart\",\"mime\",\"extracttext\",\"variables\",\"fileinto\",\"body\"]; if "
     "header :anychild \"a\" \"b\" {}",
     "!':anychild' needs ':mime'"},
    {"5703 4 two options",
     "require [\"foreverypart\",\"mime\",\"extracttext\",\"variables\",\"fileinto\",\"body\"]; if "
     "header :mime :type :subtype \"a\" \"b\" {}",
     "!MIME option was given already"},
    {"5703 4.3 exists",
     "require [\"foreverypart\",\"mime\",\"extracttext\",\"variables\",\"fileinto\",\"body\"]; if "
     "exists :mime :anychild \"x-inner\" { discard; }",
     "discard", kMime},
    {"5703 4.3 not without :anychild",
     "require [\"foreverypart\",\"mime\",\"extracttext\",\"variables\",\"fileinto\",\"body\"]; if "
     "exists :mime \"x-inner\" { discard; }",
     "keep", kMime},
    {"5703 7 extracttext",
     "require [\"foreverypart\",\"mime\",\"extracttext\",\"variables\",\"fileinto\",\"body\"]; "
     "foreverypart { if header :mime :subtype \"content-type\" \"plain\" { extracttext :first 4 "
     ":upper \"t\"; fileinto \"${t}\"; break; } }",
     "fileinto \"GRüß\"", kMime},
    {"5703 7 extracttext without a loop",
     "require [\"foreverypart\",\"mime\",\"extracttext\",\"variables\",\"fileinto\",\"body\"]; "
     "extracttext \"t\";",
     "!outside of 'foreverypart'"},
};

SIEVE_SUITE("imap/sieve/rfc5173", kRows)

}  // namespace
