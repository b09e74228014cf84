package dev.interlock.ledger;

import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SealedTexts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Texts that can be erased.
 *
 * @param ranges the numbers under which they are sealed, ascending, first and last of each range
 * @param receipts how many receipts have them
 * @param clear how many receipts were written before texts were sealed, or have the text where none is sealed
 * @param held the legal holds that cover some of them; their numbers are not in {@code ranges}
 */
public record FoundTexts(List<long[]> ranges, long receipts, long clear, Set<String> held) {

    public FoundTexts {
        ranges = List.copyOf(ranges);
        held = Set.copyOf(held);
    }

    /** Reads receipts as they lie in the log, in order. For one thread. */
    static final class TextSearch implements Consumer<Receipt> {

        private final ReceiptTexts texts;
        private final List<LegalHold> holds;
        private final Predicate<Receipt> wanted;
        private final Predicate<Receipt> behind;
        private final List<long[]> ranges = new ArrayList<>();
        private final Set<String> held = new TreeSet<>();
        private long receipts;
        private long clear;
        private boolean isOver;

        TextSearch(ReceiptTexts texts, Predicate<Receipt> wanted, Predicate<Receipt> behind) {
            this.texts = texts;
            this.holds = texts.holds();
            this.wanted = wanted;
            this.behind = behind;
        }

        @Override
        public void accept(Receipt stored) {
            isOver |= behind.test(stored);
            if (isOver) {
                return;
            }
            OptionalLong number = SealedTexts.number(stored);
            Receipt open = number.isEmpty() ? stored : texts.open(stored);
            boolean isErased = number.isPresent() && texts.keys().known(number.getAsLong()) != number.getAsLong();
            if (isErased || !wanted.test(open)) {
                return;
            }
            if (number.isEmpty()) {
                clear++;
                return;
            }
            List<String> by = holds.stream()
                    .filter(hold -> hold.covers(open))
                    .map(LegalHold::name)
                    .toList();
            held.addAll(by);
            if (by.isEmpty()) {
                receipts++;
                add(number.getAsLong());
            }
        }

        private void add(long number) {
            if (!ranges.isEmpty() && ranges.getLast()[1] + 1 == number) {
                ranges.getLast()[1] = number;
            } else {
                ranges.add(new long[] {number, number});
            }
        }

        boolean isOver() {
            return isOver;
        }

        FoundTexts found() {
            ranges.sort(Comparator.comparingLong(range -> range[0])); // several receipts may have overtaken each other
            List<long[]> merged = new ArrayList<>();
            for (long[] range : ranges) {
                if (!merged.isEmpty() && merged.getLast()[1] + 1 == range[0]) {
                    merged.getLast()[1] = range[1];
                } else {
                    merged.add(range);
                }
            }
            return new FoundTexts(merged, receipts, clear, held);
        }
    }
}
