package dev.interlock.evidence;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The result of verifying a log. Sound records can still show that somebody acted without confirmation. What became of
 * {@code openIntents} is unknown; no checkpoint covers the {@code unpublished} receipts yet.
 */
public record LogReport(
        Checkpoint checkpoint,
        List<LogFinding> problems,
        ConfirmationTotals confirmations,
        List<String> openIntents,
        long unpublished,
        List<WitnessComparison.WitnessView> witnesses) {

    /** What one copy cannot show about itself. */
    static final String CUT_END = "Whether receipts after the last one were cut off, together with the checkpoint that"
            + " covers them, cannot be known from this copy. A replica, or a note that you have from a witness itself, says:"
            + " compare with --replica or --witnessed.";

    /**
     * The actions that needed confirmation: how many have it; of these the weak ones, by a key without hardware or
     * certified only by the gateway; those unchecked; who confirmed, how often; what is lacking; of the unchecked those
     * that are sealed, and those whose texts were erased; and what was erased, in words.
     */
    public record ConfirmationTotals(
            long confirmed,
            long weak,
            long unchecked,
            Set<String> missingSeals,
            Map<Signer, Long> signers,
            List<LogFinding> problems,
            long sealed,
            long lost,
            Optional<String> erased) {
        public ConfirmationTotals {
            signers = sorted(signers);
            missingSeals = Collections.unmodifiableSet(new TreeSet<>(missingSeals));
            problems = List.copyOf(problems);
        }

        private static Map<Signer, Long> sorted(Map<Signer, Long> signers) {
            Map<Signer, Long> sorted = new TreeMap<>(Comparator.comparing(Signer::toString));
            sorted.putAll(signers);
            return Collections.unmodifiableMap(sorted);
        }

        /** Returns how many are unchecked because their seal is not there. */
        private long unsealed() {
            return unchecked - sealed - lost;
        }

        /** Returns why some are unchecked. */
        String reasons() {
            return Stream.of(
                            Map.entry(unsealed(), " for want of their seals (--seal, --seal-key)"),
                            Map.entry(sealed, " for want of the keys of their texts (--texts)"),
                            Map.entry(lost, " because their texts were erased: the gateway's word, now for ever"))
                    .filter(reason -> reason.getKey() > 0)
                    .map(reason -> reason.getKey() + reason.getValue())
                    .collect(Collectors.joining(", "));
        }

        private Json.Array signersJson() {
            return new Json.Array(signers.entrySet().stream()
                    .<Json>map(entry -> entry.getKey().json().with("confirmed", entry.getValue()))
                    .toList());
        }
    }

    /** An answer to a question that could perhaps not be decided. */
    public enum LogAnswer implements Keyword {
        YES,
        NO,
        /** Undecidable: the necessary input was not given. */
        UNCHECKED;
    }

    public LogReport {
        problems = List.copyOf(problems);
        openIntents = List.copyOf(openIntents);
        witnesses = List.copyOf(witnesses);
    }

    /** Returns whether every file matches what the checkpoint commits to, and every receipt is well-formed. */
    public boolean recordsSound() {
        return problems.isEmpty();
    }

    /** Returns whether each given witness vouches for a part of the log. */
    boolean isWitnessed() {
        return witnesses.stream().allMatch(view -> view.at().isPresent());
    }

    /** Returns whether a crash explains every problem; a start of the gateway then makes the files again. */
    public boolean isCrashPossible() {
        return problems.size() < LogVerifier.MAX_FINDINGS && problems.stream().allMatch(LogFinding::isCrashPossible);
    }

    /** Returns whether every action that needed signatures has them; open if the records, not sound, may lack one. */
    public LogAnswer confirmedActionsSigned() {
        if (!confirmations.problems().isEmpty()) {
            return LogAnswer.NO;
        }
        return confirmations.unchecked() > 0 || !recordsSound() ? LogAnswer.UNCHECKED : LogAnswer.YES;
    }

    public Json.Members json() {
        Json.Members reasons = Json.object()
                .with("erased", confirmations.lost())
                .with("sealed", confirmations.sealed())
                .with("no_seal", confirmations.unsealed());
        return Json.object()
                .with("origin", checkpoint.origin())
                .with("size", checkpoint.size())
                .with("root", checkpoint.root().toString())
                .with("records_sound", recordsSound())
                .with("confirmed_actions_signed", confirmedActionsSigned().word())
                .with("confirmed", confirmations.confirmed())
                .with("weak", confirmations.weak())
                .with("unchecked", confirmations.unchecked())
                .withTexts("missing_seals", confirmations.missingSeals())
                .with("unchecked_because", reasons)
                .withOptional("erased", confirmations.erased())
                .with("signers", confirmations.signersJson())
                .with("unpublished", unpublished)
                .with("problems", findings(problems))
                .with("confirmation_problems", findings(confirmations.problems()))
                .withItems("witnesses", witnesses.stream().map(WitnessComparison.WitnessView::json))
                .withTexts("open_intents", openIntents);
    }

    private static Json.Array findings(List<LogFinding> findings) {
        return new Json.Array(findings.stream().<Json>map(LogFinding::json).toList());
    }
}
