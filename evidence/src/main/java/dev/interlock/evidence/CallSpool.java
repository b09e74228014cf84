package dev.interlock.evidence;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Keeps the rows of a report in files until their outcomes are known: a log has more calls than fit in memory. The
 * files are readable by their user only, and where the system can, have no name, so that a killed report leaves none.
 */
final class CallSpool implements Closeable {

    private static final int NONE = 0;
    /**
     * Stands before what counts as a row's outcome if the log has none, and its texts' number. No JSON text holds it.
     */
    private static final char BEHIND = '\t';

    /** More than the longest outcome, whose members are all of bounded length. */
    private static final int OUTCOME_LENGTH = 512;

    /** The number of rows that all processors write together. */
    static final int MOST_AT_ONCE = 256;

    private final FileChannel rows;
    private final FileChannel outcomes;
    private OutputStream toRows = OutputStream.nullOutputStream();
    private OutputStream toOutcomes = OutputStream.nullOutputStream();
    private long written;
    private ErasedTexts erased = new ErasedTexts();
    private long[] places = new long[1024]; // by leaf: 0 if there is no row, 1 without, else 2 + where its outcome is

    CallSpool() throws IOException {
        rows = file();
        outcomes = file();
        clear();
    }

    /** Returns a new empty file, which goes when it is closed. */
    static FileChannel file() throws IOException {
        return FileChannel.open(
                Files.createTempFile("interlock-report", ""),
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
    }

    void clear() {
        try {
            rows.truncate(0);
            outcomes.truncate(0);
            toRows = new BufferedOutputStream(Channels.newOutputStream(rows), 1 << 16);
            toOutcomes = new BufferedOutputStream(Channels.newOutputStream(outcomes), 1 << 16);
            written = 0;
            places = new long[1024];
            erased = new ErasedTexts();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Says that the next row but for those already expected is of the call at {@code leaf}. */
    void expect(long leaf) {
        if (leaf >= places.length) {
            places = Arrays.copyOf(places, Math.toIntExact(leaf + leaf / 2 + 1));
        }
        places[(int) leaf] = 1;
    }

    /** Returns the text of a row whose texts are sealed under {@code number}, for {@link #row}. Threading: any. */
    static String text(Json.Members row, Optional<Long> number) {
        return row.canonicalText()
                + BEHIND
                + CallRow.withoutOutcome(row).canonicalText()
                + BEHIND
                + number.map(String::valueOf).orElse("");
    }

    /** Takes a receipt that may say of rows before it that their texts were erased, and returns of how many. */
    long erased(Receipt act) {
        return erased.accept(act);
    }

    void row(String text) {
        write(toRows, text);
    }

    /** Adds the outcome of the call at {@code leaf}, if that has a row. */
    void outcome(long leaf, Json.Members outcome) {
        if (leaf < places.length && places[(int) leaf] != NONE) {
            places[(int) leaf] = 2 + written;
            written += write(toOutcomes, outcome.canonicalText());
        }
    }

    private static int write(OutputStream to, String line) {
        try {
            byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
            to.write(bytes);
            return bytes.length;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Hands on what {@code written} makes of each row with its outcome, in the order of the log. */
    static void forEach(List<CallSpool> spools, Function<Json.Members, String> written, Consumer<String> reader)
            throws IOException {
        forEachLine(spools, line -> written.apply(read(line)), reader);
    }

    private static Json.Members read(String line) {
        return Json.readWritten(line.getBytes(StandardCharsets.UTF_8), "a row");
    }

    /**
     * Does the same with the JSON text of each row and its outcome; rows of several logs are by time. Threading:
     * {@code written} runs on any.
     */
    static void forEachLine(List<CallSpool> spools, UnaryOperator<String> written, Consumer<String> reader)
            throws IOException {
        List<RowLines> all = new ArrayList<>();
        for (CallSpool spool : spools) {
            all.add(spool.new RowLines(spools.size() > 1));
        }
        List<String> some = new ArrayList<>();
        while (true) {
            all.removeIf(lines -> lines.next.isEmpty());
            if (all.isEmpty() || some.size() == MOST_AT_ONCE) {
                some.parallelStream().map(written).toList().forEach(reader);
                some.clear();
            }
            if (all.isEmpty()) {
                return;
            }
            RowLines first = Collections.min(all, Comparator.comparing(lines -> lines.at));
            some.add(first.next);
            first.advance();
        }
    }

    /** The rows of one log, and the time of the next one if there are other logs. */
    private final class RowLines {
        private final BufferedReader lines;
        private final boolean isTimed;
        private int leaf;
        private String next = "";
        private Instant at = Instant.MIN;

        private RowLines(boolean isTimed) throws IOException {
            this.isTimed = isTimed;
            toRows.flush();
            toOutcomes.flush();
            rows.position(0);
            lines = new BufferedReader(Channels.newReader(rows, StandardCharsets.UTF_8));
            advance();
        }

        private void advance() throws IOException {
            String line = lines.readLine();
            if (line == null) {
                next = "";
                return;
            }
            while (places[leaf] == NONE) {
                leaf++;
            }
            long place = places[leaf++];
            String[] parts = line.split(String.valueOf(BEHIND), -1);
            String outcome = place > 1 ? read(outcomes, place - 2) : parts[1];
            String texts = parts[2].isEmpty()
                    ? ""
                    : erased.by(Long.parseLong(parts[2]))
                            .map("erased by "::concat)
                            .orElse("sealed");
            next = parts[0].substring(0, parts[0].length() - 1) + ",\"outcome\":" + outcome
                    + (texts.isEmpty() ? "}" : ",\"texts\":" + new Json.Text(texts).canonicalText() + "}");
            at = isTimed ? Instant.parse(read(next).text("at")) : at;
        }
    }

    private static String read(FileChannel file, long place) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(OUTCOME_LENGTH);
        while (bytes.hasRemaining() && file.read(bytes, place + bytes.position()) > 0) {
            // Until the buffer is full, or the file ends.
        }
        int end = 0;
        while (bytes.get(end) != '\n') {
            end++;
        }
        return new String(bytes.array(), 0, end, StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        rows.close();
        outcomes.close();
    }
}
