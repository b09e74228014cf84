package dev.interlock.console;

import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A line of a CSV file (RFC 4180). */
final class CsvRow {

    static final List<String> COLUMNS = List.of(
            "id",
            "at",
            "kind",
            "agent",
            "person",
            "task",
            "upstream",
            "what",
            "environments",
            "verdict",
            "reason",
            "hold",
            "intent",
            "origin");

    /** A cell that a spreadsheet would run as a formula. */
    private static final Pattern FORMULA = Pattern.compile("[=+@\t\r-].*", Pattern.DOTALL);

    private CsvRow() {}

    static byte[] of(Json.Members receipt) {
        ReceiptRow row = ReceiptRow.of(receipt);
        return of(List.of(
                row.id(),
                row.iso(),
                row.kind(),
                row.agent(),
                DisplayText.text(receipt, "person"),
                row.task(),
                row.upstream(),
                row.what(),
                row.environments(),
                row.verdict(),
                row.reason(),
                row.hold(),
                row.intent(),
                row.origin()));
    }

    /** Returns the line with {@code cells}. An apostrophe before a formula makes it a text. */
    static byte[] of(List<String> cells) {
        return cells.stream()
                .map(cell -> FORMULA.matcher(cell).matches() ? "'" + cell : cell)
                .map(cell -> "\"" + cell.replace("\"", "\"\"") + "\"")
                .collect(Collectors.joining(",", "", "\r\n"))
                .getBytes(StandardCharsets.UTF_8);
    }
}
