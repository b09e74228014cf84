package dev.interlock.evidence;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** The texts that were erased, as the receipts of a log say. For one thread. */
public final class Erasures {

    /** The command of its receipts. */
    public static final String ACT = "text.erase";

    public static final String NUMBERS = "numbers";

    /** Ranges that fit into one receipt, with what else it says. */
    private static final int MOST_RANGES = 256;

    private final NavigableMap<Long, ErasedTexts> byFirst = new TreeMap<>();
    private Optional<ErasedTexts> last = Optional.empty();

    /** The numbers from {@code first} to {@code last}, whose texts were erased by a receipt. */
    public record ErasedTexts(long first, long last, String receipt, Instant at) {}

    /** Returns what the receipts of an erasure say of the numbers in {@code ranges}: one, or more if these are many. */
    public static List<Json.Members> members(List<long[]> ranges) {
        List<Json.Members> receipts = new ArrayList<>();
        for (int i = 0; i == 0 || i < ranges.size(); i += MOST_RANGES) {
            List<long[]> some = ranges.subList(i, Math.min(ranges.size(), i + MOST_RANGES));
            receipts.add(Json.object()
                    .withTexts(NUMBERS, some.stream().map(range -> range[0] + "-" + range[1])));
        }
        return receipts;
    }

    /** Returns what {@code receipt} erased; empty if it is another act, or an attempt that failed. */
    public static List<ErasedTexts> of(Receipt receipt) {
        return receipt.kind() == Receipt.Kind.ADMIN && receipt.isAct(ACT)
                ? receipt.members().texts(NUMBERS).stream()
                        .map(range -> read(range, receipt))
                        .toList()
                : List.of();
    }

    private static ErasedTexts read(String range, Receipt receipt) {
        int dash = range.indexOf('-');
        try {
            long first = Long.parseLong(range.substring(0, Math.max(0, dash)));
            long last = Long.parseLong(range.substring(dash + 1));
            if (first >= 0 && first <= last && last < TextKeys.END) {
                return new ErasedTexts(first, last, receipt.id(), receipt.at());
            }
        } catch (NumberFormatException e) {
            throw new MalformedException("`" + range + "` is not a range of numbers", e);
        }
        throw new MalformedException("`" + range + "` is not a range of numbers");
    }

    void accept(Receipt receipt) {
        List<ErasedTexts> erased = of(receipt);
        erased.forEach(range -> byFirst.putIfAbsent(range.first(), range));
        last = erased.stream().findFirst().or(() -> last);
    }

    /** Returns by what the texts of {@code number} were erased. */
    Optional<ErasedTexts> of(long number) {
        return Optional.ofNullable(byFirst.floorEntry(number))
                .map(Map.Entry::getValue)
                .filter(range -> number <= range.last());
    }

    /** Returns the last receipt of an erasure, and its day. */
    Optional<String> last() {
        return last.map(one -> one.receipt() + " on " + one.at().atOffset(ZoneOffset.UTC).toLocalDate());
    }
}
