package dev.interlock.evidence;

import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A line of a CSV file (RFC 4180). */
public final class CsvLine {

    /** The names of the cells of a call, in their order. */
    static final List<String> COLUMNS =
            List.of(("time agent person task upstream operation resources quantity environment"
                            + " irreversible verdict policies approved_by outcome reason receipt outcome_receipt hold seal")
                    .split(" ", -1));

    /** A cell that a spreadsheet would run as a formula, also behind spaces. */
    private static final Pattern FORMULA =
            Pattern.compile("\\s*[=+@\t\r\n\uFF0B\uFF0D\uFF1D\uFF20-].*", Pattern.DOTALL);

    private CsvLine() {}

    /**
     * Returns the line with {@code cells}. An apostrophe before a formula makes it a text. What nobody sees is spelled
     * out, as in every form of a report.
     */
    public static String of(Collection<String> cells) {
        return cells.stream()
                .map(cell -> (FORMULA.matcher(cell).matches() ? "'" : "") + ReceiptText.inert(cell))
                .map(cell -> "\"" + cell.replace("\"", "\"\"") + "\"")
                .collect(Collectors.joining(",", "", "\r\n"));
    }
}
