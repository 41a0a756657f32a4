#include "lib/text/text_ranks.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::text;

std::vector<uint32_t> ranks_of(const std::vector<std::string>& texts)
{
    TextRanks all;
    for (const std::string& text : texts) all.add(text);
    ck_assert_uint_eq(all.size(), texts.size());
    for (size_t i = 0; i < texts.size(); i++) ck_assert(all.text(i) == texts[i]);
    return all.ranks();
}

START_TEST(equal_texts_have_one_rank)
{
    const std::vector<uint32_t> ranks = ranks_of({"b", "", "abcdefghi", "b", "abcdefgh", "B"});
    ck_assert((ranks == std::vector<uint32_t>{5, 1, 4, 5, 3, 2}));
    ck_assert(ranks_of({}).empty());
}
END_TEST

// Zeros, which also stand behind the end of a text, and bytes over 127; ends near eight bytes.
START_TEST(they_compare_as_bytes)
{
    std::mt19937 random(7);
    const char bytes[] = {'\0', 'a', '\x7f', '\x80', '\xff'};
    std::vector<std::string> texts(2000);
    for (std::string& text : texts) {
        text = std::string(8 * (random() % 3), 'x');
        for (size_t n = random() % 10; n > 0; n--) text += bytes[random() % std::size(bytes)];
    }
    const std::vector<uint32_t> ranks = ranks_of(texts);
    std::vector<std::string> order = texts;
    std::sort(order.begin(), order.end());
    order.erase(std::unique(order.begin(), order.end()), order.end());
    for (size_t i = 0; i < texts.size(); i++) ck_assert(order[ranks[i] - 1] == texts[i]);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/text_ranks");
    TCase* c = tcase_create("all");
    tcase_add_test(c, equal_texts_have_one_rank);
    tcase_add_test(c, they_compare_as_bytes);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
