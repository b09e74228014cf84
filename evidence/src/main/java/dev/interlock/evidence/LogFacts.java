package dev.interlock.evidence;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What one log of a fleet says on which entries of the others rest. */
final class LogFacts implements ReceiptReader {

    /** Records how an intent ended whose gateway did not come back, in the log of another one. */
    static final String CLOSE = "fleet.close";

    private static final List<String> RELIED =
            List.of("lease.issue", "run.open", "lease.derive", "run.renew", "seal.adopt", "elevation.give", CLOSE);

    /** What is asked and answered about holds, without what no report shows. */
    private static final List<String> ASKED = List.of("agent", "hold", "expires");

    private final NavigableMap<Long, Receipt> acts = new TreeMap<>();
    private final List<Receipt> questions = new ArrayList<>();
    private final Map<String, String> marks = new HashMap<>(); // what the step of each intent leaves behind
    private final NavigableMap<Long, String> done = new TreeMap<>();
    private List<ConfirmedIntents.ConfirmationUse> uses = List.of();
    private String origin = "";

    /** The logs beside the one at {@code own}. Uses of a confirmation in those before it count as the earlier ones. */
    record OtherLogs(List<LogFacts> logs, int own) {

        static final OtherLogs NONE = new OtherLogs(List.of(), 0);

        private Stream<LogFacts> all() {
            return Stream.concat(
                    logs.stream().limit(own), logs.stream().skip(own + 1L));
        }

        /** Returns the acts that calls rest on. The clocks of two machines do not order what their logs say. */
        Stream<Receipt> acts() {
            return all().flatMap(log -> log.acts.values().stream());
        }

        /** Returns the marks of the steps of plans that succeeded. */
        Set<String> done() {
            Set<String> marks = new HashSet<>();
            all().forEach(log -> marks.addAll(log.done.values()));
            return marks;
        }

        /** Returns how intents ended whose gateways did not come back. One that was perhaps sent was not refused. */
        Map<String, Receipt> ends() {
            Map<String, Receipt> ends = new HashMap<>();
            logs.forEach(log -> log.acts.values().stream()
                    .filter(act -> act.isAct(CLOSE))
                    .forEach(act -> act.members()
                            .textIfAny("closed")
                            .ifPresent(intent -> ends.merge(
                                    intent, act, (one, other) -> isRefusal(one) ? other : one))));
            return ends;
        }

        /** Returns which uses of confirmations count before one that was certainly not, or perhaps, refused. */
        Map<String, List<String>> uses(boolean perhapsRefused) {
            Map<String, List<String>> uses = new HashMap<>();
            Map<String, Receipt> ends = ends();
            all().forEach(log -> log.uses.stream()
                    .filter(use -> !ends.containsKey(use.intent()) || !isRefusal(ends.get(use.intent())))
                    .filter(use -> logs.indexOf(log) < own
                            ? use.isPerhapsRefused() == perhapsRefused
                            : perhapsRefused && !use.isPerhapsRefused())
                    .forEach(use -> uses.computeIfAbsent(use.confirmation(), id -> new ArrayList<>())
                            .add(use.leaf() + " of log `" + log.origin + "`")));
            return uses;
        }
    }

    String origin() {
        return origin;
    }

    /** Returns the receipts about holds, those that ask first. */
    static List<Receipt> questions(List<LogFacts> logs) {
        List<Receipt> all = new ArrayList<>();
        for (boolean asks : List.of(true, false)) {
            logs.stream()
                    .flatMap(log -> log.questions.stream())
                    .filter(receipt -> ReportQuestions.asks(receipt) == asks)
                    .sorted((one, other) -> one.at().compareTo(other.at()))
                    .forEach(all::add);
        }
        return all;
    }

    static boolean isRefusal(Receipt close) {
        return close.members().textIfAny("outcome").equals(Optional.of(Receipt.Result.REFUSED.word()));
    }

    @Override
    public void begin() {
        acts.clear();
        questions.clear();
        marks.clear();
        done.clear();
        uses = List.of();
    }

    @Override
    public void receipt(long leaf, Receipt receipt, Optional<ConfirmedIntents.IntentVerdict> verdict) {
        origin = receipt.origin();
        if (receipt.kind() == Receipt.Kind.ADMIN && RELIED.stream().anyMatch(receipt::isAct)) {
            acts.put(leaf, receipt);
        }
        if (receipt.hold().isPresent()) {
            questions.add(receipt.kind() == Receipt.Kind.ADMIN ? receipt : shortened(receipt));
        }
        if (receipt.kind() == Receipt.Kind.INTENT) {
            IntentConfirmation.step(receipt).ifPresent(step -> marks.put(receipt.id(), PlanStep.mark(step)));
        }
        Optional<String> mark = receipt.intent().map(marks::remove);
        if (mark.isPresent() && receipt.result().equals(Optional.of(Receipt.Result.DONE))) {
            done.put(leaf, mark.get());
        }
    }

    /** Forgets what the first {@code size} receipts do not say: nothing in another log rests on what nobody signed. */
    void cut(long size) {
        acts.tailMap(size, true).clear();
        done.tailMap(size, true).clear();
    }

    private static Receipt shortened(Receipt receipt) {
        Json.Members kept = Json.object();
        for (String name : ASKED) {
            kept = kept.withOptional(name, receipt.members().textIfAny(name));
        }
        return new Receipt(receipt.id(), receipt.kind(), receipt.at(), receipt.origin(), kept);
    }

    @Override
    public void outcome(long intent, Receipt outcome) {}

    @Override
    public void end(List<ConfirmedIntents.ConfirmationUse> used) {
        uses = used;
    }
}
