package dev.interlock.console;

import dev.interlock.evidence.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The backups that would be left after each way of losing one resource, as a drawing. It shows the resource, the
 * possible losses, and the backup that each leaves.
 *
 * @param wide from left to right, for screens
 * @param narrow from top to bottom, for phones
 * @param rows the same as text
 */
record LossGraph(BlastRadiusGraph.Drawing wide, BlastRadiusGraph.Drawing narrow, List<Row> rows) {

    private static final int ROW = 66;
    private static final int HEIGHT = 52;
    private static final int MARGIN = 2;
    private static final int GAP = 44;
    private static final int THING = 210;
    private static final int WAY = 260;
    private static final int LEFT = 300;
    private static final int NARROW = 340;
    private static final int INDENT = 22;

    /** The width of a letter of a name, and the margins beside names, in tenths of a pixel. */
    private static final int LETTER = 76;

    private static final int FREE = 240;

    /** One way of losing the resource, as text. */
    record Row(String way, String left, String note, String why, boolean isRed) {
        BlastRadiusGraph.Fate fate() {
            return isRed ? BlastRadiusGraph.Fate.LOST : BlastRadiusGraph.Fate.SURVIVES;
        }

        private String box() {
            return left.isEmpty() ? "no usable backup" : left;
        }
    }

    static LossGraph of(String kind, String name, List<Json.Members> ways, Instant now) {
        List<Row> rows = ways.stream().map(way -> row(way, now)).toList();
        return new LossGraph(wide(kind, name, rows), narrow(kind, name, rows), rows);
    }

    private static Row row(Json.Members way, Instant now) {
        String note = way.get("age_seconds").isEmpty()
                ? ""
                : age(way.whole("age_seconds")) + " old, "
                        + way.optionalText("restored_at")
                                .map(at -> "restored " + DisplayText.age(at, now) + " ago")
                                .orElse("never restored");
        return new Row(
                words(DisplayText.text(way, "way")),
                DisplayText.text(way, "backup"),
                note,
                String.join(
                        "; ",
                        way.texts("why").stream().map(DisplayText::sentence).toList()),
                way.flag("red"));
    }

    static String age(long seconds) {
        return DisplayText.duration(Duration.ofSeconds(seconds));
    }

    private static String words(String way) {
        return switch (way) {
            case "account" -> "account closed";
            case "credential" -> "a credential misused";
            default -> way + " deleted";
        };
    }

    private static BlastRadiusGraph.Drawing wide(String kind, String name, List<Row> rows) {
        int height = MARGIN * 2 + Math.max(1, rows.size()) * ROW - (ROW - HEIGHT);
        int ways = MARGIN + THING + GAP;
        int lefts = ways + WAY + GAP;
        BlastRadiusGraph.Node thing =
                node(kind, name, "", BlastRadiusGraph.Fate.AFFECTED, MARGIN, (height - HEIGHT) / 2, THING);
        List<BlastRadiusGraph.Node> nodes = new ArrayList<>(List.of(thing));
        List<BlastRadiusGraph.Edge> edges = new ArrayList<>();
        int y = MARGIN;
        for (Row row : rows) {
            BlastRadiusGraph.Node way = node("if", row.way(), "", row.fate(), ways, y, WAY);
            BlastRadiusGraph.Node left =
                    node(row.left().isEmpty() ? "" : "backup", row.box(), row.note(), row.fate(), lefts, y, LEFT);
            nodes.add(way);
            nodes.add(left);
            edges.add(new BlastRadiusGraph.Edge(curve(thing, way), row.fate()));
            edges.add(new BlastRadiusGraph.Edge("M" + way.right() + " " + way.middle() + " H" + left.x(), row.fate()));
            y += ROW;
        }
        return new BlastRadiusGraph.Drawing(lefts + LEFT + MARGIN, height, edges, nodes);
    }

    private static String curve(BlastRadiusGraph.Node left, BlastRadiusGraph.Node right) {
        int bend = (right.x() - left.right()) / 2;
        return "M" + left.right() + " " + left.middle() + " C" + (left.right() + bend) + " " + left.middle() + " "
                + (right.x() - bend) + " " + right.middle() + " " + right.x() + " " + right.middle();
    }

    private static BlastRadiusGraph.Drawing narrow(String kind, String name, List<Row> rows) {
        BlastRadiusGraph.Node thing =
                node(kind, name, "", BlastRadiusGraph.Fate.AFFECTED, MARGIN, MARGIN, NARROW - 2 * MARGIN);
        List<BlastRadiusGraph.Node> nodes = new ArrayList<>(List.of(thing));
        List<BlastRadiusGraph.Edge> edges = new ArrayList<>();
        int trunk = MARGIN + INDENT / 2;
        int x = MARGIN + INDENT;
        int y = MARGIN + HEIGHT + 10;
        for (Row row : rows) {
            String words = row.left().isEmpty() ? row.box() : row.note();
            BlastRadiusGraph.Node left = node("if " + row.way(), words, "", row.fate(), x, y, NARROW - x - MARGIN);
            nodes.add(left);
            edges.add(new BlastRadiusGraph.Edge(
                    "M" + trunk + " " + (MARGIN + HEIGHT) + " V" + left.middle() + " H" + x, row.fate()));
            y += HEIGHT + 10;
        }
        return new BlastRadiusGraph.Drawing(NARROW, y - 10 + MARGIN, edges, nodes);
    }

    private static BlastRadiusGraph.Node node(
            String kind, String name, String note, BlastRadiusGraph.Fate fate, int x, int y, int width) {
        return new BlastRadiusGraph.Node(kind, label(name, width), name, note, fate, x, y, width);
    }

    private static String label(String name, int width) {
        int most = (width * 10 - FREE) / LETTER;
        return name.length() <= most
                ? name
                : name.substring(0, most / 2) + "…" + name.substring(name.length() - most / 2 + 1);
    }

    /** Returns one sentence for people who cannot see the drawing. */
    String sentence() {
        return String.join(
                ". ",
                rows.stream()
                        .map(row -> "If " + row.way() + ": "
                                + (row.left().isEmpty() ? "no usable backup" : row.left() + ", " + row.note())
                                + (row.isRed() ? ", red" : ""))
                        .toList());
    }
}
