package dev.interlock.cli;

import dev.interlock.adminapi.Acted;
import dev.interlock.evidence.Json;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.stream.Collectors;

/** Formats JSON values for table cells. */
final class CellFormat {

    private CellFormat() {}

    static String plain(Json value) {
        return switch (value) {
            case Json.Text text -> text.value();
            case Json.Whole whole -> Long.toString(whole.value());
            case Json.Flag flag -> flag.value() ? "yes" : "no";
            case Json.Nothing _ -> "–";
            case Json.Array array ->
                array.items().stream().map(CellFormat::plain).collect(Collectors.joining(", "));
            case Json.Members members ->
                members.members().entrySet().stream()
                        .map(member -> member.getKey() + " " + plain(member.getValue()))
                        .collect(Collectors.joining(" · "));
        };
    }

    static String number(long count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }

    /** Returns a text such as {@code 40 s}, {@code 12 min}, {@code 30 h} or {@code 92 days}. */
    static String age(long seconds) {
        if (seconds < 120) {
            return seconds + " s";
        }
        if (seconds < 7200) {
            return seconds / 60 + " min";
        }
        return seconds < 3 * 86_400 ? seconds / 3600 + " h" : seconds / 86_400 + " days";
    }

    /** Returns a time in the reader's zone ({@code TZ}), with its offset. */
    static String time(Instant at) {
        return DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
                at.truncatedTo(ChronoUnit.SECONDS).atZone(ZoneId.systemDefault()));
    }

    static String time(String at) {
        try {
            return time(Instant.parse(at));
        } catch (DateTimeException e) {
            return at;
        }
    }

    /** Warns that an act took effect although the store or the ledger could not record it; otherwise empty. */
    static String unrecorded(Acted act) {
        return (act.durable() ? "" : " The store could not save this and will retry: until then a restart undoes it.")
                + (act.recorded() ? "" : " The ledger could not record it: see `interlock status`.");
    }

    static String cell(Json.Members row, String name) {
        return row.get(name).map(CellFormat::plain).orElse("–");
    }
}
