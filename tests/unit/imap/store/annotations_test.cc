// Annotations: their file, their limits, and that they go where the mailbox goes.
#include <unistd.h>

#include "imap/store/annotation_format.h"
#include "tests/unit/imap/store/fixture.h"

namespace {

using namespace rookery;
using namespace rookery::store;
using namespace rookery::test;
using mailbox::Annotation;
using mailbox::AnnotationChange;

Status set(StoreFixture& f, const model::MailboxEntry& box, const std::string& entry,
           const std::string& userid, std::optional<std::string> value)
{
    const AnnotationChange change{entry, userid, std::move(value)};
    return f.store->annotations()->set(box, {&change, 1});
}

// "entry user=value" with ; behind each.
std::string all_of(StoreFixture& f, const model::MailboxEntry& box)
{
    auto list = f.store->annotations()->list(box);
    ASSERT_OK(list);
    std::string out;
    for (const Annotation& a : *list) cat_to(out, a.entry, ' ', a.userid, '=', a.value, ';');
    return out;
}

START_TEST(values_of_any_bytes_come_back_in_order)
{
    StoreFixture f;
    auto box = entry_of("user.bob");
    f.create(box);
    ASSERT_EQ_TEXT(all_of(f, box), "");
    const std::string odd("end 1\n\0\r\n\t7\t/x\t\n", 16);
    ASSERT_OK(set(f, box, "/comment", "bob", odd));
    ASSERT_OK(set(f, box, "/comment", "", ""));
    ASSERT_OK(set(f, box, "/a", "", "x"));
    ck_assert(all_of(f, box) == cat("/a =x;/comment =;/comment bob=", odd, ";"));
    ASSERT_OK(set(f, box, "/comment", "bob", "new"));
    ASSERT_OK(set(f, box, "/a", "", std::nullopt));
    ASSERT_OK(set(f, box, "/none", "", std::nullopt));
    ASSERT_EQ_TEXT(all_of(f, box), "/comment =;/comment bob=new;");
}
END_TEST

START_TEST(all_of_the_changes_are_made_or_none)
{
    StoreFixture f;
    auto box = entry_of("user.bob");
    f.create(box);
    std::vector<AnnotationChange> changes;
    for (size_t i = 0; i < mailbox::kMaxAnnotations; i++)
        changes.push_back({cat("/n", i), "", "v"});
    ASSERT_OK(f.store->annotations()->set(box, changes));
    const std::string before = all_of(f, box);
    const AnnotationChange two[] = {{"/n0", "", "other"}, {"/more", "", "v"}};
    ASSERT_CODE(f.store->annotations()->set(box, two), Code::limit);
    ck_assert(all_of(f, box) == before);
    // Another user's are counted by themselves; for one that goes another may come.
    ASSERT_OK(set(f, box, "/more", "ann", "v"));
    const AnnotationChange swap[] = {{"/n0", "", std::nullopt}, {"/more", "", "v"}};
    ASSERT_OK(f.store->annotations()->set(box, swap));
    const std::string big(mailbox::kMaxAnnotationValue, 'x');
    ASSERT_OK(set(f, box, "/more", "ann", big));
    ASSERT_CODE(set(f, box, "/more", "ann", big + "x"), Code::limit);
    ASSERT_CODE(set(f, box, std::string(mailbox::kMaxAnnotationName + 1, 'n'), "", "v"),
                Code::limit);
    ASSERT_CODE(set(f, box, "/a\nb", "", "v"), Code::limit);
}
END_TEST

START_TEST(a_mailbox_has_room_for_so_many_bytes)
{
    StoreFixture f;
    auto box = entry_of("user.bob");
    f.create(box);
    const std::string big(mailbox::kMaxAnnotationValue, 'x');
    size_t fit = 0;
    while (set(f, box, "/big", cat("user", fit), big)) fit++;
    ck_assert_uint_eq(fit, mailbox::kMaxAnnotationBytes / mailbox::kMaxAnnotationValue - 1);
    ASSERT_CODE(set(f, box, "/big", "another", big), Code::limit);
    ASSERT_OK(set(f, box, "/big", "user0", std::nullopt));
    ASSERT_OK(set(f, box, "/big", "another", big));
}
END_TEST

START_TEST(they_go_where_the_mailbox_goes_and_end_with_it)
{
    StoreFixture f;
    auto box = entry_of("user.bob.a");
    f.create(box);
    ASSERT_OK(set(f, box, "/comment", "", "mine"));
    auto renamed = entry_of("user.bob.b");
    ASSERT_OK(f.store->rename(box, renamed));
    ASSERT_EQ_TEXT(all_of(f, renamed), "/comment =mine;");
    // In parts: there is a mailbox below, and another partition.
    f.create(entry_of("user.bob.b.below", "2"));
    auto again = entry_of("user.bob.c");
    ASSERT_OK(f.store->rename(renamed, again));
    auto other = entry_of("user.bob.c", "00c0ffee", "two");
    ASSERT_OK(f.store->rename(again, other));
    ASSERT_EQ_TEXT(all_of(f, other), "/comment =mine;");
    ASSERT_OK(f.store->remove(other));
    f.create(entry_of("user.bob.c", "3", "two"));
    ASSERT_EQ_TEXT(all_of(f, entry_of("user.bob.c", "3", "two")), "");
}
END_TEST

START_TEST(a_damaged_file_is_noticed)
{
    const Annotation one{"/comment", "bob", "value"};
    auto text = encode_annotations({&one, 1});
    ASSERT_OK(text);
    auto back = decode_annotations(*text);
    ASSERT_OK(back);
    ck_assert(back->size() == 1 && (*back)[0].value == "value" && (*back)[0].userid == "bob");
    for (size_t i = kAnnotationsFirstLine.size(); i < text->size(); i++) {
        std::string damaged = *text;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        ASSERT_CODE(decode_annotations(damaged), Code::corrupt);
        ASSERT_CODE(decode_annotations(text->substr(0, i)), Code::corrupt);
    }
    ASSERT_CODE(decode_annotations("rookery annotations 2\n"), Code::unsupported);
    ASSERT_CODE(decode_annotations(""), Code::corrupt);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/store annotations");
    TCase* tc = tcase_create("annotations");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, values_of_any_bytes_come_back_in_order);
    tcase_add_test(tc, all_of_the_changes_are_made_or_none);
    tcase_add_test(tc, a_mailbox_has_room_for_so_many_bytes);
    tcase_add_test(tc, they_go_where_the_mailbox_goes_and_end_with_it);
    tcase_add_test(tc, a_damaged_file_is_noticed);
    suite_add_tcase(suite, tc);
    return suite;
}
const rookery::test::Registered suite(make);

}  // namespace
