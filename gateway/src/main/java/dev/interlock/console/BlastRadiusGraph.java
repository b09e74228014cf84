package dev.interlock.console;

import dev.interlock.adminapi.AgentQuestion;
import dev.interlock.evidence.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The blast radius as a drawing and as a list. It shows what is destroyed, the environments that have it, what uses it
 * there, and each backup with its age. It is laid out here, because a drawing may bring no style and no script of its
 * own.
 *
 * @param wide from left to right, for screens
 * @param narrow from top to bottom, for phones
 */
record BlastRadiusGraph(Drawing wide, Drawing narrow, List<Line> lines) {

    private static final int BOX = 210;
    private static final int HEIGHT = 52;
    private static final int ROW = 66;
    private static final int COLUMN = 252;
    private static final int INDENT = 22;
    private static final int NARROW = 340;
    private static final int MARGIN = 2;

    /** Maximum characters of a label in a box; the list below has all of it. */
    private static final int MAX_LABEL = 24;

    /** Maximum usual characters of a note above a name; a longer note stands below the name. */
    private static final int MAX_NOTE = 28;

    /** The extra height of a box that has something below its name. */
    private static final int MORE = 17;

    /** The fate of a resource if the call goes ahead. */
    enum Fate {
        LOST("lost"),
        AFFECTED("affected"),
        SURVIVES("survives");

        private final String word;

        Fate(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }

    /**
     * One box.
     *
     * @param more the text below its name; mostly empty
     */
    record Node(String kind, String label, String name, String note, String more, Fate fate, int x, int y, int width) {

        Node(String kind, String label, String name, String note, Fate fate, int x, int y, int width) {
            this(kind, label, name, note, "", fate, x, y, width);
        }

        int middle() {
            return y + height() / 2;
        }

        int height() {
            return more.isEmpty() ? HEIGHT : HEIGHT + MORE;
        }

        /** Returns the whole content of the box as text. */
        String title() {
            return kind + " " + name + ", " + note + (more.isEmpty() ? "" : ", " + more);
        }

        int right() {
            return x + width;
        }
    }

    /** One line from a box to another, as an SVG path. */
    record Edge(String path, Fate fate) {}

    /** Boxes and lines, with the size of the drawing. */
    record Drawing(int width, int height, List<Edge> edges, List<Node> nodes) {}

    /** One entry of the list. */
    record Line(int depth, String kind, String name, String note, Fate fate) {}

    /** The columns from left to right: users, environments, the target of the call, and its copies. */
    private static final int SERVICE = 0;

    private static final int ENVIRONMENT = 1;
    private static final int ROOT = 2;
    private static final int BACKUP = 3;

    private record GraphItem(int column, String kind, String name, String note, Fate fate, List<String> from) {}

    /** Returns the graph of the blast radius in a statement's meaning, with what is known of its users. */
    static BlastRadiusGraph of(Json.Members meaning, List<AgentQuestion.Dependent> around, Instant now) {
        Json.Members radius = meaning.object("radius");
        Map<String, GraphItem> things = new LinkedHashMap<>();
        List<String> lost = DisplayText.texts(radius, "lost");
        boolean destroys = !lost.isEmpty();
        for (Json.Members action : meaning.objects("actions")) {
            for (Json.Members resource : action.objects("resources")) {
                String id = DisplayText.text(resource, "id");
                things.putIfAbsent(id, root(radius, id, lost.contains(id) || (!destroys && touches(action))));
            }
        }
        boolean volumes = lost.stream().anyMatch(id -> id.contains(":volume/"));
        lost.stream()
                .filter(id -> !volumes || !id.contains(":volume-instance/")) // mounts of volumes that are drawn
                .forEach(id -> things.putIfAbsent(id, root(radius, id, true)));
        List<String> roots = List.copyOf(things.keySet());
        for (Json.Members action : meaning.objects("actions")) {
            for (Json.Members resource : action.objects("resources")) {
                String id = DisplayText.text(resource, "id");
                DisplayText.texts(resource, "environments").forEach(name -> environment(things, name, id, destroys));
            }
        }
        DisplayText.texts(radius, "environments").forEach(name -> environment(things, name, "", destroys));
        for (AgentQuestion.Dependent use : around) {
            String name = DisplayText.text(use.service());
            things.put(
                    "service " + name + DisplayText.text(use.environment()),
                    new GraphItem(
                            SERVICE,
                            "service",
                            name,
                            destroys ? "loses its data" : "uses it",
                            Fate.AFFECTED,
                            List.of("environment " + DisplayText.text(use.environment()))));
        }
        backups(things, radius, "lost_backups", Fate.LOST, roots, now);
        backups(things, radius, "survivors", Fate.SURVIVES, roots, now);
        return new BlastRadiusGraph(wide(things), narrow(things), lines(things));
    }

    private static boolean touches(Json.Members action) {
        return !action.texts("impacts").equals(List.of("read"));
    }

    private static GraphItem root(Json.Members radius, String id, boolean isLost) {
        String plain = DisplayText.resource(id);
        int space = plain.lastIndexOf(' ');
        String own = space > 0 ? plain.substring(space + 1) : plain;
        return new GraphItem(
                ROOT,
                space > 0 ? plain.substring(0, space) : "resource",
                DisplayText.name(radius, id).orElse(own),
                isLost ? "would be gone" : "",
                isLost ? Fate.LOST : Fate.AFFECTED,
                List.of());
    }

    private static void environment(Map<String, GraphItem> things, String name, String from, boolean destroys) {
        if (things.values().stream()
                .anyMatch(thing -> thing.column() == ROOT
                        && thing.kind().equals("environment")
                        && thing.name().equals(name))) {
            return; // it is acted on itself
        }
        things.merge(
                "environment " + name,
                new GraphItem(
                        ENVIRONMENT,
                        "environment",
                        name,
                        destroys ? "loses it" : "is touched",
                        destroys ? Fate.LOST : Fate.AFFECTED,
                        from.isEmpty() ? List.of() : List.of(from)),
                (old, more) -> {
                    List<String> all = new ArrayList<>(old.from());
                    more.from().stream().filter(one -> !all.contains(one)).forEach(all::add);
                    return new GraphItem(old.column(), old.kind(), old.name(), old.note(), old.fate(), all);
                });
    }

    private static void backups(
            Map<String, GraphItem> things,
            Json.Members radius,
            String member,
            Fate fate,
            List<String> roots,
            Instant now) {
        for (Json.Members backup : radius.objects(member)) {
            String age = DisplayText.age(backup.text("taken_at"), now) + " old";
            String proven = backup.optionalText("restored_at")
                    .map(at -> ", restored " + DisplayText.age(at, now) + " ago")
                    .orElse(fate == Fate.SURVIVES ? ", never restored" : "");
            String of = DisplayText.text(backup, "of");
            things.put(
                    member + DisplayText.text(backup, "id"),
                    new GraphItem(
                            BACKUP,
                            "backup",
                            DisplayText.text(backup, "id"),
                            age + proven,
                            fate,
                            roots.contains(of)
                                    ? List.of(of)
                                    : roots.stream().limit(1).toList()));
        }
    }

    private static Drawing wide(Map<String, GraphItem> things) {
        List<Integer> columns = things.values().stream()
                .map(GraphItem::column)
                .distinct()
                .sorted()
                .toList();
        Map<Integer, Integer> rows = new LinkedHashMap<>();
        things.values().forEach(thing -> rows.merge(thing.column(), 1, Integer::sum));
        int tallest = rows.values().stream().max(Integer::compare).orElse(1);
        int more = things.values().stream().anyMatch(thing -> isLong(thing, BOX)) ? MORE : 0;
        int each = ROW + more;
        Map<Integer, Integer> next = new LinkedHashMap<>();
        Map<String, Node> nodes = new LinkedHashMap<>();
        things.forEach((id, thing) -> {
            int column = columns.indexOf(thing.column());
            int count = rows.getOrDefault(thing.column(), 1);
            int row = next.merge(thing.column(), 1, Integer::sum) - 1;
            int top = (tallest - count) * each / 2;
            nodes.put(id, node(thing, MARGIN + column * COLUMN, MARGIN + top + row * each, BOX));
        });
        List<Edge> edges = new ArrayList<>();
        things.forEach((id, thing) -> thing.from().forEach(from -> {
            Node a = nodes.get(from);
            Node b = nodes.get(id);
            if (a != null && b != null) {
                edges.add(new Edge(a.x() < b.x() ? curve(a, b) : curve(b, a), thing.fate()));
            }
        }));
        int width = MARGIN * 2 + (columns.size() - 1) * COLUMN + BOX;
        return new Drawing(width, MARGIN * 2 + tallest * each - (ROW - HEIGHT), edges, List.copyOf(nodes.values()));
    }

    private static String curve(Node left, Node right) {
        int bend = Math.max(20, (right.x() - left.right()) / 2);
        return "M" + left.right() + " " + left.middle() + " C" + (left.right() + bend) + " " + left.middle() + " "
                + (right.x() - bend) + " " + right.middle() + " " + right.x() + " " + right.middle();
    }

    /** Orders things as a reader asks: the target, its environments, its users, its copies. */
    private static int rank(GraphItem thing) {
        return thing.column() == ROOT ? 0 : thing.column() == ENVIRONMENT ? 1 : thing.column() == SERVICE ? 2 : 3;
    }

    private static Drawing narrow(Map<String, GraphItem> things) {
        List<Node> nodes = new ArrayList<>();
        List<Edge> edges = new ArrayList<>();
        int[] above = new int[4];
        int y = MARGIN;
        List<GraphItem> ordered = things.values().stream()
                .sorted(Comparator.comparingInt(BlastRadiusGraph::rank))
                .toList();
        for (GraphItem thing : ordered) {
            int depth = Math.min(rank(thing), 1);
            int x = MARGIN + depth * INDENT;
            Node node = node(thing, x, y, NARROW - x - MARGIN);
            nodes.add(node);
            if (depth > 0) {
                int trunk = MARGIN + INDENT / 2;
                edges.add(new Edge("M" + trunk + " " + above[0] + " V" + node.middle() + " H" + x, thing.fate()));
            } else {
                above[0] = y + node.height();
            }
            y += node.height() + 10;
        }
        return new Drawing(NARROW, y - 10 + MARGIN, edges, nodes);
    }

    private static Node node(GraphItem thing, int x, int y, int width) {
        int comma = isLong(thing, width) ? thing.note().indexOf(", ") : -1;
        String note = comma < 0 ? thing.note() : thing.note().substring(0, comma);
        String more = comma < 0 ? "" : thing.note().substring(comma + 2);
        return new Node(thing.kind(), label(thing.name(), width), thing.name(), note, more, thing.fate(), x, y, width);
    }

    private static boolean isLong(GraphItem thing, int width) {
        return thing.kind().length() + thing.note().length() > MAX_NOTE * width / BOX
                && thing.note().contains(", ");
    }

    private static String label(String name, int width) {
        if (name.length() <= MAX_LABEL * width / BOX) {
            return name;
        }
        return name.substring(0, 11) + "…" + name.substring(name.length() - 12);
    }

    private static List<Line> lines(Map<String, GraphItem> things) {
        return things.values().stream()
                .sorted(Comparator.comparingInt(BlastRadiusGraph::rank))
                .map(thing -> new Line(rank(thing), thing.kind(), thing.name(), thing.note(), thing.fate()))
                .toList();
    }

    /** Returns one sentence for people who cannot see the drawing. */
    String sentence() {
        return "Lost: " + names(Fate.LOST) + ". Surviving: " + names(Fate.SURVIVES) + ".";
    }

    private String names(Fate fate) {
        List<String> names = lines.stream()
                .filter(line -> line.fate() == fate)
                .map(line -> line.kind() + " " + line.name() + (line.note().isEmpty() ? "" : " (" + line.note() + ")"))
                .toList();
        return names.isEmpty() ? "nothing" : String.join("; ", names);
    }
}
