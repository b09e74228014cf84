package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.broken;

import dev.interlock.action.RefusalText;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Assembles a chunked body as it arrives, without extensions and trailers: implementations disagree about them. */
final class ChunkedBody {

    /** Maximum hexadecimal digits of a chunk's size. Eight are 4 GiB: more than is ever allowed, and no overflow. */
    private static final int MAX_SIZE_DIGITS = 8;

    private enum ChunkPart {
        SIZE,
        DATA,
        END_OF_DATA,
        END_OF_BODY,
        NOTHING
    }

    private final long maxBody;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private ChunkPart expect = ChunkPart.SIZE;
    private long left;
    private long drained;

    ChunkedBody(long maxBody) {
        this.maxBody = maxBody;
    }

    /**
     * Takes the bytes it can use from {@code in}. Returns the body once it is whole, and then takes no further bytes.
     */
    Optional<byte[]> take(ByteBuf in) throws UnreadableRequestException {
        while (expect != ChunkPart.NOTHING) {
            if (!step(in)) {
                return Optional.empty();
            }
        }
        return Optional.of(body.toByteArray());
    }

    byte[] drain() {
        byte[] piece = body.toByteArray();
        drained += piece.length;
        body.reset();
        return piece;
    }

    int size() {
        return body.size();
    }

    /** Returns how long it is at least, as far as its chunks say. */
    long announced() {
        return drained + body.size() + left;
    }

    private boolean step(ByteBuf in) throws UnreadableRequestException {
        return switch (expect) {
            case SIZE -> size(in);
            case DATA -> data(in);
            case END_OF_DATA -> lineEnd(in, FrontRefusals.CHUNK_TOO_LONG, ChunkPart.SIZE);
            case END_OF_BODY -> lineEnd(in, FrontRefusals.TRAILERS, ChunkPart.NOTHING);
            case NOTHING -> false;
        };
    }

    private boolean size(ByteBuf in) throws UnreadableRequestException {
        int end = in.indexOf(in.readerIndex(), in.writerIndex(), (byte) '\r');
        int digits = (end < 0 ? in.writerIndex() : end) - in.readerIndex();
        if (digits > MAX_SIZE_DIGITS) {
            throw broken(FrontRefusals.CHUNK_EXTENSION, MAX_SIZE_DIGITS);
        }
        if (end < 0 || end + 1 >= in.writerIndex()) {
            return false;
        }
        String size = in.readCharSequence(digits, StandardCharsets.ISO_8859_1).toString();
        if (!size.matches("[0-9a-fA-F]+") || in.readByte() != '\r' || in.readByte() != '\n') {
            throw broken(FrontRefusals.CHUNK_SIZE);
        }
        begin(Long.parseLong(size, 16));
        return true;
    }

    private void begin(long size) throws UnreadableRequestException {
        if (drained + body.size() + size > maxBody) {
            throw UnreadableRequestException.refused(FrontRefusals.TOO_LONG, maxBody);
        }
        left = size;
        expect = size == 0 ? ChunkPart.END_OF_BODY : ChunkPart.DATA;
    }

    private boolean data(ByteBuf in) {
        int count = (int) Math.min(left, in.readableBytes());
        byte[] part = new byte[count];
        in.readBytes(part);
        body.writeBytes(part);
        left -= count;
        expect = left == 0 ? ChunkPart.END_OF_DATA : ChunkPart.DATA;
        return left == 0;
    }

    private boolean lineEnd(ByteBuf in, RefusalText otherwise, ChunkPart next) throws UnreadableRequestException {
        if (in.readableBytes() < 2) {
            return false;
        }
        if (in.readByte() != '\r' || in.readByte() != '\n') {
            throw broken(otherwise);
        }
        expect = next;
        return true;
    }
}
