package dev.interlock.evidence;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;

/** Verifies a copy of a log, and writes what an auditor reads: its calls and what people did about them. */
final class ReportCommand {

    static final String NAME = "report";
    static final String SEARCH = "receipts";

    static final String USAGE = """
            usage: java -jar interlock-evidence.jar report LEDGER --vkey VKEY [option…] > report.html
                   java -jar interlock-evidence.jar receipts LEDGER --vkey VKEY [option…]

            Verify a copy of a log, as `verify` does and with its exit codes, and print each call, who allowed it and what
            became of it: `report` a page, `receipts` a line.

              --from TIME       only calls from this day or time on (UTC); --since is the same
              --since TIME      as 2026-11-20 or 2026-11-20T12:00:00Z
              --to TIME         only calls before this day or time; --until is the same
              --until TIME      as 2026-11-27
              --agent NAME      only calls of this agent; the gateway's own probes are interlock:probe
              --verdict WORD    permitted, confirmed, granted, observed, asked or refused
              --format FORMAT   html, json, csv or text
            """ + Arguments.COPY_OPTIONS + """

            example: interlock report --from 2026-11-01 --to 2026-12-01 --vkey log.vkey LEDGER > report.html
            """;

    private final PrintStream out;

    ReportCommand(PrintStream out) {
        this.out = out;
    }

    int run(List<String> args) throws IOException {
        Arguments request = new Arguments(args, USAGE);
        if (!Files.isDirectory(request.path())) {
            throw new IllegalArgumentException("there is no directory `" + request.path() + "`");
        }
        String format = request.option("--format").orElse(args.get(0).equals(SEARCH) ? "text" : "html");
        if (!List.of("html", "json", "csv", "text").contains(format)) {
            throw new IllegalArgumentException("`--format` is html, json, csv or text, not `" + format + "`");
        }
        CallFilter filter = request.filter();
        try (CallSpool spool = new CallSpool()) {
            ReportPass pass = new ReportPass(filter, spool);
            LogReport report = request.verifier().verify(request.path(), request.replica(), pass);
            Json.Members head = pass.head(report, request.isEndKnown());
            PrintStream to = new PrintStream(new BufferedOutputStream(out, 1 << 16), false, StandardCharsets.UTF_8);
            write(format, head, spool, to);
            if (to.checkError() || out.checkError()) {
                throw new IllegalStateException("the report could not be written wholly");
            }
            return Main.code(report);
        }
    }

    private static void write(String format, Json.Members head, CallSpool spool, PrintStream to) throws IOException {
        switch (format) {
            case "json" -> json(head, spool, to);
            case "csv" -> {
                to.print(CsvLine.of(CsvLine.COLUMNS));
                spool.forEach(row -> to.print(CsvLine.of(CallRow.cells(row).values())));
            }
            case "text" -> {
                spool.forEach(row -> to.println(line(CallRow.cells(row))));
                head.objects("verdicts").forEach(verdict -> {
                    to.println("# " + verdict.text("sentence") + ": " + verdict.text("answer"));
                    verdict.objects("problems").stream()
                            .limit(Main.MOST_LISTED)
                            .forEach(problem -> to.println("#   " + ReceiptText.inert(ReportPage.problem(problem))));
                });
                head.texts("cannot_be_known").forEach(unknown -> to.println("# not known: " + unknown));
            }
            default -> {
                ReportPage page = new ReportPage(to);
                page.begin(head);
                spool.forEach(page::call);
                page.end(head);
            }
        }
    }

    /** The calls come last, so that a reader has the verdicts first, and need not hold the calls. */
    private static void json(Json.Members head, CallSpool spool, PrintStream to) throws IOException {
        String text = head.canonicalText();
        to.print(text.substring(0, text.length() - 1));
        String[] before = {",\"calls\":[\n"};
        spool.forEachLine(row -> {
            to.print(before[0]);
            to.print(row);
            before[0] = ",\n";
        });
        to.println(before[0].startsWith(",\"") ? before[0] + "]}" : "]}");
    }

    private static String line(Map<String, String> cells) {
        StringBuilder line = new StringBuilder();
        for (String column : List.of(
                "receipt",
                "time",
                "verdict",
                "agent",
                "operation",
                "quantity",
                "environment",
                "policies",
                "approved_by",
                "outcome",
                "reason")) {
            String cell = cells.getOrDefault(column, "");
            if (!cell.isEmpty()) {
                line.append(line.isEmpty() ? "" : "  ").append(ReceiptText.inert(cell));
            }
        }
        return line.toString();
    }
}
