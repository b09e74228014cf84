package dev.interlock.front.http;

import dev.interlock.action.BodyStream;
import dev.interlock.action.Bytes;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A long body on its way from a client to an upstream. The client's socket is read only when the upstream has taken the
 * bytes before. So at most one read lies in memory (over HTTP/2, one window). Threading: the client's event loop puts,
 * the upstream's takes; guarded by itself.
 */
final class StreamedBody implements BodyStream {

    private static final int PIECE = 64 * 1024;

    private long length;
    private final Runnable source;
    private final Queue<byte[]> pieces = new ArrayDeque<>();
    private final MessageDigest digest;
    private long arrived;
    private long taken;
    private int waiting;
    private int peak;
    private @Nullable IOException failure;
    private @Nullable CompletableFuture<byte[]> wanted;

    /** @param source requests more bytes, because somebody waits for a piece; run by any thread */
    StreamedBody(long length, Runnable source) {
        this.length = length;
        this.source = source;
        this.digest = Bytes.newSha256();
    }

    /** Returns a body whose length is not known before {@link #end}. */
    static StreamedBody ofUnknownLength(Runnable source) {
        return new StreamedBody(Long.MAX_VALUE, source);
    }

    /** Returns the body that {@code in} has, {@code length} bytes long. The last piece closes {@code in}. */
    static StreamedBody of(long length, InputStream in) {
        AtomicReference<@Nullable StreamedBody> made = new AtomicReference<>();
        StreamedBody body = new StreamedBody(
                length, () -> Objects.requireNonNull(made.get()).putNext(in));
        made.set(body);
        return body;
    }

    private void putNext(InputStream in) {
        try {
            byte[] piece = in.readNBytes(PIECE);
            if (piece.length == 0 || missing() == piece.length) {
                in.close();
            }
            if (piece.length == 0) {
                fail("the body is shorter than it was");
            } else {
                put(piece);
            }
        } catch (IOException e) {
            fail("the body could not be read");
        }
    }

    @Override
    public synchronized long length() {
        return length;
    }

    void end() {
        synchronized (this) {
            length = arrived;
        }
        hand();
    }

    /** Waits for the next piece. Returns empty at the end. Throws if the client breaks off. */
    Optional<byte[]> await() throws IOException {
        if (isTaken()) {
            return Optional.empty();
        }
        try {
            byte[] piece = next().get();
            return piece.length == 0 ? Optional.empty() : Optional.of(piece);
        } catch (ExecutionException e) {
            throw new IOException("the client broke off", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a body arrives", e);
        }
    }

    /**
     * Returns the next piece; an empty one if {@link #end} came. Fails if the client breaks off, or by {@link #fail}.
     */
    CompletableFuture<byte[]> next() {
        CompletableFuture<byte[]> next = new CompletableFuture<>();
        synchronized (this) {
            wanted = next;
        }
        hand();
        if (!next.isDone()) {
            source.run();
        }
        return next;
    }

    synchronized long missing() {
        return length - arrived;
    }

    /** Returns whether nobody has said yet how long it is. */
    synchronized boolean isOfUnknownLength() {
        return length == Long.MAX_VALUE;
    }

    synchronized boolean isWanted() {
        return wanted != null && failure == null;
    }

    synchronized boolean isTaken() {
        return taken == length;
    }

    void put(byte[] piece) {
        synchronized (this) {
            arrived += piece.length;
            if (failure == null) {
                waiting += piece.length;
                peak = Math.max(peak, waiting);
                pieces.add(piece);
            }
            if (arrived > length) {
                failure = new IOException("the client sent more than its Content-Length");
            }
        }
        hand();
    }

    /** Ends the body: the client disconnected, or nobody wants the rest. The first reason stays. */
    void fail(String why) {
        synchronized (this) {
            if (failure == null && taken < length) {
                failure = new IOException(why);
                pieces.clear(); // nobody takes them, and the answering thread may keep this for long
            }
        }
        hand();
    }

    // The future is completed outside of the lock, because its continuation calls this object again.
    private void hand() {
        CompletableFuture<byte[]> next;
        byte @Nullable [] piece = null;
        IOException broken;
        synchronized (this) {
            next = wanted;
            broken = failure;
            boolean isOver = length == arrived && arrived == taken;
            if (next == null || (broken == null && pieces.isEmpty() && !isOver)) {
                return;
            }
            wanted = null;
            if (broken == null && pieces.isEmpty()) {
                piece = new byte[0];
            } else if (broken == null) {
                piece = pieces.remove();
                digest.update(piece);
                taken += piece.length;
                waiting -= piece.length;
            }
        }
        if (piece != null) {
            next.complete(piece);
        } else if (broken != null) {
            next.completeExceptionally(broken);
        }
    }

    /** Notes that {@code before} unread bytes lie before this buffer. */
    synchronized void held(int before) {
        peak = Math.max(peak, waiting + before);
    }

    synchronized Json.Members sent() {
        Json.Members sent = Json.object().with("body_length", taken);
        if (taken < length) {
            return sent.with("body_complete", false);
        }
        try {
            MessageDigest all = (MessageDigest) digest.clone();
            return sent.with("body_sha256", HexFormat.of().formatHex(all.digest()));
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the JDK's SHA-256 can be cloned", e);
        }
    }

    /** Returns the most bytes that lay unread, for the test of the bound. */
    synchronized int peak() {
        return peak;
    }

    @Override
    public String toString() {
        return length + " bytes to come";
    }
}
