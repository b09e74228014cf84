package dev.interlock.evidence;

import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** The sealed texts that receipts of a log say were erased, by their numbers. */
final class ErasedTexts {

    private record ErasedRange(long last, String by) {}

    private final NavigableMap<Long, ErasedRange> ranges = new TreeMap<>();
    private long receipts;
    private Optional<String> latest = Optional.empty();

    /** Takes any receipt, and returns the number of those whose texts it says were erased. */
    long accept(Receipt act) {
        long erased = 0;
        for (String range : isErasure(act) ? act.members().texts(SealedTexts.NUMBERS) : List.<String>of()) {
            boolean isRange = range.matches("[0-9]{1,12}-[0-9]{1,12}"); // so that all of a receipt can be added up
            long first = isRange ? Long.parseLong(range.substring(0, range.indexOf('-'))) : 1;
            long last = isRange ? Long.parseLong(range.substring(range.indexOf('-') + 1)) : 0;
            if (last < first) {
                throw new MalformedException("`" + range + "` is not a range of numbers");
            }
            ranges.merge(first, new ErasedRange(last, act.id()), (one, more) -> more.last() > one.last() ? more : one);
            erased += last + 1 - first;
            latest = Optional.of(act.id() + " of " + act.at());
        }
        receipts += erased;
        return erased;
    }

    /** Only the gateway itself erases: a try of somebody else's says nothing, whatever it names. */
    private static boolean isErasure(Receipt act) {
        return act.isAct(SealedTexts.ACT)
                && act.agent().equals(Optional.of(SealedTexts.AGENT))
                && act.members().get("result").isEmpty();
    }

    /** Returns the receipt that says that the texts under {@code number} were erased. */
    Optional<String> by(long number) {
        return Optional.ofNullable(ranges.floorEntry(number))
                .map(Map.Entry::getValue)
                .filter(range -> number <= range.last())
                .map(ErasedRange::by);
    }

    /** Returns how many were erased, in words; empty if none. */
    Optional<String> words() {
        String what = receipts + (receipts == 1 ? " receipt" : " receipts");
        return latest.map(by -> "the texts of " + what + ", last by " + by);
    }
}
