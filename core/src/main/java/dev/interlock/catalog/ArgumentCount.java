package dev.interlock.catalog;

import dev.interlock.action.Fact;
import dev.interlock.catalog.graphql.Value;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Counts what a request names: recipients, rows, files. A text counts as often as a comma, a semicolon or a line end
 * divides it, because many providers take a list so. A number that stands alone is the count itself.
 */
final class ArgumentCount {

    private static final BigDecimal MOST = BigDecimal.valueOf(1_000_000_000_000L);

    private ArgumentCount() {}

    /** Returns how many values stand at {@code paths} together; empty if that is not certain. */
    static OptionalLong of(List<ArgumentPath> paths, Map<String, Value> arguments) {
        long count = 0;
        for (ArgumentPath path : paths) {
            for (Value value : path.in(arguments)) {
                OptionalLong more = value instanceof Value.Numeric(BigDecimal number) ? whole(number) : entries(value);
                if (more.isEmpty()) {
                    return more;
                }
                count += more.getAsLong();
            }
        }
        return OptionalLong.of(count);
    }

    private static OptionalLong whole(BigDecimal number) {
        return number.compareTo(MOST) > 0
                ? OptionalLong.empty()
                : OptionalLong.of(
                        Math.max(0, number.setScale(0, RoundingMode.CEILING).longValueExact()));
    }

    private static OptionalLong entries(Value value) {
        long count = 0;
        for (Value entry : ArgumentPath.opened(value)) {
            if (entry instanceof Value.LongText || entry.equals(new Value.Text(Fact.UNCOUNTED))) {
                return OptionalLong.empty();
            }
            count += switch (entry) {
                case Value.NullLiteral _, Value.Items _ -> 0;
                case Value.Text(String text) ->
                    List.of(text.split("[,;\\r\\n]")).stream()
                            .filter(part -> !part.isBlank())
                            .count();
                case Value.Flag _, Value.Numeric _, Value.LongText _, Value.Word _, Value.Members _ -> 1;
            };
        }
        return OptionalLong.of(count);
    }
}
