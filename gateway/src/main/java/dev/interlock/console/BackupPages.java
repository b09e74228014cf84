package dev.interlock.console;

import dev.interlock.adminapi.BackupQuestion;
import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The pages about backups: for everything that holds data, what would be left after a loss. */
final class BackupPages {

    /** One resource that holds data, with the figures that follow for a recovery. */
    record ResourceRow(
            String kind,
            String name,
            List<String> environments,
            List<String> plans,
            List<String> domains,
            boolean isRed,
            List<LossRow> losses,
            List<Figure> figures) {}

    /** One way of losing the resource, and the backup that it would leave. */
    record LossRow(String way, String left, String note, String why, boolean isRed) {

        static LossRow of(Json.Members way, Instant now) {
            String restored = way.optionalText("restored_at")
                    .map(at -> "restored " + DisplayText.age(at, now) + " ago")
                    .orElse("never restored");
            String left = DisplayText.text(way, "backup");
            String cause = DisplayText.text(way, "way");
            return new LossRow(
                    switch (cause) {
                        case "account" -> "account closed";
                        case "credential" -> "a credential misused";
                        default -> cause + " deleted";
                    },
                    left.isEmpty() ? "no usable backup" : left,
                    way.get("age_seconds").isEmpty() ? "" : age(way.whole("age_seconds")) + " old, " + restored,
                    DisplayText.sentence(String.join("; ", way.texts("why"))),
                    way.flag("red"));
        }
    }

    static String age(long seconds) {
        return DisplayText.duration(Duration.ofSeconds(seconds));
    }

    /** One figure with its target; the style's name for it is empty if nothing is known that could be good. */
    record Figure(String name, String value, String target, String tone) {

        private static final String NOTHING = "";

        static Figure of(String name, String value, String target, boolean isRed, boolean isKnown) {
            return new Figure(name, value, target, isRed ? "lost" : isKnown ? "survives" : NOTHING);
        }
    }

    /** A recovery that was rehearsed and not yet signed, with the digest words that the rehearsal showed. */
    record UnsignedRehearsalRow(
            String id,
            String plan,
            String backup,
            HoldView.DisplayTime at,
            String took,
            String wrong,
            List<RehearsalStepRow> steps,
            String by,
            HoldView.DisplayTime since,
            String words) {

        static UnsignedRehearsalRow of(Json.Members one) {
            return new UnsignedRehearsalRow(
                    DisplayText.text(one, "id"),
                    DisplayText.text(one, "plan"),
                    DisplayText.text(one, "backup"),
                    HoldView.DisplayTime.of(one.text("practised_at")),
                    age(one.whole("took_seconds")),
                    BackupPages.wrong(one),
                    one.objects("steps").stream().map(RehearsalStepRow::of).toList(),
                    DisplayText.text(one, "handed_in_by"),
                    HoldView.DisplayTime.of(one.text("handed_in_at")),
                    DisplayText.text(one, "words"));
        }
    }

    /** One step of the rehearsal, with the same mark as in a terminal. */
    record RehearsalStepRow(String name, String result, String tone) {

        static RehearsalStepRow of(Json.Members step) {
            String took = DisplayText.duration(Duration.ofMillis(step.whole("took_ms")));
            return switch (step.text("result")) {
                case "done" -> new RehearsalStepRow(DisplayText.sentence(step.text("step")), took, "survives");
                case "skipped" -> new RehearsalStepRow(DisplayText.sentence(step.text("step")), "skipped", "");
                default ->
                    new RehearsalStepRow(DisplayText.sentence(step.text("step")), "failed, after " + took, "lost");
            };
        }
    }

    ConsoleAnswer page(ConsoleRequest request) throws AdminRefusedException {
        Json.Members status = request.ask(new BackupQuestion.AskBackups(Optional.empty()));
        Instant now = DisplayText.instant(status.text("now")).orElseThrow();
        List<Json.Members> resources = status.objects("resources");
        Map<String, String> names = request.names(
                resources.stream().map(one -> one.text("resource")).toList());
        List<ResourceRow> things =
                resources.stream().map(resource -> kept(resource, names, now)).toList();
        List<String> notKnown =
                status.texts("not_known").stream().map(DisplayText::sentence).toList();
        long red = things.stream().filter(ResourceRow::isRed).count();
        List<UnsignedRehearsalRow> unsigned = status.objects("unsigned").stream()
                .map(UnsignedRehearsalRow::of)
                .toList();
        Layout layout = new Layout("Backups", "/backups", request.session());
        return ConsoleAnswer.page(
                (output, none) -> JtebackupsGenerated.render(output, none, layout, things, red, notKnown, unsigned));
    }

    ConsoleAnswer options(ConsoleRequest request) throws AdminRefusedException {
        return ConsoleAnswer.data(
                request.ask(PersonQuestion.PrepareSignature.ofRehearsal(request.signer(), request.id())));
    }

    ConsoleAnswer sign(ConsoleRequest request) throws AdminRefusedException {
        BackupQuestion.SignedRehearsal result = request.ask(
                new BackupQuestion.SignRehearsal(Optional.empty(), Optional.of(request.id()), request.signature()));
        return new ConsoleAnswer.Data(
                RecordJson.write(result)
                        .with("result", "Rehearsed by " + DisplayText.text(result.person()) + ", on record."),
                List.of());
    }

    private static ResourceRow kept(Json.Members resource, Map<String, String> names, Instant now) {
        String id = resource.text("resource");
        DisplayText.NamedThing thing = DisplayText.NamedThing.identified(id, names);
        return new ResourceRow(
                thing.kind(),
                thing.name(),
                DisplayText.texts(resource, "environments"),
                DisplayText.texts(resource, "plans"),
                DisplayText.texts(resource, "domains"),
                resource.flag("red"),
                resource.objects("ways").stream()
                        .map(way -> LossRow.of(way, now))
                        .toList(),
                figures(resource));
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
                                                " for the restore alone, longer than the whole rehearsal took";
                                            default -> " for the restore alone";
                                        }),
                figure("Rehearsed", practice, practised(resource, practice)),
                tried(resource)));
        List<String> unseen = DisplayText.texts(resource, "apart_by_seal_alone");
        if (!unseen.isEmpty()) {
            figures.add(Figure.of(
                    "Apart from the data",
                    "only according to the seal: its location could not be checked",
                    String.join(", ", unseen),
                    false,
                    false));
        }
        List<String> unlooked = DisplayText.texts(resource, "unlooked");
        if (!unlooked.isEmpty()) {
            figures.add(Figure.of("Not checked", String.join(", ", unlooked), "", true, true));
        }
        List<String> moved = DisplayText.texts(resource, "moved");
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
        String target = judged.get("target_seconds").isPresent() ? "target " + age(judged.whole("target_seconds")) : "";
        return Figure.of(
                name,
                value,
                target,
                judged.flag("red"),
                judged.get("seconds").isPresent() && judged.get("skipped").isEmpty());
    }

    private static String seconds(Json.Members judged) {
        return judged.get("seconds").isPresent() ? age(judged.whole("seconds")) : "";
    }

    private static String practised(Json.Members resource, Json.Members practice) {
        if (resource.get("last_practised").isEmpty()) {
            return "never";
        }
        Json.Members last = resource.object("last_practised");
        return "by " + DisplayText.text(last, "by") + ", " + seconds(practice) + " ago, "
                + (!last.flag("restored")
                        ? "and it failed: " + wrong(last)
                        : practice.get("skipped").isPresent()
                                ? practice.whole("skipped") + " of " + practice.whole("steps") + " steps were skipped"
                                : "took " + age(last.whole("took_seconds")));
    }

    private static Figure tried(Json.Members resource) {
        if (resource.get("last_tried").isEmpty()) {
            return Figure.of(
                    "Last restored", "never", "", !resource.texts("plans").isEmpty(), false);
        }
        Json.Members last = resource.object("last_tried");
        String at = DisplayText.time(last.text("tried_at")) + " UTC";
        return last.flag("restored")
                ? Figure.of("Last restored", at + ", in " + age(last.whole("took_seconds")), "", false, true)
                : Figure.of("Last restore test", at + ", failed: " + wrong(last), "", true, true);
    }

    private static String wrong(Json.Members said) {
        return DisplayText.sentence(String.join("; ", said.texts("wrong")));
    }
}
