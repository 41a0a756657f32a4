// RFC 5802 5 and RFC 7677 3 give the password, salt and exchange from which these keys follow.
#include "lib/auth/hashed_password.h"

#include <string>

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using rookery::cat;
using rookery::auth::matches_hashed;

constexpr const char* kSha256 =
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
constexpr const char* kSha1 =
    "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE=";

START_TEST(the_password_of_the_standards_matches)
{
    for (const char* stored : {kSha256, kSha1}) {
        ck_assert_msg(matches_hashed(stored, "pencil"), "%s", stored);
        for (const char* wrong : {"", "pencil ", "Pencil", "penci"})
            ck_assert_msg(!matches_hashed(stored, wrong), "%s: %s", stored, wrong);
    }
}
END_TEST

START_TEST(what_is_not_of_the_form_matches_nothing)
{
    const std::string keys = "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
                             "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    for (const std::string& stored :
         {std::string(), std::string("pencil"), cat("SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==", keys),
          cat("SCRAM-SHA-257$4096:W22ZaJ0SNY7soEsUEjb6gQ==", keys),
          cat("SCRAM-SHA-1$4096:W22ZaJ0SNY7soEsUEjb6gQ==", keys),
          cat("SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==", keys),
          cat("SCRAM-SHA-256$-1:W22ZaJ0SNY7soEsUEjb6gQ==", keys),
          cat("SCRAM-SHA-256$1000001:W22ZaJ0SNY7soEsUEjb6gQ==", keys),
          cat("SCRAM-SHA-256$4096:", keys), cat("SCRAM-SHA-256$4096:?", keys),
          cat("SCRAM-SHA-256$4096", keys), cat(std::string(kSha256), "$"),
          std::string("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$:"),
          std::string("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d:WG5d")})
        ck_assert_msg(!matches_hashed(stored, "pencil"), "%s", stored.c_str());
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/auth/hashed_password");
    TCase* c = tcase_create("all");
    tcase_add_test(c, the_password_of_the_standards_matches);
    tcase_add_test(c, what_is_not_of_the_form_matches_nothing);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
