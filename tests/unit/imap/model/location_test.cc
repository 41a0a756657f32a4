#include "imap/model/location.h"

#include "tests/unit/unit.h"

using namespace rookery;

namespace {

START_TEST(locations_go_both_ways)
{
    struct {
        const char* text;
        const char* server;
        const char* partition;
    } rows[] = {{"be1.example.org!default", "be1.example.org", "default"},
                {"host:1143!default", "host:1143", "default"},
                {"be1!", "be1", ""},
                {"default", "", "default"}};
    for (const auto& row : rows) {
        auto l = model::parse_location(row.text);
        ASSERT_OK(l);
        ASSERT_EQ_TEXT(l->server, row.server);
        ASSERT_EQ_TEXT(l->partition, row.partition);
        ASSERT_EQ_TEXT(model::to_string(*l), row.text);
    }
    for (const char* bad : {"", "a!b!c", "!part", "a b!c", "a!b\r\n", "a!b!"})
        ASSERT_CODE(model::parse_location(bad), Code::syntax);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/model/location");
    TCase* c = tcase_create("all");
    tcase_add_test(c, locations_go_both_ways);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
