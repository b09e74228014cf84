package dev.interlock.front.http;

import dev.interlock.action.BodyStream;
import dev.interlock.action.Bytes;
import dev.interlock.action.Refusal;
import dev.interlock.action.SaltedDigests;
import dev.interlock.evidence.Json;
import dev.interlock.gate.NotSentException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A body that is too long for memory. It stays with the client until somebody has to know it, and then goes into a
 * file. Otherwise it is passed on as it arrives. Threading: for the thread that answers the request.
 */
final class LongBody implements BodyStream {

    private final StreamedBody inflow;
    private final BodySpool spool;
    private final BodyBudget.Share room;
    private BodySpool.@Nullable StoredBody stored;
    private byte[] sha256 = {};
    private long length;
    private boolean isKnown;

    LongBody(StreamedBody inflow, BodySpool spool) {
        this.inflow = inflow;
        this.spool = spool;
        this.room = spool.room().share();
    }

    @Override
    public long length() {
        return isKnown ? length : inflow.length();
    }

    @Override
    public boolean isKnown() {
        return isKnown;
    }

    @Override
    public Optional<Refusal> receive() throws IOException {
        if (!inflow.isOfUnknownLength() && inflow.length() > BodySpool.LONGEST) {
            return Optional.of(FrontRefusals.TOO_LONG.notUnderstood(BodySpool.LONGEST));
        }
        MessageDigest digest = Bytes.newSha256();
        BodySpool.StoredBody file = spool.create();
        stored = file;
        try (OutputStream out = file.write()) {
            for (Optional<byte[]> piece = inflow.await(); piece.isPresent(); piece = inflow.await()) {
                length += piece.get().length;
                if (length > BodySpool.LONGEST) {
                    return Optional.of(FrontRefusals.TOO_LONG.notUnderstood(BodySpool.LONGEST));
                }
                if (!room.hold(length)) {
                    return Optional.of(FrontRefusals.NO_MEMORY.unavailable());
                }
                digest.update(piece.get());
                out.write(piece.get());
            }
        }
        sha256 = digest.digest();
        isKnown = true;
        return Optional.empty();
    }

    @Override
    public InputStream open() throws IOException {
        BodySpool.StoredBody file = stored;
        if (file == null || !isKnown) {
            throw new IOException("the body was not received");
        }
        return file.open();
    }

    /** Returns the body as it goes to the upstream: out of the file, or from the client. */
    StreamedBody outflow() throws IOException {
        if (!isKnown && inflow.isOfUnknownLength()) {
            throw new NotSentException("nobody knows how long the body is");
        }
        return isKnown ? StreamedBody.of(length, open()) : inflow;
    }

    StreamedBody inflow() {
        return inflow;
    }

    /** {@inheritDoc} One that was received is signed for as one that fits into memory. */
    @Override
    public Json.Members canonical(Json.Members request, SaltedDigests digests) {
        return isKnown
                ? request.with("body_digest", digests.of(sha256)).with("body_length", length)
                : request.with("body_length", length());
    }

    @Override
    public void close() {
        room.release();
        isKnown = false;
        BodySpool.StoredBody file = stored;
        if (file == null) {
            return;
        }
        try {
            file.close();
        } catch (IOException e) {
            System.getLogger(LongBody.class.getName())
                    .log(System.Logger.Level.WARNING, "a stored body could not be closed", e);
        }
    }

    /** {@inheritDoc} Nothing of its content is shown. */
    @Override
    public String toString() {
        return "a long body";
    }
}
