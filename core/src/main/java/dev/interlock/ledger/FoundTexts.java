package dev.interlock.ledger;

import dev.interlock.evidence.CallFilter;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SealedTexts;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Finds texts that can be erased, in the receipts as they lie in the log. For one thread. */
public final class FoundTexts implements Consumer<Receipt> {

    /** Ranges that fit into one receipt, with what else it says. */
    private static final int MOST_RANGES = 256;

    private final ReceiptTexts texts;
    private final List<Json.Members> holds;
    private Predicate<Receipt> wanted;
    private final List<long[]> ranges = new ArrayList<>();
    private final Set<String> held = new TreeSet<>();
    private long receipts;
    private long clear;
    private long read;

    FoundTexts(ReceiptTexts texts, List<Json.Members> holds, Predicate<Receipt> wanted) {
        this.texts = texts;
        this.holds = holds;
        this.wanted = wanted;
    }

    @Override
    public void accept(Receipt stored) {
        read++;
        if (wanted.test(stored)) { // in what is never sealed, or from before
            clear++;
        }
        Receipt open = texts.open(stored);
        if (open.equals(stored) || !wanted.test(open)) {
            return;
        }
        receipts++;
        List<String> by = holds.stream()
                .filter(hold -> isCovered(open, hold))
                .map(hold -> hold.text("name"))
                .toList();
        held.addAll(by);
        long number = SealedTexts.number(stored).orElseThrow();
        if (by.isEmpty() && !ranges.isEmpty() && ranges.getLast()[1] + 1 == number) {
            ranges.getLast()[1] = number;
        } else if (by.isEmpty()) {
            ranges.add(new long[] {number, number});
        }
    }

    /** Returns the leaf at which it goes on. */
    long read() {
        return read;
    }

    /** From now on takes less. */
    FoundTexts only(Predicate<Receipt> less) {
        wanted = wanted.and(less);
        return this;
    }

    private static boolean isCovered(Receipt receipt, Json.Members hold) {
        return receipt.members().equals(hold) // else its end would come with its age, and nobody would know
                || (times(hold).isWithin(receipt.at())
                        && hold.optionalText("of").stream()
                                .allMatch(name -> receipt.agent().equals(Optional.of(name)))
                        && hold.optionalText("subject").stream()
                                .allMatch(text -> SealedTexts.naming(text).test(receipt)));
    }

    /** Returns the times of receipts that {@code hold} covers; throws if these cannot be read. */
    public static CallFilter times(Json.Members hold) {
        Optional<Instant> from = hold.optionalText("from").map(CallFilter::time);
        return new CallFilter(
                from, hold.optionalText("until").map(CallFilter::time), Optional.empty(), Optional.empty());
    }

    /** Returns what the receipts of an erasure say: more than one if there are many numbers; none of what is held. */
    List<Json.Members> acts() {
        List<Json.Members> acts = new ArrayList<>();
        for (int i = 0; i < ranges.size(); i += MOST_RANGES) {
            acts.add(Json.object()
                    .with("agent", SealedTexts.AGENT)
                    .with("act", "erase")
                    .withTexts(
                            SealedTexts.NUMBERS,
                            ranges.subList(i, Math.min(ranges.size(), i + MOST_RANGES)).stream()
                                    .map(range -> range[0] + "-" + range[1])));
        }
        return acts;
    }

    /** Returns the legal holds that stand, as their receipts say. */
    public List<Json.Members> holds() {
        return holds;
    }

    public long receipts() {
        return receipts;
    }

    /** Returns how many receipts have it where nothing is sealed. */
    public long clear() {
        return clear;
    }

    /** Returns the legal holds that cover some of the receipts. */
    public List<String> held() {
        return List.copyOf(held);
    }
}
