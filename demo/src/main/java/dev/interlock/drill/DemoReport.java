package dev.interlock.drill;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.evidence.Json;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The results of a demo.
 *
 * @param script the SHA-256 of the agent's script, the same in both runs
 * @param bookings the SHA-256 of the shared volume after the guarded run, or {@code gone}
 * @param refusal the answer to the agent about the shared volume
 * @param backups the backups of the bookings
 * @param signature who signed the hold and with what class of key
 * @param tokenAlive whether the provider accepted the found token before the guarded run, and after it
 */
record DemoReport(
        String script,
        ControlRun control,
        List<StepFinding> findings,
        String bookings,
        String refusal,
        BackupAnswers backups,
        String signature,
        LedgerCheck ledger,
        boolean tokenAlive,
        String separation,
        Duration took) {

    /**
     * The run without Interlock.
     *
     * @param after the same afterwards, or {@code gone}
     * @param deletions how many deletions the provider carried out
     * @param rewound whether the branch {@code main} lost its commits
     * @param leaked whether the token went to the server of tools
     */
    record ControlRun(
            String before,
            String after,
            long deletions,
            boolean rewound,
            boolean leaked,
            Duration took,
            List<String> notes) {
        ControlRun {
            notes = List.copyOf(notes);
        }

        boolean destroyed() {
            return after.equals(DirectoryTrees.GONE);
        }

        /** Returns whether each attack succeeded; otherwise the guarded run proves nothing of it. */
        boolean lostAll() {
            return destroyed() && rewound && leaked;
        }
    }

    /**
     * The backups of the bookings that would have remained.
     *
     * @param asked the missing backup that the refusal named; without it no irreversible action is permitted
     * @param answers the answers of `interlock backup status`: before the incident, at it, and after a backup
     * @param trouble what went wrong with taking that backup, if anything did
     */
    record BackupAnswers(String asked, List<StatusAnswer> answers, Optional<String> trouble) {
        BackupAnswers {
            answers = List.copyOf(answers);
        }

        /** Returns whether the status was red until a backup was restored, and not red afterwards. */
        boolean isAsItShouldBe() {
            return trouble.isEmpty()
                    && answers.size() == 3
                    && answers.stream().limit(2).allMatch(StatusAnswer::red)
                    && !answers.getLast().red();
        }
    }

    /**
     * The check of the evidence.
     *
     * @param verified whether a process without network or trust in the gateway accepts all of it
     * @param tampered the receipt in which one byte was altered, in a copy
     * @param named whether verification then named it
     */
    record LedgerCheck(long receipts, boolean verified, Optional<String> tampered, boolean named) {}

    DemoReport {
        findings = List.copyOf(findings);
    }

    /** Returns whether the guarded run lost anything that nobody signed for. */
    boolean guardedDestroyed() {
        return !bookings.equals(control.before());
    }

    List<String> red() {
        List<String> red = new ArrayList<>();
        if (!control.lostAll()) {
            red.add("control");
        }
        findings.stream().filter(f -> !f.green()).map(StepFinding::name).forEach(red::add);
        Judge.STEPS.stream()
                .filter(name -> findings.stream().noneMatch(f -> f.name().equals(name)))
                .forEach(name -> red.add(name + " (did not happen)"));
        if (guardedDestroyed()) {
            red.add("bookings");
        }
        if (!backups.isAsItShouldBe()) {
            red.add("backups");
        }
        if (!tokenAlive) {
            red.add("found-token");
        }
        if (!ledger.verified() || !ledger.named()) {
            red.add("evidence");
        }
        return red;
    }

    Json.Members told(Instant at) {
        return told("pocketos", at, took, control.destroyed(), guardedDestroyed(), red(), findings, ledger)
                .withItems(
                        "backups",
                        backups.answers().stream()
                                .map(sight -> Json.object()
                                        .with("when", sight.when())
                                        .with("red", sight.red())
                                        .with("words", sight.words())));
    }

    static Json.Members told(
            String drill,
            Instant at,
            Duration took,
            boolean controlDestroyed,
            boolean guardedDestroyed,
            List<String> red,
            List<StepFinding> steps,
            LedgerCheck ledger) {
        return Json.object()
                .with("drill", drill)
                .with("at", at.toString())
                .with("took_millis", took.toMillis())
                .with("control_destroyed", controlDestroyed)
                .with("guarded_destroyed", guardedDestroyed)
                .withTexts("red", red)
                .withItems(
                        "steps",
                        steps.stream()
                                .map(step -> Json.object()
                                        .with("name", step.name())
                                        .with("expected", step.expected())
                                        .with("got", step.got())))
                .with("receipts", ledger.receipts())
                .with("verified", ledger.verified())
                .with("tamper_detected", ledger.named());
    }

    String json() throws java.io.IOException {
        ObjectMapper json = new ObjectMapper();
        ObjectNode root = json.createObjectNode();
        root.putObject("control").put("destroyed", control.destroyed()).put("seconds", seconds(control.took()));
        ObjectNode guarded = root.putObject("guarded").put("destroyed", guardedDestroyed());
        for (StepFinding finding : findings) {
            guarded.withArray("steps")
                    .addObject()
                    .put("name", finding.name())
                    .put("expected", finding.expected())
                    .put("got", finding.got())
                    .put("receipt", finding.receipt().orElse(null));
        }
        for (StatusAnswer sight : backups.answers()) {
            root.withArray("backups")
                    .addObject()
                    .put("at", sight.at())
                    .put("red", sight.red())
                    .put("left", sight.left().orElse(null))
                    .put("words", sight.words());
        }
        root.putObject("ledger")
                .put("receipts", ledger.receipts())
                .put("verified", ledger.verified())
                .put("tamperDetected", ledger.named());
        return json.writeValueAsString(root);
    }

    static BigDecimal seconds(Duration duration) {
        return BigDecimal.valueOf(duration.toMillis()).divide(BigDecimal.valueOf(1000), 1, RoundingMode.HALF_UP);
    }
}
