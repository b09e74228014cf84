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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Verifies a log, and writes each receipt as a line that other programs read: at least once, if a cursor is kept. */
final class ExportCommand {

    static final String NAME = "export";

    static final String USAGE = """
            usage: java -jar interlock-evidence.jar export LEDGER --format FORMAT --vkey VKEY [option…] >> receipts.ndjson

            Verify a log, as `verify` does and with its exit codes, and print one line of JSON a receipt, for other programs:
            at least once, with a cursor. Of a log that is not sound it prints nothing.

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
        Optional<Checkpoint> cursor = file.isPresent() && Files.exists(file.get())
                ? Optional.of(Checkpoint.read(Files.readString(file.get())))
                : Optional.empty();
        long from = cursor.map(Checkpoint::size).orElse(0L);
        try (FileChannel lines = CallSpool.file()) {
            ExportPass pass = new ExportPass(format, from, lines);
            LogReport report = request.verifier().verify(request.path(), request.replica(), pass);
            pass.to.flush();
            Checkpoint end = report.checkpoint();
            if (!report.recordsSound()) {
                return Main.unsound(report, err);
            }
            StaticLog log = StaticLog.open(request.path(), request.logKeys());
            Optional<String> objection = cursor.flatMap(known -> objection(known, end, log));
            if (objection.isPresent()) {
                err.println("nothing is exported: " + objection.get());
                return Main.FAILS;
            }
            PrintStream to = new PrintStream(new BufferedOutputStream(out, 1 << 16), false, StandardCharsets.UTF_8);
            BufferedReader reader = new BufferedReader(Channels.newReader(lines.position(0), StandardCharsets.UTF_8));
            for (long leaf = from; leaf < end.size(); leaf++) { // no checkpoint covers the lines behind these
                to.print(format.finished(reader.readLine(), leaf, log) + "\n");
            }
            if (to.checkError() || out.checkError()) {
                throw new IllegalStateException("not every receipt could be written; the cursor stays where it was");
            }
            if (file.isPresent()) {
                force();
                Witness.replace(file.get(), end.text().getBytes(StandardCharsets.UTF_8));
            }
            err.println("exported " + (end.size() - from) + " receipts of log " + end.origin() + ", from leaf " + from);
            return Main.code(report);
        } catch (BadSignatureException e) { // it was verified just now
            throw new IllegalStateException("the log changed while it was read: " + e.getMessage(), e);
        }
    }

    /** Has the lines outlive a power cut where they go into a file, as the cursor does. */
    private static void force() {
        try {
            FileDescriptor.out.sync();
        } catch (SyncFailedException e) { // it is no file
        }
    }

    /** Returns why {@code log}, which ends at {@code end}, does not go on where {@code cursor} is. */
    private static Optional<String> objection(Checkpoint cursor, Checkpoint end, StaticLog log) {
        if (!cursor.origin().equals(end.origin())) {
            return Optional.of("the cursor is of log `" + cursor.origin() + "`; give each log a cursor of its own");
        }
        if (cursor.size() > end.size()) {
            return Optional.of("the log has " + end.size() + " receipts, and " + cursor.size()
                    + " were exported: some were cut off, or the copy is an old one");
        }
        return cursor.root().equals(log.rootAt(cursor.size()))
                ? Optional.empty()
                : Optional.of(
                        "the log has other receipts than were exported: it was rewritten; compare with a replica");
    }

    /** Keeps the lines in a file until the log has turned out to be sound. */
    private static final class ExportPass implements ReceiptReader {

        private final ExportFormat format;
        private final long from;
        private final FileChannel lines;
        private final Map<String, Receipt> open = new HashMap<>(); // intents without an outcome yet
        private Writer to = Writer.nullWriter();

        ExportPass(ExportFormat format, long from, FileChannel lines) {
            this.format = format;
            this.from = from;
            this.lines = lines;
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
                if (leaf >= from) {
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
