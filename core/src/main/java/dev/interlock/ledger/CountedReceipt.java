package dev.interlock.ledger;

import com.github.f4b6a3.ulid.Ulid;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a receipt adds to the figures of a day. It belongs to a quarter of an hour: the offset of every time zone is a
 * whole number of these.
 *
 * @param quarter the number of the quarter since 1970
 * @param what {@link #PASSED}, {@link #DENIED}, {@link #ASKED} and the hold, or {@link #ANSWERED} and the seconds
 */
record CountedReceipt(long quarter, String what, long count) {

    static final long QUARTER = Duration.ofMinutes(15).toSeconds();
    static final String PASSED = "passed";
    static final String DENIED = "denied";
    /** A hold counts once, however often its agent asks. */
    static final String ASKED = "asked ";

    static final String ANSWERED = "answered ";

    /** Returns what it adds; nothing for what no agent did, such as Interlock's own probes and examinations. */
    static List<CountedReceipt> of(Receipt receipt) {
        if (receipt.agent().equals(Optional.of(Receipt.PROBE)) || has(receipt, "task", Receipt.EXAMINATION)) {
            return List.of();
        }
        return switch (receipt.kind()) {
            case INTENT -> List.of(new CountedReceipt(quarter(receipt.at()), PASSED, 1));
            case REFUSED -> denied(receipt, 1).stream().toList();
            case HELD -> asked(receipt).stream().toList();
            case ADMIN -> act(receipt).stream().toList();
            case OUTCOME -> refused(receipt);
        };
    }

    /** What was refused after its intent, such as by the vault, has not passed. The refusal follows at once. */
    private static List<CountedReceipt> refused(Receipt outcome) {
        long quarter = quarter(outcome.at());
        return has(outcome, "result", Receipt.Result.REFUSED.word())
                ? List.of(new CountedReceipt(quarter, PASSED, -1), new CountedReceipt(quarter, DENIED, 1))
                : List.of();
    }

    private static Optional<CountedReceipt> act(Receipt receipt) {
        if (has(receipt, "command", "refusals.counted")) {
            return denied(receipt, 0);
        }
        return has(receipt, "command", "elevation.ask") ? asked(receipt) : answered(receipt);
    }

    /** Returns {@code own} refusals and those that were only counted before, unless they are dry runs or questions. */
    private static Optional<CountedReceipt> denied(Receipt receipt, long own) {
        long unwritten =
                receipt.members().get("suppressed").orElse(new Json.Whole(0)) instanceof Json.Whole(long number)
                        ? number
                        : 0;
        return has(receipt, "refusal", "dry_run") || has(receipt, "refusal", "confirmation_required")
                ? Optional.empty()
                : Optional.of(new CountedReceipt(quarter(receipt.at()), DENIED, own + unwritten));
    }

    void addTo(Map<Long, Map<String, Long>> counts) {
        counts.computeIfAbsent(quarter, _ -> new HashMap<>()).merge(what, count, Long::sum);
    }

    static long quarter(Instant at) {
        return Math.floorDiv(at.getEpochSecond(), QUARTER);
    }

    private static Optional<CountedReceipt> asked(Receipt receipt) {
        return opened(receipt)
                .map(at ->
                        new CountedReceipt(quarter(at), ASKED + receipt.hold().orElseThrow(), 1));
    }

    private static Optional<CountedReceipt> answered(Receipt receipt) {
        boolean isDenial = has(receipt, "command", "hold.deny")
                && receipt.members().get("result").isEmpty();
        boolean isSigned = has(receipt, "command", "hold.sign")
                && receipt.members().get("complete").equals(Optional.of(new Json.Flag(true)));
        return isDenial || isSigned
                ? opened(receipt)
                        .map(from -> new CountedReceipt(
                                quarter(receipt.at()),
                                ANSWERED
                                        + Math.max(
                                                0,
                                                Duration.between(from, receipt.at())
                                                        .toSeconds()),
                                1))
                : Optional.empty();
    }

    /** Returns when the hold of a receipt was opened: its name begins with the time. */
    private static Optional<Instant> opened(Receipt receipt) {
        return receipt.hold()
                .map(hold -> hold.substring(hold.indexOf('-') + 1))
                .filter(Ulid::isValid)
                .map(name -> Instant.ofEpochMilli(Ulid.from(name).getTime()));
    }

    private static boolean has(Receipt receipt, String member, String text) {
        return receipt.members().get(member).equals(Optional.of(new Json.Text(text)));
    }
}
