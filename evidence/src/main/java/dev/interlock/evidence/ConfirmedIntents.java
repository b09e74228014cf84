package dev.interlock.evidence;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** The intents that people had to sign for, counted once the outcome is known. A refused one used no hold. */
final class ConfirmedIntents {

    private static final String PERHAPS_REFUSED = "; no checkpoint covers its refusal yet: verify again once one does";

    sealed interface IntentVerdict {
        record UnmetIntent(String problem) implements IntentVerdict {}

        /** The seal was not given, so nobody can judge the intent. */
        record UncheckedIntent(Optional<String> seal) implements IntentVerdict {}

        record SignedIntent(ConfirmationResult by) implements IntentVerdict {}
    }

    private record IntentRecord(
            Function<String, LogFinding> finding,
            Optional<String> hold,
            IntentVerdict verdict,
            boolean isPerhapsRefused) {

        /** Anybody who can write to the log's files can add such an outcome, without a key. */
        IntentRecord asPerhapsRefused() {
            return new IntentRecord(problem -> finding.apply(problem + PERHAPS_REFUSED), hold, verdict, true);
        }
    }

    private final NavigableMap<Long, IntentRecord> byLeaf = new TreeMap<>();

    void add(long leaf, Function<String, LogFinding> finding, Optional<String> hold, IntentVerdict verdict) {
        byLeaf.put(leaf, new IntentRecord(finding, hold, verdict, false));
    }

    /** {@code certain} is false if a checkpoint covers the intent at {@code leaf}, but not its refusal. */
    void refused(long leaf, boolean certain) {
        if (certain) {
            byLeaf.remove(leaf);
        } else {
            byLeaf.computeIfPresent(leaf, (_, deed) -> deed.asPerhapsRefused());
        }
    }

    LogReport.ConfirmationTotals confirmations(Map<Long, LogFinding> besides) {
        Count count = new Count(besides);
        // If several copies raced for one hold, the copy that was sent has used it. So the certain ones come first.
        for (boolean perhapsRefused : List.of(false, true)) {
            byLeaf.forEach((leaf, deed) -> {
                if (deed.isPerhapsRefused() == perhapsRefused) {
                    count.add(leaf, deed);
                }
            });
        }
        return count.confirmations();
    }

    private static final class Count {
        private final NavigableMap<Long, LogFinding> findings;
        private final Map<String, Long> usedHolds = new HashMap<>(); // the leaf that used each hold
        private final Set<String> missingSeals = new TreeSet<>();
        private final Map<Signer, Long> signers = new HashMap<>();
        private long confirmed;
        private long weak;
        private long unchecked;

        private Count(Map<Long, LogFinding> besides) {
            findings = new TreeMap<>(besides);
        }

        private void add(long leaf, IntentRecord deed) {
            Optional<String> used = deed.hold().flatMap(hold -> used(leaf, hold, deed.isPerhapsRefused()));
            if (used.isPresent()) {
                findings.put(leaf, deed.finding().apply(used.get()));
                return;
            }
            switch (deed.verdict()) {
                case IntentVerdict.UnmetIntent(String problem) ->
                    findings.put(leaf, deed.finding().apply(problem));
                case IntentVerdict.UncheckedIntent(Optional<String> seal) -> {
                    unchecked++;
                    seal.ifPresent(missingSeals::add);
                }
                case IntentVerdict.SignedIntent(ConfirmationResult by) -> {
                    confirmed++;
                    weak += by.isWeak() ? 1 : 0;
                    by.signers().forEach(signer -> signers.merge(signer, 1L, Long::sum));
                }
            }
        }

        // Returns the problem if another leaf has used `hold` already; a checkpoint may not cover one of both.
        private Optional<String> used(long leaf, String hold, boolean perhapsRefused) {
            return Optional.ofNullable(usedHolds.putIfAbsent(hold, leaf))
                    .map(other -> perhapsRefused
                            ? "hold `" + hold + "` was used by leaf " + other + " too, unless this one was refused"
                            : "hold `" + hold + "` was used before, by leaf " + other);
        }

        private LogReport.ConfirmationTotals confirmations() {
            return new LogReport.ConfirmationTotals(
                    confirmed, weak, unchecked, missingSeals, signers, List.copyOf(findings.values()));
        }
    }
}
