package dev.interlock.console;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The pages about backups: for everything that holds data, what would be left after a loss. */
final class BackupPages {

    /**
     * One resource that holds data.
     *
     * @param figures the figures that follow for a recovery
     * @param listed the backups of it that other tools list
     */
    record Kept(
            String kind,
            String name,
            List<String> environments,
            List<String> plans,
            List<String> domains,
            boolean isRed,
            WaysGraph graph,
            List<Figure> figures,
            List<Listed> listed) {}

    /**
     * One figure with its target.
     *
     * @param tone the style's name for it; empty if nothing is known that could be good
     */
    record Figure(String name, String value, String target, String tone) {

        private static final String NOTHING = "";

        static Figure of(String name, String value, String target, boolean isRed, boolean isKnown) {
            return new Figure(name, value, target, isRed ? "lost" : isKnown ? "survives" : NOTHING);
        }
    }

    /**
     * A backup listing of another tool. No restore test has covered these backups.
     *
     * @param of the resource that they are of
     * @param mark the mark that shows what the listing is worth
     * @param words the tool's text about the youngest, or the reason why nothing is known
     * @param asked when and by whom it was listed
     */
    record Listed(String of, String tool, String mark, String words, String asked) {

        static Listed of(Json.Members listing, Instant now) {
            return new Listed(
                    listing.text("of"),
                    Shown.text(listing, "listing"),
                    listing.get("failed").isPresent() ? "not found out" : "unverified",
                    words(listing, now),
                    "asked " + Shown.age(listing.text("asked_at"), now) + " ago, reported by the user "
                            + Shown.text(listing, "by")
                            + (listing.get("youngest").isPresent()
                                    ? ". Nobody has restored it, and no decision depends on it."
                                    : "."));
        }

        private static String words(Json.Members listing, Instant now) {
            if (listing.get("failed").isPresent()) {
                return Shown.sentence(listing.text("failed"));
            }
            long backups = listing.whole("backups");
            if (backups == 0) {
                return "none";
            }
            Json.Members youngest = listing.object("youngest");
            return Shown.text(youngest, "backup") + ", " + Shown.age(youngest.text("taken_at"), now) + " old"
                    + (youngest.flag("errors") ? ", with errors according to the tool" : "")
                    + (backups > 1 ? ", and " + (backups - 1) + " older" : "");
        }

        /** Returns the resource's name as people say it. */
        String thing() {
            return Shown.resource(of);
        }
    }

    /**
     * A recovery that was rehearsed and not yet signed.
     *
     * @param words the digest words of the bytes to sign, as they were shown at the rehearsal
     */
    record Unsigned(
            String id,
            String plan,
            String backup,
            HoldView.When at,
            String took,
            String wrong,
            List<Step> steps,
            String by,
            HoldView.When since,
            String words) {

        static Unsigned of(Json.Members one) {
            return new Unsigned(
                    Shown.text(one, "id"),
                    Shown.text(one, "plan"),
                    Shown.text(one, "backup"),
                    HoldView.When.of(one.text("practised_at")),
                    WaysGraph.age(one.whole("took_seconds")),
                    BackupPages.wrong(one),
                    one.objects("steps").stream().map(Step::of).toList(),
                    Shown.text(one, "handed_in_by"),
                    HoldView.When.of(one.text("handed_in_at")),
                    Shown.text(one, "words"));
        }
    }

    /** One step of the rehearsal, with the same mark as in a terminal. */
    record Step(String name, String result, String tone) {

        static Step of(Json.Members step) {
            String took = Shown.duration(Duration.ofMillis(step.whole("took_ms")));
            return switch (step.text("result")) {
                case "done" -> new Step(Shown.sentence(step.text("step")), took, "survives");
                case "skipped" -> new Step(Shown.sentence(step.text("step")), "skipped", "");
                default -> new Step(Shown.sentence(step.text("step")), "failed, after " + took, "lost");
            };
        }
    }

    Answer page(Asked asked) throws AdminRefusedException {
        Json.Members status = asked.ask("backup.status");
        Instant now = Shown.instant(status.text("now")).orElseThrow();
        List<Listed> listed = status.objects("listings").stream()
                .map(listing -> Listed.of(listing, now))
                .toList();
        List<Kept> things = status.objects("resources").stream()
                .map(resource -> kept(resource, listed, now))
                .toList();
        Set<String> named = status.objects("resources").stream()
                .map(resource -> resource.text("resource"))
                .collect(Collectors.toSet());
        List<Listed> others =
                listed.stream().filter(one -> !named.contains(one.of())).toList();
        List<String> notKnown =
                status.texts("not_known").stream().map(Shown::sentence).toList();
        long red = things.stream().filter(Kept::isRed).count();
        List<Unsigned> unsigned =
                status.objects("unsigned").stream().map(Unsigned::of).toList();
        Layout layout = new Layout("Backups", "/backups", asked.session());
        return Answer.page(Templates.render((output, none) ->
                JtebackupsGenerated.render(output, none, layout, things, red, notKnown, unsigned, others)));
    }

    /** Returns the statement that a passkey has to sign to attest a rehearsal. */
    Answer options(Asked asked) throws AdminRefusedException {
        return new Answer.Data(
                200,
                asked.ask(
                        "sign.options",
                        Json.object().with("unsigned", asked.id()).with("person", asked.signer())));
    }

    Answer sign(Asked asked) throws AdminRefusedException {
        Json.Members result = asked.ask(
                "backup.rehearsal",
                Json.object()
                        .with("unsigned", asked.id())
                        .with("signature", asked.fields().getOrDefault("signature", "")));
        return new Answer.Data(
                200, result.with("result", "Rehearsed by " + Shown.text(result, "person") + ", on record."));
    }

    private static Kept kept(Json.Members resource, List<Listed> listed, Instant now) {
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
                figures(resource),
                listed.stream()
                        .filter(one -> one.of().equals(resource.text("resource")))
                        .toList());
    }

    private static List<Figure> figures(Json.Members resource) {
        Json.Members point = resource.object("point");
        Json.Members time = resource.object("time");
        Json.Members practice = resource.object("practice");
        List<Figure> figures = new ArrayList<>(List.of(
                figure(
                        "Recovery point",
                        point,
                        seconds(point).isEmpty()
                                ? "everything could be gone"
                                : "at most " + seconds(point) + " would be lost"),
                figure(
                        "Recovery time",
                        time,
                        seconds(time).isEmpty()
                                ? "not known"
                                : seconds(time)
                                        + switch (time.text("by")) {
                                            case "practice" -> ", as rehearsed";
                                            case "both" ->
                                                " for the restore alone, longer than the whole " + "rehearsal took";
                                            default -> " for the restore alone";
                                        }),
                figure("Rehearsed", practice, practised(resource, practice)),
                tried(resource)));
        List<String> unseen = Shown.texts(resource, "apart_by_seal_alone");
        if (!unseen.isEmpty()) {
            figures.add(Figure.of(
                    "Apart from the data",
                    "only according to the seal: its location could not be checked",
                    String.join(", ", unseen),
                    false,
                    false));
        }
        for (Json.Members one : resource.objects("beside")) {
            figures.add(Figure.of(
                    "On the same server",
                    "not saved by " + Shown.text(one, "plan") + ": " + String.join(", ", Shown.texts(one, "names")),
                    one.whole("count") > one.texts("names").size() ? one.whole("count") + " in all" : "",
                    false,
                    false));
        }
        List<String> unlooked = Shown.texts(resource, "unlooked");
        if (!unlooked.isEmpty()) {
            figures.add(Figure.of("Not checked", String.join(", ", unlooked), "", true, true));
        }
        List<String> moved = Shown.texts(resource, "moved");
        if (!moved.isEmpty()) {
            figures.add(Figure.of(
                    "Source or target changed",
                    "the latest backup has another source or target than before",
                    String.join(", ", moved),
                    true,
                    true));
        }
        return figures;
    }

    private static Figure figure(String name, Json.Members judged, String value) {
        String target = judged.get("target_seconds").isPresent()
                ? "target " + WaysGraph.age(judged.whole("target_seconds"))
                : "";
        return Figure.of(
                name,
                value,
                target,
                judged.flag("red"),
                judged.get("seconds").isPresent() && judged.get("skipped").isEmpty());
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
                + (!last.flag("restored")
                        ? "and it failed: " + wrong(last)
                        : practice.get("skipped").isPresent()
                                ? practice.whole("skipped") + " of " + practice.whole("steps") + " steps were skipped"
                                : "took " + WaysGraph.age(last.whole("took_seconds")));
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
                : Figure.of("Last restore test", at + ", failed: " + wrong(last), "", true, true);
    }

    private static String wrong(Json.Members said) {
        return Shown.sentence(String.join("; ", said.texts("wrong")));
    }
}
