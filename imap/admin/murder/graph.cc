// murder graph: the murder as an SVG 1.1 picture.
//
// Frontends stand at the top, the mupdate master between, servers with mailboxes at the bottom, as
// many in a row as fit; lines go from each frontend to each of those servers, and from all to the
// master. Only presentation attributes are used, since wikis take style sheets away; what does not
// fit into a box is in its title, which browsers show.
#include <algorithm>
#include <initializer_list>

#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/survey.h"
#include "imap/admin/tool.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::admin::murder {
namespace {

constexpr int kWidth = 960;
constexpr int kPerRow = 4;
constexpr int kBoxWidth = 222;
constexpr int kBoxHeight = 104;
constexpr int kGap = 20;    // between rows of the same kind
constexpr int kSpace = 74;  // between kinds, where the lines are seen
constexpr int kTop = 64;    // the heading's
constexpr size_t kNameFits = 22;
constexpr size_t kTextFits = 28;
// More lines than this from frontends to backends would only be grey.
constexpr size_t kMaxLinks = 400;

struct Box {
    const SurveyedServer* server;
    int x = 0;
    int y = 0;
    int middle() const { return x + kBoxWidth / 2; }
};
using Boxes = std::vector<Box>;

// For text and for attributes; what XML cannot have becomes '?'.
std::string xml(std::string_view text)
{
    std::string out;
    for (char c : printable(text)) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
    return out;
}

// Its beginning, if it does not fit; a character of UTF-8 is not cut.
std::string cut(std::string_view text, size_t columns)
{
    if (columns_of(text) <= columns) return std::string(text);
    size_t end = 0;
    while (columns_of(text.substr(0, end + 1)) < columns) ++end;
    return cat(text.substr(0, end), "\u2026");
}

std::string_view colour_of(Exit weight)
{
    switch (weight) {
        case kFine: return "#2e7d32";
        case kWarning: return "#b26a00";
        case kCritical: return "#c62828";
    }
    return "#c62828";
}

// "70 % free, cert 80 d", and "3 sessions, 0 to send", as far as they are known.
struct Figure {
    const std::optional<int64_t>& n;
    std::string_view before, behind;
};
std::string figures_of(std::initializer_list<Figure> figures)
{
    std::string out;
    for (const Figure& f : figures)
        if (f.n) cat_to(out, out.empty() ? "" : ", ", f.before, *f.n, f.behind);
    return out;
}
std::string stock_of(const SurveyedServer& s)
{
    return figures_of({{s.free_percent, "", " % free"}, {s.certificate, "cert ", " d"}});
}
std::string work_of(const SurveyedServer& s)
{
    return figures_of({{s.sessions, "", " sessions"}, {s.queue, "", " to send"}});
}

std::string list_of(const SurveyedServer& s, int64_t serial)
{
    const bool follows = s.part == Part::frontend || s.part == Part::reader;
    if (!follows) return s.mailboxes ? cat(*s.mailboxes, " mailboxes") : "";
    if (!s.serial) return s.lag ? cat("lost for ", *s.lag, " s") : "";
    const int64_t behind = std::max<int64_t>(serial - *s.serial, 0);
    if (behind == 0) return "its list is current";
    return cat(behind, " changes behind, ", s.lag.value_or(0), " s");
}

class Drawing {
 public:
    explicit Drawing(const Survey& seen) : seen_(seen)
    {
        int y = kTop;
        place(fronts_, Part::frontend, y);
        place(fronts_, Part::reader, y);
        place(masters_, Part::master, y);
        place(masters_, Part::replica, y);
        place(backs_, Part::backend, y);
        height_ = y - kSpace + kGap + 24;
        for (const Box& b : backs_) most_ = std::max(most_, b.server->mailboxes.value_or(0));
    }

    std::string svg()
    {
        begin();
        links();
        for (const Boxes* boxes : {&fronts_, &masters_, &backs_})
            for (const Box& b : *boxes) box(b);
        return out_ + "</svg>\n";
    }

 private:
    // Row by row, each in the middle.
    void place(Boxes& boxes, Part part, int& y)
    {
        Boxes mine;
        for (const SurveyedServer& s : seen_.servers)
            if (s.part == part) mine.push_back({&s});
        if (mine.empty()) return;
        for (size_t begin = 0; begin < mine.size(); begin += kPerRow) {
            const auto count = static_cast<int>(std::min<size_t>(kPerRow, mine.size() - begin));
            const int step = kWidth / kPerRow;
            const int left = (kWidth - count * step) / 2 + (step - kBoxWidth) / 2;
            for (int n = 0; n < count; ++n) {
                Box& b = mine[begin + static_cast<size_t>(n)];
                b.x = left + n * step;
                b.y = y;
            }
            y += kBoxHeight + kGap;
        }
        y += kSpace - kGap;
        boxes.insert(boxes.end(), mine.begin(), mine.end());
    }

    void begin()
    {
        int64_t mailboxes = 0;
        for (const Box& b : backs_) mailboxes += b.server->mailboxes.value_or(0);
        const std::string heading = cat(mailboxes, " mailboxes on ", backs_.size(), " servers, ",
                                        fronts_.size(), " frontends");
        const std::string state = cat("list: serial ", seen_.serial, "; open moves: ", seen_.moves,
                                      "; conflicts: ", seen_.conflicts);
        cat_to(out_, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", kWidth, ' ', height_,
               "\" width=\"", kWidth, "\" height=\"", height_,
               "\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#202124\">\n",
               "<title>The murder: ", heading, "</title>\n<rect width=\"100%\" height=\"100%\" ",
               "fill=\"#ffffff\"/>\n");
        put_text(24, 28, heading, "font-size=\"18\" font-weight=\"bold\"");
        put_text(24, 48, state,
                 seen_.conflicts > 0 ? cat("fill=\"", colour_of(kWarning), '"') : "");
    }

    void put_text(int x, int y, std::string_view text, std::string_view attributes)
    {
        if (text.empty()) return;
        cat_to(out_, "<text x=\"", x, "\" y=\"", y, '"', attributes.empty() ? "" : " ", attributes,
               '>', xml(text), "</text>\n");
    }

    void line(int x1, int y1, int x2, int y2, std::string_view attributes)
    {
        cat_to(out_, "<line x1=\"", x1, "\" y1=\"", y1, "\" x2=\"", x2, "\" y2=\"", y2, "\" ",
               attributes, "/>\n");
    }

    // Behind the boxes. To the master by the list's own colour, broken where nobody answers.
    void links()
    {
        if (fronts_.size() * backs_.size() <= kMaxLinks)
            for (const Box& f : fronts_)
                for (const Box& b : backs_)
                    line(f.middle(), f.y + kBoxHeight, b.middle(), b.y, "stroke=\"#d5d9de\"");
        if (masters_.empty()) return;
        const Box& master = masters_.front();
        auto to_master = [&](const Box& from, bool from_above) {
            const Exit weight = std::max(from.server->weight, master.server->weight);
            line(from.middle(), from_above ? from.y + kBoxHeight : from.y, master.middle(),
                 from_above ? master.y : master.y + kBoxHeight,
                 cat("stroke=\"", weight == kFine ? "#5b7fb5" : colour_of(weight),
                     "\" stroke-width=\"1.5\"",
                     weight == kCritical ? " stroke-dasharray=\"6 4\"" : ""));
        };
        for (const Box& f : fronts_) to_master(f, true);
        for (const Box& b : backs_) to_master(b, false);
        for (size_t n = 1; n < masters_.size(); ++n) to_master(masters_[n], false);
    }

    void box(const Box& b)
    {
        const SurveyedServer& s = *b.server;
        const std::string role = cat(part_name(s.part), s.version.empty() ? "" : ", ", s.version);
        const std::string list = list_of(s, seen_.serial);
        const std::string stock = stock_of(s), work = work_of(s);
        const std::string_view colour = colour_of(s.weight);
        cat_to(out_, "<g><title>", xml(cat(s.name, ": ", role, "; ", s.state)),
               list.empty() ? "" : "; ", xml(list), stock.empty() ? "" : "; ", xml(stock),
               work.empty() ? "" : "; ", xml(work), "</title>\n<rect x=\"", b.x, "\" y=\"", b.y,
               "\" width=\"", kBoxWidth, "\" height=\"", kBoxHeight,
               "\" rx=\"5\" fill=\"#fbfcfd\" stroke=\"", colour, "\"/>\n<rect x=\"", b.x, "\" y=\"",
               b.y, "\" width=\"6\" height=\"", kBoxHeight, "\" rx=\"3\" fill=\"", colour,
               "\"/>\n");
        const int x = b.x + 16;
        put_text(x, b.y + 20, cut(s.name, kNameFits), "font-size=\"14\" font-weight=\"bold\"");
        put_text(x, b.y + 37, cut(role, kTextFits), "fill=\"#5f6368\"");
        put_text(x, b.y + 54, cut(s.weight == kFine && !list.empty() ? list : s.state, kTextFits),
                 s.weight == kFine ? "" : cat("fill=\"", colour, '"'));
        put_text(x, b.y + 71, cut(stock, kTextFits), "fill=\"#5f6368\"");
        put_text(x, b.y + 88, cut(work, kTextFits), "fill=\"#5f6368\"");
        if (s.part == Part::backend && s.mailboxes && most_ > 0) {
            const auto share = static_cast<int>((kBoxWidth - 32) * *s.mailboxes / most_);
            cat_to(out_, "<rect x=\"", x, "\" y=\"", b.y + kBoxHeight - 9, "\" width=\"",
                   std::max(share, 1), "\" height=\"4\" fill=\"#5b7fb5\"/>\n");
        }
        out_ += "</g>\n";
    }

    const Survey& seen_;
    Boxes fronts_, masters_, backs_;
    int height_ = 0;
    int64_t most_ = 0;
    std::string out_;
};

}  // namespace

Result<int> graph(const config::Config& config, const Arguments& a)
{
    if (a.words.size() != 1) a.refuse();
    const Survey seen = survey(config, a);
    const std::string svg = Drawing(seen).svg();
    if (a.output.empty())
        print(svg);
    else
        TRY(replace_file(a.output, svg, 0644));
    return seen.worst;
}

}  // namespace rookery::admin::murder
