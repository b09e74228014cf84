package dev.interlock.evidence;

import java.util.ArrayList;
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

        /** Its statement is sealed under a number. Without its key, or once that is erased, nobody can judge it. */
        record SealedIntent(long number) implements IntentVerdict {}

        record SignedIntent(ConfirmationResult by) implements IntentVerdict {}
    }

    /** A hold that one intent may use, or a grant that as many may use as people signed for. */
    record UsedConfirmation(String id, long most) {}

    private record IntentRecord(
            Function<String, LogFinding> finding,
            Optional<UsedConfirmation> used,
            IntentVerdict verdict,
            boolean isPerhapsRefused) {

        /** Anybody who can write to the log's files can add such an outcome, without a key. */
        IntentRecord asPerhapsRefused() {
            return new IntentRecord(problem -> finding.apply(problem + PERHAPS_REFUSED), used, verdict, true);
        }
    }

    private final NavigableMap<Long, IntentRecord> byLeaf = new TreeMap<>();
    private final ErasedTexts erasures = new ErasedTexts();

    /** Notes the texts that {@code act} says were erased. */
    void erased(Receipt act) {
        erasures.accept(act);
    }

    void add(long leaf, Function<String, LogFinding> finding, Optional<UsedConfirmation> used, IntentVerdict verdict) {
        byLeaf.put(leaf, new IntentRecord(finding, used, verdict, false));
    }

    /** {@code certain} is false if a checkpoint covers the intent at {@code leaf}, but not its refusal. */
    void refused(long leaf, boolean certain) {
        if (certain) {
            byLeaf.remove(leaf);
        } else {
            byLeaf.computeIfPresent(leaf, (at, deed) -> deed.asPerhapsRefused());
        }
    }

    /** The confirmations in one log of several; what {@code before} used counts as used before. */
    LogReport.ConfirmationTotals confirmations(
            Map<Long, LogFinding> besides, Map<String, ConfirmedIntents> before, Map<String, ConfirmedIntents> after) {
        Count count = new Count(besides, this);
        // If several copies raced for one hold, the copy that was sent has used it. So the certain ones come first.
        for (boolean perhapsRefused : List.of(false, true)) {
            before.forEach((log, other) -> count.addUses(log, other, perhapsRefused));
            if (perhapsRefused) {
                after.forEach((log, other) -> count.addUses(log, other, false));
            }
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
        private final Map<String, List<String>> uses = new HashMap<>(); // the leaves that used each confirmation
        private final Set<String> missingSeals = new TreeSet<>();
        private final Map<Signer, Long> signers = new HashMap<>();
        private long confirmed;
        private long weak;
        private long unchecked;
        private long sealed;
        private long erased;
        private final ConfirmedIntents log;

        private Count(Map<Long, LogFinding> besides, ConfirmedIntents log) {
            this.log = log;
            findings = new TreeMap<>(besides);
        }

        private void addUses(String log, ConfirmedIntents other, boolean perhapsRefused) {
            other.byLeaf.forEach((leaf, deed) -> deed.used()
                    .filter(used -> deed.isPerhapsRefused() == perhapsRefused)
                    .ifPresent(used -> uses.computeIfAbsent(used.id(), id -> new ArrayList<>())
                            .add(leaf + " of log `" + log + "`")));
        }

        private void add(long leaf, IntentRecord deed) {
            Optional<String> used =
                    deed.used().flatMap(confirmation -> used(leaf, confirmation, deed.isPerhapsRefused()));
            if (used.isPresent()) {
                findings.put(leaf, deed.finding().apply(used.get()));
                return;
            }
            if (deed.verdict() instanceof IntentVerdict.SignedIntent signed) {
                confirmed++;
                weak += signed.by().isWeak() ? 1 : 0;
                signed.by().signers().forEach(signer -> signers.merge(signer, 1L, Long::sum));
            } else if (deed.verdict() instanceof IntentVerdict.UncheckedIntent open) {
                unchecked++;
                open.seal().ifPresent(missingSeals::add);
            } else if (deed.verdict() instanceof IntentVerdict.SealedIntent hidden) {
                unchecked++;
                boolean isErased = log.erasures.by(hidden.number()).isPresent();
                erased += isErased ? 1 : 0;
                sealed += isErased ? 0 : 1;
            } else {
                String problem = ((IntentVerdict.UnmetIntent) deed.verdict()).problem();
                findings.put(leaf, deed.finding().apply(problem));
            }
        }

        // Returns the problem if other leaves have used it up already; a checkpoint may not cover one of them.
        private Optional<String> used(long leaf, UsedConfirmation used, boolean perhapsRefused) {
            List<String> others = uses.computeIfAbsent(used.id(), id -> new ArrayList<>());
            if (others.size() < used.most()) {
                others.add(Long.toString(leaf));
                return Optional.empty();
            }
            String what = (used.id().startsWith("G-") ? "grant `" : "hold `") + used.id() + "` was used ";
            String by = others.isEmpty() ? "never granted" : "by leaf " + others.get(others.size() - 1);
            return Optional.of(
                    perhapsRefused ? what + by + " too, unless this one was refused" : what + "before, " + by);
        }

        private LogReport.ConfirmationTotals confirmations() {
            return new LogReport.ConfirmationTotals(
                    confirmed,
                    weak,
                    unchecked,
                    missingSeals,
                    signers,
                    List.copyOf(findings.values()),
                    sealed,
                    erased,
                    log.erasures.words());
        }
    }
}
