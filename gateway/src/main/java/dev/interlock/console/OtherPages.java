package dev.interlock.console;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Read-only pages: the inventory, the policy, and the gateway's status. */
final class OtherPages {

    private final InstantSource clock;

    OtherPages(InstantSource clock) {
        this.clock = clock;
    }

    /** A resource that holds data. */
    record Thing(
            String upstream,
            String kind,
            String name,
            List<String> environments,
            List<String> lost,
            List<String> survives,
            List<String> concerns) {

        boolean isShared() {
            return concerns.contains("shared");
        }
    }

    /** A line with a name and a value. */
    record Pair(String name, String value) {

        /** Returns whether the value is a digest, which people read letter by letter. */
        boolean isDigest() {
            return name.equals("Digest") || name.equals("Signed by");
        }
    }

    /** A policy file in the seal, compared with the one in the previous seal. */
    record PolicyFile(String name, String text, List<Diff.Line> changes, boolean isNew) {}

    Answer inventory(Asked asked) throws AdminRefusedException {
        Json.Members check = asked.ask("inventory.check");
        List<Thing> things =
                check.objects("exposures").stream().map(OtherPages::thing).toList();
        List<Pair> patterns = check.objects("patterns").stream()
                .map(one -> new Pair(Shown.text(one, "pattern"), Shown.text(one, "covers")))
                .toList();
        List<String> unasked =
                check.texts("not_examined").stream().map(Shown::sentence).toList();
        List<Pair> environments = environments(asked);
        Layout layout = new Layout("Inventory", "/inventory", asked.session());
        return Answer.page(Templates.render((output, none) ->
                JteinventoryGenerated.render(output, none, layout, environments, things, patterns, unasked)));
    }

    private static List<Pair> environments(Asked asked) throws AdminRefusedException {
        List<Pair> pairs = new ArrayList<>();
        asked.ask("seal.show")
                .object("payload")
                .object("environments")
                .members()
                .forEach((name, value) -> pairs.add(new Pair(
                        Shown.text(name),
                        value instanceof Json.Members members && members.flag("protected")
                                ? "protected"
                                : "not protected")));
        return pairs;
    }

    private static Thing thing(Json.Members exposure) {
        String plain = Shown.resource(exposure.text("resource"));
        int space = plain.lastIndexOf(' ');
        return new Thing(
                Shown.text(exposure, "upstream"),
                space > 0 ? plain.substring(0, space) : "resource",
                plain.substring(space + 1),
                Shown.texts(exposure, "environments"),
                Shown.texts(exposure, "dies_with_it"),
                Shown.texts(exposure, "survives"),
                Shown.texts(exposure, "concerns"));
    }

    Answer policy(Asked asked) throws AdminRefusedException {
        Json.Members arguments =
                asked.id().isEmpty() ? Json.object() : Json.object().with("seal", asked.id());
        Json.Members seal = asked.ask("seal.show", arguments);
        Optional<Json.Members> before = before(asked, seal);
        Json.Members payload = seal.object("payload");
        List<Pair> facts = List.of(
                new Pair("Sequence", Long.toString(payload.whole("sequence"))),
                new Pair("Organisation", Shown.text(payload, "organisation")),
                new Pair("Sealed", Shown.time(payload.text("sealed_at"))),
                new Pair("Expires", Shown.time(payload.text("expires"))),
                new Pair("Signed by", String.join(", ", Shown.texts(seal, "signed_by"))),
                new Pair("Digest", seal.text("seal")));
        List<PolicyFile> files = files(payload, before.map(one -> one.object("payload")));
        List<Diff.Line> rest = before.map(one -> Diff.changes(without(one.object("payload")), without(payload)))
                .orElse(List.of());
        String marked = asked.field("policy").map(Shown::text).orElse("");
        Optional<String> previous = seal.optionalText("before");
        List<String> loosened =
                seal.texts("loosened").stream().map(Shown::sentence).toList();
        Layout layout = new Layout("Policy", "/policy", asked.session());
        return Answer.page(Templates.render((output, none) ->
                JtepolicyGenerated.render(output, none, layout, facts, files, rest, loosened, previous, marked)));
    }

    private static Optional<Json.Members> before(Asked asked, Json.Members seal) throws AdminRefusedException {
        Optional<String> id = seal.optionalText("before");
        return id.isEmpty()
                ? Optional.empty()
                : Optional.of(asked.ask("seal.show", Json.object().with("seal", id.get())));
    }

    private static String without(Json.Members payload) {
        return Tree.of(payload.without(List.of("policies", "sealed_at", "expires", "sequence")));
    }

    private static List<PolicyFile> files(Json.Members payload, Optional<Json.Members> before) {
        Map<String, String> old = new TreeMap<>();
        before.ifPresent(one -> one.objects("policies").forEach(file -> old.put(file.text("file"), file.text("text"))));
        List<PolicyFile> files = new ArrayList<>();
        for (Json.Members file : payload.objects("policies")) {
            String text = Shown.lines(file.text("text"));
            String earlier = old.get(file.text("file"));
            files.add(new PolicyFile(
                    Shown.text(file, "file"),
                    text,
                    earlier == null ? List.of() : Diff.changes(Shown.lines(earlier), text),
                    before.isPresent() && earlier == null));
        }
        return files;
    }

    /** A drill, which replays an incident. */
    record Drill(
            String name,
            String at,
            String took,
            boolean isRed,
            String verdict,
            List<Step> steps,
            List<Step> backups,
            String evidence,
            String receipt) {

        static Drill of(Json.Members report) {
            List<String> red = report.texts("red");
            boolean whole = red.isEmpty() && report.flag("control_destroyed") && !report.flag("guarded_destroyed");
            return new Drill(
                    Shown.text(report, "drill"),
                    Shown.time(report.text("at")),
                    BigDecimal.valueOf(report.whole("took_millis"), 3)
                            .setScale(1, RoundingMode.HALF_UP)
                            .toPlainString(),
                    !whole,
                    whole ? "all attacks refused" : "red: " + (red.isEmpty() ? "nothing was shown" : words(red)),
                    report.objects("steps").stream().map(Step::of).toList(),
                    report.objects("backups").stream().map(Step::backup).toList(),
                    report.whole("receipts") + " receipts, "
                            + (report.flag("verified") ? "verified offline" : "NOT VERIFIED")
                            + "; one byte altered in a copy: "
                            + (report.flag("tamper_detected") ? "found" : "NOT FOUND"),
                    Shown.text(report, "receipt"));
        }

        private static String words(List<String> red) {
            return red.stream().map(Shown::sentence).collect(Collectors.joining(", "));
        }
    }

    /** One attempt or check of a drill, and its result. */
    record Step(String name, String got, String expected, boolean isRed) {

        static Step of(Json.Members step) {
            String got = Shown.sentence(step.text("got"));
            String expected = Shown.sentence(step.text("expected"));
            return new Step(Shown.text(step, "name"), got, expected, !got.equals(expected));
        }

        static Step backup(Json.Members sight) {
            return new Step(
                    Shown.sentence(sight.text("when")), Shown.sentence(sight.text("words")), "", sight.flag("red"));
        }
    }

    Answer drills(Asked asked) throws AdminRefusedException {
        List<Drill> drills = asked.ask("drill.list").objects("reports").stream()
                .map(Drill::of)
                .toList();
        Layout layout = new Layout("Drills", "/drills", asked.session());
        return Answer.page(Templates.render((output, none) -> JtedrillsGenerated.render(output, none, layout, drills)));
    }

    /** The page after a command that took effect, and that the ledger could not record. */
    Answer unrecorded(Asked asked) {
        Layout layout = new Layout("Not on record", "", asked.session());
        return Answer.page(Templates.render((output, none) -> JteunrecordedGenerated.render(output, none, layout)));
    }

    Answer status(Asked asked) throws AdminRefusedException {
        Json.Members status = asked.ask("status");
        List<Pair> fronts = pairs(status, "fronts");
        List<Pair> probed = pairs(status, "probed");
        List<Pair> rest = new ArrayList<>();
        status.members().forEach((name, value) -> {
            if (!List.of("fronts", "probed", "warnings", "enforcing").contains(name)) {
                rest.add(new Pair(Shown.text(name.replace('_', ' ')), written(value)));
            }
        });
        List<String> warnings =
                status.texts("warnings").stream().map(Shown::sentence).toList();
        boolean enforcing = status.flag("enforcing");
        Instant now = clock.instant();
        Layout layout = new Layout("Status", "/status", asked.session());
        return Answer.page(Templates.render((output, none) -> JtestatusGenerated.render(
                output, none, layout, enforcing, fronts, probed, rest, warnings, Shown.time(now))));
    }

    private static String written(Json value) {
        return value instanceof Json.Text(String text) ? Shown.sentence(text) : Shown.value(value);
    }

    private static List<Pair> pairs(Json.Members status, String name) {
        List<Pair> pairs = new ArrayList<>();
        status.object(name).members().forEach((key, value) -> pairs.add(new Pair(Shown.text(key), written(value))));
        return pairs;
    }
}
