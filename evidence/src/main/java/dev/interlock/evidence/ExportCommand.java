package dev.interlock.evidence;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.PrintStream;
import java.io.SyncFailedException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/** Verifies logs, and writes each receipt as a line that other programs read: at least once, if a cursor is kept. */
final class ExportCommand {

    static final String NAME = "export";

    static final String USAGE = """
            usage: java -jar interlock-evidence.jar export LEDGER… --format FORMAT --vkey VKEY [option…] >> receipts.ndjson

            Verify logs, as `verify` does and with its exit codes, and print one line of JSON a receipt, for other programs:
            at least once, with a cursor. It prints nothing if one is not sound. Of a fleet give all logs.

              --format FORMAT   ocsf, cloudevents, or in-toto (with the proof of the receipt)
              --cursor FILE     go on behind what FILE says was written, and note there what is written now
            """ + Arguments.COPY_OPTIONS + """

            example: interlock export --format ocsf --cursor siem.cursor --vkey log.vkey LEDGER >> siem.ndjson
            """;

    private final PrintStream out;
    private final PrintStream err;

    ExportCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    int run(List<String> args) throws IOException {
        Arguments request = new Arguments(args, USAGE);
        ExportFormat format = ExportFormat.of(request.option("--format").orElse(""));
        Optional<Path> file = request.option("--cursor").map(Path::of);
        Map<String, Checkpoint> cursor =
                file.isPresent() && Files.exists(file.get()) ? cursor(Files.readString(file.get())) : Map.of();
        Map<Path, List<Path>> logs = request.logs();
        List<ExportPass> passes = new ArrayList<>();
        try {
            for (int i = 0; i < logs.size(); i++) {
                passes.add(new ExportPass(format, cursor, CallSpool.file()));
            }
            List<LogReport> reports = request.verify(logs, passes);
            OptionalInt unsound = Main.unsound(reports, err);
            if (unsound.isPresent()) {
                return unsound.getAsInt();
            }
            List<StaticLog> verified = new ArrayList<>();
            for (Path log : logs.keySet()) {
                verified.add(StaticLog.open(log, request.logKeys()));
            }
            Optional<String> objection = objection(cursor, reports, verified);
            if (objection.isPresent()) {
                err.println("nothing is exported: " + objection.get());
                return Main.FAILS;
            }
            PrintStream to = new PrintStream(new BufferedOutputStream(out, 1 << 16), false, StandardCharsets.UTF_8);
            StringBuilder ends = new StringBuilder();
            List<String> said = new ArrayList<>();
            for (int i = 0; i < passes.size(); i++) {
                Checkpoint end = reports.get(i).checkpoint();
                passes.get(i).print(to, end, verified.get(i));
                ends.append(end.text());
                long from = passes.get(i).from(end.origin());
                LogReport.ConfirmationTotals totals = reports.get(i).confirmations();
                said.add("exported " + (end.size() - from) + " receipts of log " + end.origin() + ", from leaf " + from
                        + (totals.unchecked() > 0 ? "; signatures unchecked: " + totals.reasons() : ""));
            }
            if (to.checkError() || out.checkError()) {
                throw new IllegalStateException("not every receipt could be written; the cursor stays where it was");
            }
            if (file.isPresent()) {
                force();
                Witness.replace(file.get(), ends.toString().getBytes(StandardCharsets.UTF_8));
            }
            said.forEach(err::println);
            return Main.code(reports);
        } catch (BadSignatureException e) { // it was verified just now
            throw new IllegalStateException("the log changed while it was read: " + e.getMessage(), e);
        } finally {
            for (ExportPass pass : passes) {
                pass.lines.close();
            }
        }
    }

    /** Reads the cursor of each log: three lines of a checkpoint. */
    private static Map<String, Checkpoint> cursor(String text) {
        Map<String, Checkpoint> cursor = new HashMap<>();
        String[] lines = text.split("\n", -1);
        for (int i = 0; i == 0 || i < lines.length - 1; i += 3) {
            Checkpoint end =
                    Checkpoint.read(String.join("\n", Arrays.asList(lines).subList(i, Math.min(i + 3, lines.length)))
                            + "\n");
            cursor.put(end.origin(), end);
        }
        return cursor;
    }

    /** Has the lines outlive a power cut where they go into a file, as the cursor does. */
    private static void force() {
        try {
            FileDescriptor.out.sync();
        } catch (SyncFailedException e) { // it is no file
        }
    }

    /** Returns why {@code logs}, as {@code reports} found them, do not go on where {@code cursor} is. */
    private static Optional<String> objection(
            Map<String, Checkpoint> cursor, List<LogReport> reports, List<StaticLog> logs) {
        Set<String> missing = new TreeSet<>(cursor.keySet());
        for (int i = 0; i < reports.size(); i++) {
            Checkpoint end = reports.get(i).checkpoint();
            missing.remove(end.origin());
            Checkpoint before = cursor.getOrDefault(end.origin(), new Checkpoint(end.origin(), 0, Hash.emptyRoot()));
            if (before.size() > end.size()) {
                return Optional.of("the log has " + end.size() + " receipts, and " + before.size()
                        + " were exported: some were cut off, or the copy is an old one");
            }
            if (!before.root().equals(logs.get(i).rootAt(before.size()))) {
                return Optional.of(
                        "the log has other receipts than were exported: it was rewritten; compare with a replica");
            }
        }
        return missing.stream()
                .findFirst()
                .map(origin ->
                        "the cursor is of log `" + origin + "` too; give that log as well, or use another cursor");
    }

    /** Keeps the lines in a file until the log has turned out to be sound. */
    private static final class ExportPass implements ReceiptReader {

        private final ExportFormat format;
        private final Map<String, Checkpoint> cursor;
        private final FileChannel lines;
        private final Map<String, Receipt> open = new HashMap<>(); // intents without an outcome yet
        private Writer to = Writer.nullWriter();

        ExportPass(ExportFormat format, Map<String, Checkpoint> cursor, FileChannel lines) {
            this.format = format;
            this.cursor = cursor;
            this.lines = lines;
        }

        long from(String origin) {
            return cursor.containsKey(origin) ? cursor.get(origin).size() : 0;
        }

        /** Prints the lines up to {@code end}; no checkpoint covers those behind it. */
        void print(PrintStream out, Checkpoint end, StaticLog log) throws IOException {
            to.flush();
            BufferedReader reader = new BufferedReader(Channels.newReader(lines.position(0), StandardCharsets.UTF_8));
            for (long leaf = from(end.origin()); leaf < end.size(); leaf++) {
                out.print(format.finished(reader.readLine(), leaf, log) + "\n");
            }
        }

        @Override
        public void begin() {
            try {
                lines.truncate(0);
                to = Channels.newWriter(lines, StandardCharsets.UTF_8);
                open.clear();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void receipt(long leaf, Receipt receipt, Optional<ConfirmedIntents.IntentVerdict> verdict) {
            Optional<Receipt> intent = receipt.intent().map(open::remove);
            if (receipt.kind() == Receipt.Kind.INTENT) {
                open.put(receipt.id(), receipt);
            }
            try {
                if (leaf >= from(receipt.origin())) {
                    to.write(format.line(leaf, receipt, intent).canonicalText() + "\n");
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void outcome(long intent, Receipt outcome) {}
    }
}
