// Mailboxes made, removed, renamed, filled, by the interface.
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/config/config.h"
#include "tests/unit/imap/store/fixture.h"

namespace {

using namespace rookery;
using namespace rookery::store;
using namespace rookery::test;

START_TEST(a_mailbox_is_made_once_and_starts_empty)
{
    StoreFixture f;
    auto inbox = entry_of("user.bob");
    ck_assert(!f.store->has(inbox));
    uint32_t validity = f.create(inbox);
    ck_assert(f.store->has(inbox) && !f.store->has_messages(inbox) && validity > 0);
    ASSERT_CODE(f.store->create(inbox), Code::exists);
    auto items = f.store->status(inbox, "bob");
    ASSERT_OK(items);
    ck_assert(items->messages == 0 && items->uidnext == 1 && items->uidvalidity == validity);
    ck_assert(items->highestmodseq == 1);
    auto below = entry_of("user.bob.sub", "2");
    below.uidvalidity = 12345;
    ck_assert_uint_eq(f.create(below), 12345);
    ASSERT_CODE(f.store->create(entry_of("user.x", "3", "none")), Code::not_found);
    // Its directory is there because of the mailbox below.
    f.create(entry_of("user.x.y", "4"));
    ASSERT_CODE(f.store->open(entry_of("user.x"), "x", mailbox::OpenMode::read_only), Code::io);
    ASSERT_CODE(f.store->status(entry_of("user.x"), "x"), Code::io);
    ASSERT_CODE(f.try_append(entry_of("user.x"), {mail("1")}), Code::io);
    ASSERT_CODE(f.try_append(entry_of("user.z"), {mail("1")}), Code::io);
}
END_TEST

START_TEST(a_name_used_again_has_another_uidvalidity)
{
    StoreFixture f;
    auto box = entry_of("user.bob.x");
    uint32_t last = 0;
    for (int i = 0; i < 5; i++) {
        uint32_t validity = f.create(box);
        ck_assert(validity > last);
        last = validity;
        ASSERT_OK(f.store->remove(box));
        ck_assert(!f.store->has(box));
    }
    ASSERT_OK(f.store->remove(box));
}
END_TEST

START_TEST(removing_leaves_the_mailboxes_below)
{
    StoreFixture f;
    auto inbox = entry_of("user.bob");
    auto below = entry_of("user.bob.sub", "2");
    f.create(inbox);
    f.create(below);
    f.append(inbox, {mail("1")});
    f.append(below, {mail("2")});
    ck_assert(f.store->has_messages(inbox));
    ASSERT_OK(f.store->remove(inbox));
    ck_assert(!f.store->has(inbox) && !f.store->has_messages(inbox));
    ASSERT_EQ_TEXT(text_of(*f.open(below), 1), mail("2"));
    ASSERT_OK(f.store->remove(below));
    struct stat st {};
    ck_assert(::stat(f.dir.file("spool/user").c_str(), &st) != 0);
}
END_TEST

START_TEST(renaming_keeps_uids_flags_and_id)
{
    for (const char* to_partition : {"default", "two"}) {
        for (bool with_child : {false, true}) {
            StoreFixture f;
            auto from = entry_of("user.bob.a", "77");
            auto child = entry_of("user.bob.a.c", "78");
            auto to = entry_of("user.bob.b", "77", to_partition);
            uint32_t validity = f.create(from);
            if (with_child) f.create(child);
            f.append(from, {mail("1"), mail("2"), mail("3")}, flags(model::kSeen, {"$L"}));
            {
                auto view = f.open(from);
                const uint32_t two[] = {2};
                ASSERT_OK(view->store_flags(two, mailbox::FlagChange::add, flags(model::kDeleted),
                                            nullptr));
                ASSERT_OK(view->expunge(nullptr));
            }
            ASSERT_OK(f.store->rename(from, to));
            ck_assert(!f.store->has(from) && f.store->has(to));
            ck_assert(f.store->has(child) == with_child);
            auto view = f.open(to);
            ck_assert(view->exists() == 2 && view->uidvalidity() == validity);
            ck_assert(view->message(2).uid == 3 && view->message(2).system_flags == model::kSeen);
            ck_assert(view->keywords() == std::vector<std::string>{"$L"});
            ASSERT_EQ_TEXT(text_of(*view, 2), mail("3"));
            ck_assert(view->cached(2).ok());
            ck_assert_uint_eq(f.append(to, {mail("4")}).at(0), 4);
            ASSERT_OK(f.store->rename(from, to));  // told again after a crash
            ASSERT_CODE(f.store->rename(entry_of("user.bob.none", "5"), to), Code::not_found);
            f.create(from);
            ASSERT_CODE(f.store->rename(entry_of("user.bob.none", "5"), from), Code::not_found);
            auto other = entry_of("user.bob.other", "9");
            f.create(other);
            ASSERT_CODE(f.store->rename(other, to), Code::exists);
        }
    }
}
END_TEST

START_TEST(a_group_is_appended_whole_or_not_at_all)
{
    StoreFixture f;
    auto inbox = entry_of("user.bob");
    f.create(inbox);
    std::vector<std::string> names;
    for (size_t i = 0; i <= model::kMaxKeywords; i++) names.push_back(cat("k", i));
    ASSERT_CODE(f.try_append(inbox, {mail("1"), mail("2")}, flags(0, names)), Code::limit);
    ck_assert(f.store->status(inbox, "bob")->messages == 0 && !f.store->has_messages(inbox));
    ck_assert_uint_eq(f.append(inbox, {mail("1")}).at(0), 1);
    ASSERT_EQ_TEXT(list(f.append(inbox, {mail("2"), mail("3"), mail("4")})), "2,3,4");
    auto items = f.store->status(inbox, "bob");
    ck_assert(items->messages == 4 && items->unseen == 4 && items->uidnext == 5);
    ck_assert_uint_eq(items->size, 4 * mail("1").size());
}
END_TEST

START_TEST(one_staged_message_goes_to_many_mailboxes_by_link)
{
    StoreFixture f;
    auto staged = f.store->stage("default");
    ASSERT_OK(staged);
    ASSERT_OK((*staged)->write(mail("many")));
    for (int i = 0; i < 3; i++) {
        auto box = entry_of(cat("user.u", i));
        f.create(box);
        mailbox::AppendItem item{staged->get(), {}, 5, 0};
        ASSERT_OK(f.store->append(box, "", {&item, 1}));
        ASSERT_EQ_TEXT(text_of(*f.open(box, cat("u", i)), 1), mail("many"));
    }
    ASSERT_CODE((*staged)->write("more"), Code::unsupported);
    struct stat st {};
    ck_assert(::stat(f.dir.file("spool/user/u0/1.").c_str(), &st) == 0);
    ck_assert_uint_eq(st.st_nlink, 4);
    f.options.link_messages = false;
    LocalStore copying(f.options);
    mailbox::AppendItem item{staged->get(), {}, 5, 0};
    ASSERT_OK(copying.append(entry_of("user.u1"), "", {&item, 1}));
    ck_assert(::stat(f.dir.file("spool/user/u1/2.").c_str(), &st) == 0 && st.st_nlink == 1);
    auto elsewhere = entry_of("user.far", "1", "two");
    f.create(elsewhere);
    ASSERT_OK(f.store->append(elsewhere, "", {&item, 1}));
    ASSERT_EQ_TEXT(text_of(*f.open(elsewhere, "far"), 1), mail("many"));
}
END_TEST

START_TEST(a_message_that_cannot_be_placed_takes_the_others_of_its_append_back)
{
    StoreFixture f;
    const model::MailboxEntry box = entry_of("user.bob");
    f.create(box);
    f.append(box, {mail("one")});
    auto exists = [&](std::string_view name) {
        return ::access(f.dir.file(cat("spool/user/bob/", name)).c_str(), F_OK) == 0;
    };
    const std::string in_the_way = f.dir.file("spool/user/bob/4.");
    ck_assert_int_eq(::mkdir(in_the_way.c_str(), 0700), 0);
    ck_assert(!f.try_append(box, {mail("two"), mail("three"), mail("four")}));
    ck_assert(!exists("2."));
    ck_assert(!exists("3."));
    ck_assert_uint_eq(f.open(box)->exists(), 1);
    ck_assert_int_eq(::rmdir(in_the_way.c_str()), 0);
    ASSERT_EQ_TEXT(list(f.append(box, {mail("two"), mail("three"), mail("four")})), "2,3,4");
    ASSERT_EQ_TEXT(text_of(*f.open(box), 4), mail("four"));
}
END_TEST

START_TEST(a_locked_mailbox_is_busy_and_can_be_read)
{
    StoreFixture f;
    auto inbox = entry_of("user.bob");
    f.create(inbox);
    f.append(inbox, {mail("1")});
    auto directory = f.store->open_directory(inbox);
    ASSERT_OK(directory);
    auto lock = MailboxLock::take(directory->get(), Milliseconds(0), false);
    ASSERT_OK(lock);
    f.options.lock_wait = Milliseconds(50);
    LocalStore store(f.options);
    f.store = std::make_unique<LocalStore>(f.options);
    ASSERT_CODE(f.try_append(inbox, {mail("2")}), Code::busy);
    ASSERT_CODE(f.store->remove(inbox), Code::busy);
    auto view = f.open(inbox);
    ASSERT_EQ_TEXT(text_of(*view, 1), mail("1"));
    ASSERT_OK(view->refresh(true));
    ck_assert_uint_eq(f.store->status(inbox, "bob")->messages, 1);
}
END_TEST

START_TEST(a_mailbox_restored_without_lock_and_index_says_so)
{
    StoreFixture f;
    auto inbox = entry_of("user.bob");
    f.create(inbox);
    ck_assert_int_eq(::unlink(f.dir.file("spool/user/bob/rookery.lock").c_str()), 0);
    ck_assert_uint_eq(f.append(inbox, {mail("1")}).at(0), 1);
    ck_assert_int_eq(::unlink(f.dir.file("spool/user/bob/rookery.index").c_str()), 0);
    ASSERT_CODE(f.try_append(inbox, {mail("2")}), Code::corrupt);
    ASSERT_CODE(f.store->open(inbox, "bob", mailbox::OpenMode::read_only), Code::corrupt);
    ASSERT_CODE(f.store->status(inbox, "bob"), Code::corrupt);
}
END_TEST

// Every line end as CRLF, said in another way than the store does it.
std::string with_crlf(const std::string& text)
{
    std::string out;
    for (size_t i = 0; i < text.size(); i++) {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += "\r\n";
        if (text[i] == '\r') out += "\r\n";
        if (text[i] != '\n' && text[i] != '\r') out += text[i];
    }
    return out;
}

START_TEST(real_mail_comes_back_as_it_was)
{
    // From Debian's libpython3.11-testsuite, where it is installed.
    const char* folder = "/usr/lib/python3.11/test/test_email/data";
    DIR* dir = ::opendir(folder);
    if (dir == nullptr) return;
    StoreFixture f;
    auto inbox = entry_of("user.bob");
    f.create(inbox);
    std::vector<std::string> texts;
    while (const dirent* entry = ::readdir(dir)) {
        auto text = read_file(cat(folder, '/', std::string_view(entry->d_name)), 10u << 20);
        if (!text) continue;
        if (text->find('\0') != text->npos) {
            ASSERT_CODE(f.try_append(inbox, {*text}), Code::syntax);
            continue;
        }
        f.append(inbox, {*text});
        texts.push_back(*text);
    }
    ::closedir(dir);
    ck_assert(texts.size() > 20);
    auto view = f.open(inbox);
    for (uint32_t n = 1; n <= view->exists(); n++) {
        std::string bytes = text_of(*view, n);
        ASSERT_EQ_TEXT(bytes, with_crlf(texts[n - 1]));
        auto cached = view->cached(n);
        auto rendered = render(bytes);
        ASSERT_OK(cached);
        ck_assert(cached->envelope == rendered->envelope && cached->body == rendered->body);
        ck_assert(cached->bodystructure == rendered->bodystructure);
        ck_assert(cached->sections == rendered->sections);
    }
}
END_TEST

START_TEST(a_message_appended_as_seen_is_seen_by_who_appended_it)
{
    StoreFixture f;
    auto shared = entry_of("shared.box", "55");
    f.create(shared);
    f.append(shared, {mail("1"), mail("2")}, flags(model::kSeen | model::kDraft), "ann");
    ck_assert_uint_eq(f.store->status(shared, "ann")->unseen, 0);
    ck_assert_uint_eq(f.store->status(shared, "ben")->unseen, 2);
    ck_assert(f.open(shared, "ben")->message(1).system_flags == model::kDraft);
    auto ann = f.open(shared, "ann");
    ck_assert(ann->message(2).system_flags == (model::kSeen | model::kDraft));
    auto own = entry_of("user.ben");
    f.create(own);
    const uint32_t both[] = {1, 2};
    ASSERT_OK(ann->copy_to(own, "ann", both, {}));
    ck_assert(f.store->status(own, "ann")->unseen == 0 && f.store->status(own, "ben")->unseen == 2);
}
END_TEST

START_TEST(the_acl_is_kept_in_the_header)
{
    StoreFixture f;
    auto inbox = entry_of("user.bob");
    f.create(inbox);
    auto acl = model::Acl::parse("ann\tlrs\t");
    ASSERT_OK(acl);
    inbox.acl = *acl;
    ASSERT_OK(f.store->acl_changed(inbox));
    auto directory = f.store->open_directory(inbox);
    auto header = HeaderFile::read(directory->get());
    ASSERT_OK(header);
    ASSERT_EQ_TEXT(header->acl, "ann\tlrs\t");
    ASSERT_EQ_TEXT(header->name, "user.bob");
    ASSERT_EQ_TEXT(header->uniqueid, "00c0ffee");
}
END_TEST

START_TEST(messages_without_a_mailbox_are_not_overwritten)
{
    StoreFixture f;
    auto inbox = entry_of("user.bob");
    f.create(inbox);
    f.append(inbox, {mail("1"), mail("2")});
    ::unlink(f.dir.file("spool/user/bob/rookery.header").c_str());
    ck_assert(!f.store->has(inbox) && f.store->has_messages(inbox));
    f.create(inbox);
    ck_assert_uint_eq(f.append(inbox, {mail("3")}).at(0), 3);
}
END_TEST

// What a message is to discard(): one that was committed, or that lay there before. A file of an
// append that did not come to its end is none; an index that cannot be read proves nothing.
START_TEST(discard_leaves_messages_and_nothing_else)
{
    const struct {
        const char* what;
        std::vector<std::string> before, committed, uncommitted;
        const char* spoilt;
        bool refused;
        bool is_gone;
    } kCases[] = {
        {"empty", {}, {}, {}, nullptr, false, true},
        {"committed", {}, {"1"}, {}, nullptr, true, false},
        {"cut short", {}, {}, {"1.", "2."}, nullptr, false, true},
        {"committed, and cut short", {}, {"1"}, {"2."}, nullptr, true, false},
        {"of before", {"7."}, {}, {}, nullptr, true, false},
        {"of before, and cut short", {"7."}, {}, {"8."}, nullptr, true, false},
        {"cut short, bad index", {}, {}, {"1."}, "rookery.index", true, false},
        {"cut short, no header", {}, {}, {"1."}, "rookery.header", false, false},
    };
    for (const auto& c : kCases) {
        StoreFixture f;
        const auto box = entry_of("user.bob.x");
        const std::string at = f.dir.file("spool/user/bob/x/");
        ASSERT_OK(make_directories(at));
        for (const auto& name : c.before) ASSERT_OK(replace_file(at + name, mail("0"), 0600));
        f.create(box);
        for (const auto& text : c.committed) f.append(box, {mail(text)});
        for (const auto& name : c.uncommitted) ASSERT_OK(replace_file(at + name, mail("0"), 0600));
        if (c.spoilt != nullptr) ::unlink((at + c.spoilt).c_str());
        const Status done = f.store->discard(box);
        ck_assert_msg(c.refused ? done.is(Code::exists) : done.ok(), "%s", c.what);
        ck_assert_msg((::access(at.c_str(), F_OK) != 0) == c.is_gone, "%s", c.what);
        for (const auto& name : c.before) ck_assert(::access((at + name).c_str(), F_OK) == 0);
    }
}
END_TEST

START_TEST(the_factory_takes_its_options_from_the_configuration)
{
    TempDir dir;
    auto config = config::Config::from_text(
        cat("configdirectory: ", dir.path(), "\npartition-default: ", dir.file("s"),
            "\nhashimapspool: yes\nexpunge_mode: immediate\nsingleinstancestore: no\n"),
        "imap");
    ASSERT_OK(config);
    StoreOptions options = store_options(*config);
    ck_assert(options.paths.hashed && options.expunge_immediately && !options.link_messages);
    auto store = open_local_store(*config);
    ASSERT_OK(store);
    ck_assert((*store)->partitions() == std::vector<std::string>{"default"});
    ASSERT_OK((*store)->create(entry_of("user.bob")));
    ck_assert(::access(dir.file("s/b/user/bob/rookery.header").c_str(), F_OK) == 0);
    auto none = config::Config::from_text(cat("configdirectory: ", dir.path(), "\n"), "imap");
    ASSERT_OK(none);
    ASSERT_CODE(open_local_store(*none), Code::config);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/store store");
    TCase* tc = tcase_create("store");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_mailbox_is_made_once_and_starts_empty);
    tcase_add_test(tc, a_name_used_again_has_another_uidvalidity);
    tcase_add_test(tc, removing_leaves_the_mailboxes_below);
    tcase_add_test(tc, renaming_keeps_uids_flags_and_id);
    tcase_add_test(tc, a_group_is_appended_whole_or_not_at_all);
    tcase_add_test(tc, one_staged_message_goes_to_many_mailboxes_by_link);
    tcase_add_test(tc, a_message_that_cannot_be_placed_takes_the_others_of_its_append_back);
    tcase_add_test(tc, a_locked_mailbox_is_busy_and_can_be_read);
    tcase_add_test(tc, a_mailbox_restored_without_lock_and_index_says_so);
    tcase_add_test(tc, real_mail_comes_back_as_it_was);
    tcase_add_test(tc, a_message_appended_as_seen_is_seen_by_who_appended_it);
    tcase_add_test(tc, the_acl_is_kept_in_the_header);
    tcase_add_test(tc, messages_without_a_mailbox_are_not_overwritten);
    tcase_add_test(tc, discard_leaves_messages_and_nothing_else);
    tcase_add_test(tc, the_factory_takes_its_options_from_the_configuration);
    suite_add_tcase(suite, tc);
    return suite;
}
const rookery::test::Registered suite(make);

}  // namespace
