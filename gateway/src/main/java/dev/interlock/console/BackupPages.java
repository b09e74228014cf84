package dev.interlock.console;

import dev.interlock.admin.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.time.Instant;
import java.util.List;

/** What would be left of everything that holds data, if it went. */
final class BackupPages {

    /**
     * One thing that holds data.
     *
     * @param figures what follows for a recovery
     */
    record Kept(
            String kind,
            String name,
            List<String> environments,
            List<String> plans,
            List<String> domains,
            boolean isRed,
            WaysGraph graph,
            List<Figure> figures) {}

    /**
     * One figure against its target.
     *
     * @param tone as styles name it; empty where nothing is known that could be good
     */
    record Figure(String name, String value, String target, String tone) {

        private static final String NOTHING = "";

        static Figure of(String name, String value, String target, boolean isRed, boolean isKnown) {
            return new Figure(name, value, target, isRed ? "lost" : isKnown ? "survives" : NOTHING);
        }
    }

    Answer page(Asked asked) throws AdminRefusedException {
        Json.Members status = asked.ask("backup.status");
        Instant now = Shown.instant(status.text("now")).orElseThrow();
        List<Kept> things = status.objects("resources").stream()
                .map(resource -> kept(resource, now))
                .toList();
        List<String> notKnown =
                status.texts("not_known").stream().map(Shown::sentence).toList();
        long red = things.stream().filter(Kept::isRed).count();
        Layout layout = new Layout("Backups", "/backups", asked.session());
        return Answer.page(Templates.render(
                (output, none) -> JtebackupsGenerated.render(output, none, layout, things, red, notKnown)));
    }

    private static Kept kept(Json.Members resource, Instant now) {
        String plain = Shown.resource(resource.text("resource"));
        int space = plain.lastIndexOf(' ');
        String kind = space > 0 ? plain.substring(0, space) : "resource";
        String name = plain.substring(space + 1);
        return new Kept(
                kind,
                name,
                Shown.texts(resource, "environments"),
                Shown.texts(resource, "plans"),
                Shown.texts(resource, "domains"),
                resource.flag("red"),
                WaysGraph.of(kind, name, resource.objects("ways"), now),
                figures(resource));
    }

    private static List<Figure> figures(Json.Members resource) {
        Json.Members point = resource.object("point");
        Json.Members time = resource.object("time");
        Json.Members practice = resource.object("practice");
        return List.of(
                figure(
                        "Recovery point",
                        point,
                        seconds(point).isEmpty()
                                ? "everything could be gone"
                                : "at most " + seconds(point) + " would be gone"),
                figure(
                        "Recovery time",
                        time,
                        seconds(time).isEmpty()
                                ? "not known"
                                : time.text("by").equals("practice")
                                        ? seconds(time) + ", as practised"
                                        : seconds(time) + " for restoring alone"),
                figure("Practised", practice, practised(resource, practice)),
                tried(resource));
    }

    private static Figure figure(String name, Json.Members judged, String value) {
        String target = judged.get("target_seconds").isPresent()
                ? "target " + WaysGraph.age(judged.whole("target_seconds"))
                : "";
        return Figure.of(
                name, value, target, judged.flag("red"), judged.get("seconds").isPresent());
    }

    private static String seconds(Json.Members judged) {
        return judged.get("seconds").isPresent() ? WaysGraph.age(judged.whole("seconds")) : "";
    }

    private static String practised(Json.Members resource, Json.Members practice) {
        if (resource.get("last_practised").isEmpty()) {
            return "never";
        }
        Json.Members last = resource.object("last_practised");
        return "by " + Shown.text(last, "by") + ", " + seconds(practice) + " ago, "
                + (last.flag("restored")
                        ? "took " + WaysGraph.age(last.whole("took_seconds"))
                        : "and it failed: " + wrong(last));
    }

    private static Figure tried(Json.Members resource) {
        if (resource.get("last_tried").isEmpty()) {
            return Figure.of(
                    "Last restored", "never", "", !resource.texts("plans").isEmpty(), false);
        }
        Json.Members last = resource.object("last_tried");
        String at = Shown.time(last.text("tried_at")) + " UTC";
        return last.flag("restored")
                ? Figure.of("Last restored", at + ", in " + WaysGraph.age(last.whole("took_seconds")), "", false, true)
                : Figure.of("Last tried", at + ", worth nothing: " + wrong(last), "", true, true);
    }

    private static String wrong(Json.Members said) {
        return Shown.sentence(String.join("; ", said.texts("wrong")));
    }
}
