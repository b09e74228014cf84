package dev.interlock.session;

import dev.interlock.action.SecretForms;
import dev.interlock.action.Starring;
import dev.interlock.evidence.Json;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * The copy of one stream: the bytes as they came, the lease starred out, and when they came.
 *
 * <p>Nothing that happens to the copy may reach whoever writes or reads the stream: what cannot be kept is counted, and
 * the manifest says so.
 *
 * <p>Threading: guarded by itself; one thread writes, and another may close.
 */
public final class Track implements Closeable {

    /** A long day of a busy terminal; an agent that writes without end fills no disk with it. */
    static final long MAX_BYTES = 64L << 20;

    /** Lines of some 15 bytes: more than a million moments. */
    static final long MAX_TIMING = 16L << 20;

    /** What comes within this long is one moment: nobody sees it apart. */
    private static final long MOMENT_NANOS = Duration.ofMillis(20).toNanos();

    private final String name;
    private final Shelf.Written bytes;
    private final Shelf.Written times;
    private final OutputStream timing;
    private final Starring starring;
    private final LongSupplier nanos;
    private final long most;
    private final long mostTiming;
    private long written;
    private long kept;
    private long timed;
    private long previous;
    private long moment;
    private long inMoment;
    private boolean broken;
    private boolean closed;

    private Track(
            String name,
            Shelf.Written bytes,
            Shelf.Written times,
            Starring starring,
            LongSupplier nanos,
            long most,
            long mostTiming) {
        this.name = name;
        this.bytes = bytes;
        this.times = times;
        this.timing = new BufferedOutputStream(times);
        this.starring = starring;
        this.nanos = nanos;
        this.most = most;
        this.mostTiming = mostTiming;
        this.previous = nanos.getAsLong();
        this.moment = previous;
    }

    static Track in(Shelf shelf, String name, SecretForms secrets) throws IOException {
        return in(shelf, name, secrets, System::nanoTime, MAX_BYTES, MAX_TIMING);
    }

    /** As the other form, for tests: with their clock and their limits. */
    static Track in(Shelf shelf, String name, SecretForms secrets, LongSupplier nanos, long most, long mostTiming)
            throws IOException {
        Shelf.Written bytes = shelf.file(name);
        try {
            return new Track(name, bytes, shelf.file(timingOf(name)), new Starring(secrets), nanos, most, mostTiming);
        } catch (IOException e) {
            bytes.close();
            throw e;
        }
    }

    static String timingOf(String name) {
        return name + ".timing";
    }

    /** Copies the first {@code length} bytes of {@code piece}. Never fails. */
    public synchronized void write(byte[] piece, int length) {
        written += length;
        int fits = (int) Math.min(length, room());
        if (fits == 0) {
            return;
        }
        try {
            time(fits);
            kept += fits;
            bytes.write(starring.next(Arrays.copyOf(piece, fits)));
        } catch (IOException e) {
            broken = true; // a full disk: what is there stays, and the rest is counted
        }
    }

    private long room() {
        return broken || closed || timed >= mostTiming ? 0 : most - kept;
    }

    private void time(int length) throws IOException {
        long now = nanos.getAsLong();
        if (inMoment > 0 && now - moment >= MOMENT_NANOS) {
            endMoment();
        }
        if (inMoment == 0) {
            moment = now;
        }
        inMoment += length;
    }

    /** A line as {@code script} writes and {@code scriptreplay} reads it: seconds since the one before, and bytes. */
    private void endMoment() throws IOException {
        byte[] line = String.format(Locale.ROOT, "%.6f %d\n", (moment - previous) / 1e9, inMoment)
                .getBytes(StandardCharsets.US_ASCII);
        timing.write(line);
        timed += line.length;
        previous = moment;
        inMoment = 0;
    }

    /** What the manifest says of its two files; once, when it is closed. */
    synchronized List<Json.Members> told() {
        Json.Members told = bytes.counted(Json.object());
        return List.of(
                kept == written && !broken ? told : told.with("cut", true).with("written", written),
                times.counted(Json.object()));
    }

    String name() {
        return name;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try (bytes;
                timing) {
            bytes.write(starring.rest());
            if (inMoment > 0) {
                endMoment();
            }
        } catch (IOException e) {
            broken = true;
        }
    }
}
