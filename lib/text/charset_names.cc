#include "lib/text/charset_names.h"

#include "lib/base/strings.h"

namespace rookery::text {
namespace {

struct Alias {
    std::string_view name;
    std::string_view known;
};

// What bears these names often has characters that only the larger charset has.
constexpr Alias kSupersets[] = {
    {"gb2312", "GBK"},
    {"euc-kr", "CP949"},
};

// Names that iconv need not know.
constexpr Alias kAliases[] = {
    {"iso-8859-6-e", "ISO-8859-6"},
    {"iso-8859-6-i", "ISO-8859-6"},
    {"csiso88596e", "ISO-8859-6"},
    {"csiso88596i", "ISO-8859-6"},
    {"iso-8859-8-e", "ISO-8859-8"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"iso_8859-8-i", "ISO-8859-8"},
    {"csiso88598e", "ISO-8859-8"},
    {"csiso88598i", "ISO-8859-8"},
    {"logical", "ISO-8859-8"},
    {"visual", "ISO-8859-8"},
    {"sun_eu_greek", "ISO-8859-7"},
    {"csisolatin9", "ISO-8859-15"},
    {"l9", "ISO-8859-15"},
    {"koi", "KOI8-R"},
    {"koi8_r", "KOI8-R"},
    {"dos-874", "CP874"},
    {"x-cp1250", "CP1250"},
    {"x-cp1251", "CP1251"},
    {"x-cp1252", "CP1252"},
    {"x-cp1253", "CP1253"},
    {"x-cp1254", "CP1254"},
    {"x-cp1255", "CP1255"},
    {"x-cp1256", "CP1256"},
    {"x-cp1257", "CP1257"},
    {"x-cp1258", "CP1258"},
    {"cp-437", "CP437"},
    {"cp-850", "CP850"},
    {"cp-852", "CP852"},
    {"cp-866", "CP866"},
    {"cp-1250", "CP1250"},
    {"cp-1251", "CP1251"},
    {"cp-1252", "CP1252"},
    {"win-1251", "CP1251"},
    {"x-mac-roman", "MACINTOSH"},
    {"x-mac-cyrillic", "MAC-CYRILLIC"},
    {"x-mac-ukrainian", "MAC-UK"},
    {"x-mac-ce", "MAC-CENTRALEUROPE"},
    {"x-mac-centraleurroman", "MAC-CENTRALEUROPE"},
    {"x-mac-icelandic", "MAC-IS"},
    {"chinese", "GBK"},
    {"csiso58gb231280", "GBK"},
    {"gb_2312", "GBK"},
    {"gb_2312-80", "GBK"},
    {"iso-ir-58", "GBK"},
    {"x-gbk", "GBK"},
    {"csbig5", "BIG5"},
    {"x-big5", "BIG5"},
    {"x-x-big5", "BIG5"},
    {"windows-950", "CP950"},
    {"x-euc-tw", "EUC-TW"},
    {"x-euc-jp", "EUC-JP"},
    {"x-sjis", "SHIFT_JIS"},
    {"windows-31j", "CP932"},
    {"windows-932", "CP932"},
    {"iso-2022-jp-1", "ISO-2022-JP-2"},
    {"x-iso-2022-jp", "ISO-2022-JP"},
    {"iso2022-jp", "ISO-2022-JP"},
    {"cp50220", "ISO-2022-JP"},
    {"cp50221", "ISO-2022-JP"},
    {"csksc56011987", "CP949"},
    {"iso-ir-149", "CP949"},
    {"korean", "CP949"},
    {"ks_c_5601-1987", "CP949"},
    {"ks_c_5601-1989", "CP949"},
    {"ksc5601", "CP949"},
    {"ksc_5601", "CP949"},
    {"ms949", "CP949"},
    {"windows-949", "CP949"},
    {"x-windows-949", "CP949"},
    {"unicode-1-1-utf-7", "UTF-7"},
    {"x-unicode-2-0-utf-7", "UTF-7"},
};

template <size_t n>
std::string find(const Alias (&table)[n], std::string_view name)
{
    for (const Alias& alias : table)
        if (equal_nocase(alias.name, name)) return std::string(alias.known);
    return {};
}

}  // namespace

std::string superset_of(std::string_view name)
{
    return find(kSupersets, name);
}

std::string alias_of(std::string_view name)
{
    return find(kAliases, name);
}

}  // namespace rookery::text
