package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableException.broken;
import static dev.interlock.front.http.UnreadableException.refused;

import java.util.List;
import java.util.regex.Pattern;

/** Where a request's body ends. Only one header field may say so, and only in one spelling. */
sealed interface Framing {

    /** Without leading zeros, and not beyond what a long holds. */
    Pattern LENGTH = Pattern.compile("0|[1-9][0-9]{0,17}");

    /** Bodies are read whole before anything is decided; no control-plane request comes near this. */
    int DEFAULT_MAX_BODY = 1024 * 1024;

    /** Exactly so many bytes. */
    record Length(int bytes) implements Framing {}

    /** Exactly so many bytes, more than are kept: for whoever passes them on unread. */
    record Streamed(long bytes) implements Framing {}

    /** RFC 9112 §7.1, without extensions and trailers. */
    record Chunked() implements Framing {}

    /**
     * How {@code head} frames its body.
     *
     * @throws UnreadableException if two upstreams could disagree about it
     */
    static Framing of(RequestHead head, int maxBody) throws UnreadableException {
        List<String> lengths = head.values("content-length");
        List<String> encodings = head.values("transfer-encoding");
        if (!lengths.isEmpty() && !encodings.isEmpty()) {
            throw broken("The request has both Content-Length and Transfer-Encoding.");
        }
        if (head.has("trailer")) {
            throw broken("The request announces trailer fields, which are not read here.");
        }
        if (!encodings.isEmpty()) {
            return chunked(encodings);
        }
        return lengths.isEmpty() ? new Length(0) : length(lengths, maxBody);
    }

    private static Framing chunked(List<String> encodings) throws UnreadableException {
        if (!encodings.equals(List.of("chunked"))) {
            throw broken("The Transfer-Encoding is not exactly `chunked`.");
        }
        return new Chunked();
    }

    private static Framing length(List<String> lengths, int maxBody) throws UnreadableException {
        if (lengths.size() > 1 || !LENGTH.matcher(lengths.getFirst()).matches()) {
            throw broken("The Content-Length is given twice, or is not one plain decimal number.");
        }
        long length = Long.parseLong(lengths.getFirst());
        return length > maxBody ? new Streamed(length) : new Length((int) length);
    }

    /** The refusal of a body that is too long to be read. */
    static UnreadableException tooLong(int maxBody) {
        return refused(
                "The request body is longer than " + maxBody + " bytes.",
                "Send it in smaller parts, if that is possible.");
    }

    /**
     * The refusal of a body that turns out to be too long in its middle. How much may go is part of what is decided,
     * and of the intent; of such a body nobody knows it.
     */
    static UnreadableException unannounced(int maxBody) {
        return refused(
                "The request body is longer than " + maxBody + " bytes, and nothing said so before it.",
                "Send it with a Content-Length (a file rather than a pipe): where nobody has to read it, it is passed on"
                        + " then. Otherwise send it in smaller parts.");
    }
}
