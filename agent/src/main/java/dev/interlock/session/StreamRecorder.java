package dev.interlock.session;

import dev.interlock.action.SecretForms;
import dev.interlock.action.SecretStreamMask;
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
 * The copy of one stream: its bytes, with stars in place of the lease's token, and their times.
 *
 * <p>A failure of the copy never affects the writer or reader of the stream. Bytes that cannot be stored are counted,
 * and the manifest says so.
 *
 * <p>Threading: guarded by itself; one thread writes, and another may close.
 */
public final class StreamRecorder implements Closeable {

    /**
     * Maximum size of the copy: a long day of a busy terminal. An agent that writes without end cannot fill the disk.
     */
    static final long MAX_BYTES = 64L << 20;

    /** Maximum size of the timing file. Its lines have some 15 bytes, so it holds more than a million moments. */
    static final long MAX_TIMING = 16L << 20;

    /** Pieces that come within this time form one moment. Nobody can see the difference. */
    private static final long MOMENT_NANOS = Duration.ofMillis(20).toNanos();

    private final String name;
    private final SessionStore.DigestingFile bytes;
    private final SessionStore.DigestingFile times;
    private final OutputStream timing;
    private final SecretStreamMask starring;
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

    private StreamRecorder(
            String name,
            SessionStore.DigestingFile bytes,
            SessionStore.DigestingFile times,
            SecretStreamMask starring,
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

    static StreamRecorder in(SessionStore store, String name, SecretForms secrets) throws IOException {
        return in(store, name, secrets, System::nanoTime, MAX_BYTES, MAX_TIMING);
    }

    /** Opens a track with a given clock and limits, for tests. */
    static StreamRecorder in(
            SessionStore store, String name, SecretForms secrets, LongSupplier nanos, long most, long mostTiming)
            throws IOException {
        SessionStore.DigestingFile bytes = store.file(name);
        try {
            return new StreamRecorder(
                    name, bytes, store.file(timingOf(name)), new SecretStreamMask(secrets), nanos, most, mostTiming);
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
            broken = true; // a full disk: the stored bytes stay, and the rest is counted
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

    /**
     * Writes a line in the format of {@code script} and {@code scriptreplay}: seconds since the previous line, and
     * bytes.
     */
    private void endMoment() throws IOException {
        byte[] line = String.format(Locale.ROOT, "%.6f %d\n", (moment - previous) / 1e9, inMoment)
                .getBytes(StandardCharsets.US_ASCII);
        timing.write(line);
        timed += line.length;
        previous = moment;
        inMoment = 0;
    }

    /** Returns the manifest entries of its two files. May be called once, after closing. */
    synchronized List<Json.Members> manifestEntries() {
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
