// Sieve scripts run over a message in a world made of plain fields: rows of tables.
//
// A row's expectation is the actions as to_text() has them, with "; " between, or "!text": the
// script does not compile, or its run fails, with an error that holds the text.
#ifndef ROOKERY_TESTS_UNIT_IMAP_SIEVE_CASES_H
#define ROOKERY_TESTS_UNIT_IMAP_SIEVE_CASES_H

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "imap/sieve/compile.h"
#include "imap/sieve/environment.h"
#include "imap/sieve/run.h"

namespace rookery::test {

struct SieveCase {
    const char* name;
    const char* script;
    const char* want;
    const char* message = nullptr;  // null: kMessage
};

extern const char* const kMessage;

class FakeWorld : public sieve::Environment {
 public:
    std::string bytes = kMessage;
    std::map<std::string, std::string, std::less<>> envelopes{{"from", "alice+x@example.org"},
                                                              {"to", "bob+list@example.com"}};
    text::DateTime time{1104537600, 60};  // 2005-01-01T00:00:00Z, at +0100
    std::vector<std::string> own;
    std::string keep_in = "INBOX";
    std::set<std::string> mailboxes{"INBOX", "there"};
    std::set<std::string> mailbox_ids{"F1"};
    std::map<std::string, std::string> special_uses{{"\\Junk", "Spam"}};  // attribute, mailbox
    std::map<std::string, std::string> annotations{{"INBOX/private/comment", "mine"},
                                                   {"/shared/admin", "root@example.org"}};
    std::set<std::string> seen;
    std::map<std::string, std::string> personal;
    std::map<std::string, std::string> global;
    std::map<std::string, unsigned, std::less<>> scores;
    std::map<std::string, std::set<std::string>> lists{
        {"urn:friends", {"alice+x@example.org", "alice@example.org"}}};

    std::string_view message() override { return bytes; }
    std::optional<std::string> envelope(std::string_view part) override;
    text::DateTime now() override { return time; }
    std::vector<std::string> own_addresses() override { return own; }
    std::string keep_mailbox() override { return keep_in; }
    Result<bool> mailbox_exists(const std::string& name) override;
    Result<bool> mailboxid_exists(const std::string& id) override;
    Result<bool> special_use_exists(const std::string* mailbox,
                                    const std::vector<std::string>& attributes) override;
    Result<std::optional<std::string>> metadata(const std::string* mailbox,
                                                const std::string& annotation) override;
    Result<bool> was_seen(const sieve::DuplicateMark& mark) override;
    std::optional<std::string> item(std::string_view name) override;
    Result<const sieve::Program*> script(sieve::Location location,
                                         const std::string& name) override;
    std::optional<unsigned> test_score(std::string_view test) override;
    Result<bool> list_contains(const std::string& list, const std::string& value) override;
    std::optional<std::string> notify_capability(const std::string& uri,
                                                 std::string_view capability) override;

 private:
    std::vector<sieve::Compiled> compiled_;
};

// What became of it, in the form of SieveCase::want; an error begins with "!".
std::string outcome(std::string_view script, FakeWorld& world, const sieve::Limits& limits = {});
// Ends the test if the row does not hold.
void check_case(const SieveCase& row, FakeWorld& world, const sieve::Limits& limits = {});

}  // namespace rookery::test

// A loop test of one table of rows, each in a world of its own.
#define SIEVE_TABLE(function, table)                   \
    START_TEST(function)                               \
    {                                                  \
        rookery::test::FakeWorld world;                \
        rookery::test::check_case((table)[_i], world); \
    }                                                  \
    END_TEST

// A file's suite, if one table is all that it has.
#define SIEVE_SUITE(name, table)                                             \
    SIEVE_TABLE(rows, table)                                                 \
    Suite* make()                                                            \
    {                                                                        \
        Suite* s = suite_create(name);                                       \
        TCase* c = tcase_create("all");                                      \
        tcase_add_loop_test(c, rows, 0, static_cast<int>(std::size(table))); \
        suite_add_tcase(s, c);                                               \
        return s;                                                            \
    }                                                                        \
    const rookery::test::Registered suite(make);

#endif
