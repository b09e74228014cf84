package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.broken;

import java.util.List;
import java.util.regex.Pattern;

/** The framing of a request's body. Only one header field may define it, and only in one spelling. */
sealed interface BodyFraming {

    /** Without leading zeros, and within a long. */
    Pattern LENGTH = Pattern.compile("0|[1-9][0-9]{0,17}");

    /**
     * Maximum bytes of a body that is read whole before anything is decided. No control-plane request comes near this.
     */
    int DEFAULT_MAX_BODY = 1024 * 1024;

    record Length(int bytes) implements BodyFraming {}
    /** A body of exactly this many bytes, more than are stored: it can only be passed on unread. */
    record Streamed(long bytes) implements BodyFraming {}
    /** A chunked body, RFC 9112 §7.1, without extensions and trailers. */
    record Chunked() implements BodyFraming {}

    /** Returns the framing of the body after {@code head}. Throws if two upstreams could disagree about it. */
    static BodyFraming of(RequestHead head, int maxBody) throws UnreadableRequestException {
        List<String> lengths = head.values("content-length");
        List<String> encodings = head.values("transfer-encoding");
        if (!lengths.isEmpty() && !encodings.isEmpty()) {
            throw broken(FrontRefusals.TWO_LENGTHS);
        }
        if (head.has("trailer")) {
            throw broken(FrontRefusals.TRAILERS);
        }
        if (!encodings.isEmpty() && !encodings.equals(List.of("chunked"))) {
            throw broken(FrontRefusals.TRANSFER_ENCODING);
        }
        if (!encodings.isEmpty()) {
            return new Chunked();
        }
        if (lengths.isEmpty()) {
            return new Length(0);
        }
        if (lengths.size() > 1 || !LENGTH.matcher(lengths.getFirst()).matches()) {
            throw broken(FrontRefusals.CONTENT_LENGTH);
        }
        long length = Long.parseLong(lengths.getFirst());
        return length > maxBody ? new Streamed(length) : new Length((int) length);
    }
}
