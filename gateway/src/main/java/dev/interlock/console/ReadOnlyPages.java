package dev.interlock.console;

import dev.interlock.adminapi.AgentQuestion;
import dev.interlock.adminapi.DrillQuestion;
import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Read-only pages: the inventory, the policy, and the gateway's status. */
record ReadOnlyPages(InstantSource clock) {

    /** A resource that holds data. */
    record InventoryRow(
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

    record Pair(String name, String value) {

        /** Returns whether the value is a digest, which people read letter by letter. */
        boolean isDigest() {
            return name.equals("Digest") || name.equals("Signed by");
        }
    }

    /** A policy file in the seal, compared with the one in the previous seal. */
    record PolicyFile(String name, String text, List<Diff.Line> changes, boolean isNew) {}

    ConsoleAnswer inventory(ConsoleRequest request) throws AdminRefusedException {
        AgentQuestion.CheckedInventory check = request.ask(new AgentQuestion.CheckInventory());
        Map<String, String> names = request.names(
                check.exposures().stream().map(AgentQuestion.Exposure::resource).toList());
        List<InventoryRow> things =
                check.exposures().stream().map(one -> thing(one, names)).toList();
        List<Pair> patterns = check.patterns().stream()
                .map(one -> new Pair(DisplayText.text(one.pattern()), DisplayText.text(one.covers())))
                .toList();
        List<String> unasked =
                check.notExamined().stream().map(DisplayText::sentence).toList();
        List<Pair> stored = check.stored().stream()
                .map(data -> new Pair(
                        DisplayText.text(data.resource()),
                        String.join(", ", DisplayText.shown(data.environments()))
                                + (data.environments().isEmpty() ? "unplaced" : "")
                                + String.format(Locale.ROOT, " · %,d KiB", (data.bytes() + 1023) / 1024)
                                + data.rows()
                                        .map(rows -> String.format(Locale.ROOT, " · about %,d rows", rows))
                                        .orElse("")))
                .toList();
        List<Pair> environments = environments(request);
        Layout layout = new Layout("Inventory", "/inventory", request.session());
        return ConsoleAnswer.page((output, none) ->
                JteinventoryGenerated.render(output, none, layout, environments, things, patterns, stored, unasked));
    }

    private static List<Pair> environments(ConsoleRequest request) throws AdminRefusedException {
        List<Pair> pairs = new ArrayList<>();
        request.ask(new EvidenceQuestion.ShowSeal(Optional.empty()))
                .payload()
                .object("environments")
                .members()
                .forEach((name, value) -> pairs.add(new Pair(
                        DisplayText.text(name),
                        value instanceof Json.Members members && members.flag("protected")
                                ? "protected"
                                : "not protected")));
        return pairs;
    }

    private static InventoryRow thing(AgentQuestion.Exposure exposure, Map<String, String> names) {
        DisplayText.NamedThing thing = DisplayText.NamedThing.identified(exposure.resource(), names);
        return new InventoryRow(
                DisplayText.text(exposure.upstream()),
                thing.kind(),
                thing.name(),
                DisplayText.shown(exposure.environments()),
                DisplayText.shown(exposure.diesWithIt()),
                DisplayText.shown(exposure.survives()),
                DisplayText.shown(exposure.concerns()));
    }

    ConsoleAnswer policy(ConsoleRequest request) throws AdminRefusedException {
        EvidenceQuestion.ShownSeal seal = request.ask(
                new EvidenceQuestion.ShowSeal(request.id().isEmpty() ? Optional.empty() : Optional.of(request.id())));
        Optional<Json.Members> before = before(request, seal);
        Json.Members payload = seal.payload();
        List<Pair> facts = List.of(
                new Pair("Sequence", Long.toString(payload.whole("sequence"))),
                new Pair("Organisation", DisplayText.text(payload, "organisation")),
                new Pair("Sealed", DisplayText.time(payload.text("sealed_at"))),
                new Pair("Expires", DisplayText.time(payload.text("expires"))),
                new Pair("Signed by", DisplayText.list(seal.signedBy())),
                new Pair("Digest", seal.seal()));
        List<PolicyFile> files = files(payload, before);
        List<Diff.Line> rest =
                before.map(one -> Diff.changes(without(one), without(payload))).orElse(List.of());
        String marked = request.field("policy").map(DisplayText::text).orElse("");
        Optional<String> previous = seal.before();
        List<String> loosened =
                seal.loosened().stream().map(DisplayText::sentence).toList();
        Layout layout = new Layout("Policy", "/policy", request.session());
        return ConsoleAnswer.page((output, none) ->
                JtepolicyGenerated.render(output, none, layout, facts, files, rest, loosened, previous, marked));
    }

    private static Optional<Json.Members> before(ConsoleRequest request, EvidenceQuestion.ShownSeal seal)
            throws AdminRefusedException {
        return seal.before().isEmpty()
                ? Optional.empty()
                : Optional.of(request.ask(new EvidenceQuestion.ShowSeal(seal.before()))
                        .payload());
    }

    private static String without(Json.Members payload) {
        return DisplayText.indented(payload.without(List.of("policies", "sealed_at", "expires", "sequence")));
    }

    private static List<PolicyFile> files(Json.Members payload, Optional<Json.Members> before) {
        Map<String, String> old = new TreeMap<>();
        before.ifPresent(one -> one.objects("policies").forEach(file -> old.put(file.text("file"), file.text("text"))));
        List<PolicyFile> files = new ArrayList<>();
        for (Json.Members file : payload.objects("policies")) {
            String text = DisplayText.lines(file.text("text"));
            String earlier = old.get(file.text("file"));
            files.add(new PolicyFile(
                    DisplayText.text(file, "file"),
                    text,
                    earlier == null ? List.of() : Diff.changes(DisplayText.lines(earlier), text),
                    before.isPresent() && earlier == null));
        }
        return files;
    }

    /** A drill, which replays an incident. */
    record DrillRow(
            String name,
            String at,
            String took,
            boolean isRed,
            String verdict,
            List<DrillStepRow> steps,
            List<DrillStepRow> backups,
            String evidence,
            String receipt) {

        static DrillRow of(DrillQuestion.RecordedDrill recorded) {
            DrillQuestion.DrillReport report = recorded.report();
            List<String> red = report.red();
            boolean whole = red.isEmpty() && report.controlDestroyed() && !report.guardedDestroyed();
            return new DrillRow(
                    DisplayText.text(report.drill()),
                    DisplayText.time(report.at()),
                    BigDecimal.valueOf(report.tookMillis(), 3)
                            .setScale(1, RoundingMode.HALF_UP)
                            .toPlainString(),
                    !whole,
                    whole ? "all attacks refused" : "red: " + (red.isEmpty() ? "nothing was shown" : words(red)),
                    report.steps().stream().map(DrillStepRow::of).toList(),
                    report.backups().stream().map(DrillStepRow::backup).toList(),
                    report.policy()
                            .map(policy -> DisplayText.sentence(policy.summary()) + " Seal "
                                    + DisplayText.text(policy.seal()) + "; the next is due on "
                                    + DisplayText.time(policy.next()) + " UTC.")
                            .orElseGet(() -> report.receipts() + " receipts, "
                                    + (report.verified() ? "verified offline" : "NOT VERIFIED")
                                    + "; one byte altered in a copy: "
                                    + (report.tamperDetected() ? "found" : "NOT FOUND")),
                    DisplayText.text(recorded.receipt()));
        }

        private static String words(List<String> red) {
            return red.stream().map(DisplayText::sentence).collect(Collectors.joining(", "));
        }
    }

    /** One attempt or check of a drill, and its result. */
    record DrillStepRow(String name, String got, String expected, boolean isRed) {

        static DrillStepRow of(DrillQuestion.DrillStep step) {
            String got = DisplayText.sentence(step.got());
            String expected = DisplayText.sentence(step.expected());
            return new DrillStepRow(DisplayText.text(step.name()), got, expected, !got.equals(expected));
        }

        static DrillStepRow backup(DrillQuestion.BackupSight sight) {
            return new DrillStepRow(
                    DisplayText.sentence(sight.when()), DisplayText.sentence(sight.words()), "", sight.red());
        }
    }

    ConsoleAnswer drills(ConsoleRequest request) throws AdminRefusedException {
        List<DrillRow> drills = request.ask(new DrillQuestion.ListDrills()).reports().stream()
                .map(DrillRow::of)
                .toList();
        Layout layout = new Layout("Drills", "/drills", request.session());
        return ConsoleAnswer.page((output, none) -> JtedrillsGenerated.render(output, none, layout, drills));
    }

    /** The page after a command that took effect, and that the ledger could not record. */
    ConsoleAnswer unrecorded(ConsoleRequest request) {
        Layout layout = new Layout("Not on record", "", request.session());
        return ConsoleAnswer.page((output, none) -> JtemissingreceiptGenerated.render(output, none, layout));
    }

    ConsoleAnswer status(ConsoleRequest request) throws AdminRefusedException {
        StatusQuestion.Status answer = request.ask(new StatusQuestion.AskStatus());
        Json.Members status = RecordJson.write(answer);
        List<Pair> fronts = pairs(status, "fronts");
        List<Pair> probed = pairs(status, "probed");
        List<Pair> rest = new ArrayList<>();
        status.members().forEach((name, value) -> {
            if (!List.of("fronts", "probed", "store", "things", "why", "enforcing")
                    .contains(name)) {
                rest.add(new Pair(DisplayText.text(name.replace('_', ' ')), written(value)));
            }
        });
        List<String> gateways = answer.parts().store().stream()
                .flatMap(store -> store.nodes().stream().map(node -> node.words(store.own(), DisplayText::time)))
                .map(DisplayText::sentence)
                .toList();
        List<String> things =
                answer.things().stream().map(DisplayText::sentence).toList();
        String verdict = DisplayText.sentence(answer.verdict(0));
        Instant now = clock.instant();
        Layout layout = new Layout("Status", "/status", request.session());
        return ConsoleAnswer.page((output, none) -> JtestatusGenerated.render(
                output,
                none,
                layout,
                verdict,
                answer.enforcing(),
                things,
                gateways,
                fronts,
                probed,
                rest,
                HoldView.DisplayTime.of(now.toString())));
    }

    private static String written(Json value) {
        return value instanceof Json.Text(String text) ? DisplayText.sentence(text) : DisplayText.value(value);
    }

    private static List<Pair> pairs(Json.Members status, String name) {
        return status.object(name).members().entrySet().stream()
                .map(one -> new Pair(DisplayText.text(one.getKey()), written(one.getValue())))
                .toList();
    }
}
