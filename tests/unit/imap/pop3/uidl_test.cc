#include "imap/pop3/uidl.h"

#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using config::UidlFormat;

START_TEST(formats)
{
    const struct {
        UidlFormat format;
        uint32_t uidvalidity;
        uint32_t uid;
        const char* id;
    } kCases[] = {
        {UidlFormat::cyrus, 1700000000, 42, "1700000000.42"},
        {UidlFormat::uidonly, 1700000000, 42, "42"},
        {UidlFormat::dovecot, 1700000000, 42, "0000002a6553f100"},
        {UidlFormat::courier, 1700000000, 42, "1700000000-42"},
        {UidlFormat::cyrus, 1, 4294967295U, "1.4294967295"},
        {UidlFormat::uidonly, 1, 4294967295U, "4294967295"},
        {UidlFormat::dovecot, 1, 4294967295U, "ffffffff00000001"},
        {UidlFormat::dovecot, 0xABCDEF01U, 0x10U, "00000010abcdef01"},
        {UidlFormat::courier, 4294967295U, 1, "4294967295-1"},
    };
    for (const auto& c : kCases)
        ASSERT_EQ_TEXT(pop3::uidl(c.format, c.uidvalidity, c.uid), c.id);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("uidl");
    TCase* c = tcase_create("uidl");
    tcase_add_test(c, formats);
    suite_add_tcase(suite, c);
    return suite;
}
const test::Registered registered(make);

}  // namespace
