package dev.interlock.front.http;

import dev.interlock.action.Header;
import dev.interlock.gate.ResponseScanner;
import dev.interlock.shapes.CredentialShapes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A body that is passed on as far as it was scanned. A short body of known length, or that has arrived, is scanned
 * before any of it goes. Of any other the end is held back while more is there already. When the upstream pauses, all
 * whole words go, so that events arrive one by one. The end scanned last is scanned again with the bytes that follow.
 * Threading: for one thread.
 */
final class ScannedBody extends UpstreamAnswer.BodyFilter {

    /** Bytes that may belong together: a credential in a wide spelling. */
    static final int TOGETHER = 4 * 1024;
    /** Bytes scanned at once. It is also the part of a binary body that is scanned. */
    static final int AT_ONCE = ClientWriter.MAX_GATHERED;
    /** Bytes that are scanned closely, which is slow. The rest of a longer body is scanned as it stands. */
    static final int CLOSELY = 256 * 1024;

    /**
     * Binary media types, of which only the beginning is scanned. Packed data hides its content, and the rest is long.
     */
    private static final Pattern BYTES = Pattern.compile(
            "(image|audio|video|font)/.*|application/(octet-stream|(x-)?gzip|zip|x-tar|x-xz|zstd|x-bzip2|java-archive|wasm|pdf|vnd\\.debian\\.binary-package|vnd\\.oci\\.image\\.layer\\.v1\\.tar\\+gzip|vnd\\.docker\\.image\\.rootfs\\.diff\\.tar\\.gzip)");

    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,9}");

    private final ResponseScanner scanner;
    private final boolean isShort;
    private final boolean isBytes;
    private final boolean isStarredOut;

    /** The end of the scanned bytes, of which the first {@link #passed} were passed on. */
    private byte[] before = {};

    private int passed;
    private long come;
    private boolean ended;
    private @Nullable IOException broken;

    private ScannedBody(
            UpstreamAnswer.AnswerBody body,
            ResponseScanner scanner,
            boolean isShort,
            boolean isBytes,
            boolean isStarredOut) {
        super(body);
        this.scanner = scanner;
        this.isShort = isShort;
        this.isBytes = isBytes;
        this.isStarredOut = isStarredOut;
    }

    /**
     * Returns {@code answer}, head and body, as far as {@code scanner} lets it pass.
     *
     * @param isStarredOut whether stars replace what has the form of a credential
     */
    static UpstreamAnswer of(UpstreamAnswer answer, ResponseScanner scanner, boolean isStarredOut) {
        List<Header> headers = answer.headers();
        if (!scanner.passes(text(headers), true)) {
            headers = headers.stream()
                    .filter(header -> scanner.passes(text(List.of(header)), true))
                    .toList();
        }
        UpstreamAnswer shown = answer.with(headers);
        boolean isBytes = isBytes(shown);
        if (answer.isPart() && !isBytes) { // a credential cut in two by its ends would be found in no part
            return shown.withheld("it is a partial response, and a credential could cross its boundaries");
        }
        return shown.withBody(body -> new ScannedBody(body, scanner, isShort(answer), isBytes, isStarredOut));
    }

    static boolean isBytes(UpstreamAnswer answer) {
        return answer.values("content-type").stream()
                .map(value -> value.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
                .anyMatch(type -> BYTES.matcher(type).matches());
    }

    static boolean isShort(UpstreamAnswer answer) {
        OptionalLong length = answer.values("content-length").stream()
                .filter(value -> LENGTH.matcher(value).matches())
                .mapToLong(Long::parseLong)
                .max();
        return answer.body().isWhole() || (length.isPresent() && length.getAsLong() <= AT_ONCE);
    }

    private static byte[] text(List<Header> headers) {
        StringBuilder text = new StringBuilder();
        headers.forEach(header ->
                text.append(header.name()).append(": ").append(header.value()).append('\n'));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Optional<byte[]> next() throws IOException {
        if (ended) {
            return over();
        }
        if (isBytes && come >= AT_ONCE) {
            return body.next();
        }
        byte[] all = gathered();
        if (!scanner.passes(all, come <= CLOSELY)) {
            ended = true;
            broken = new SecretInAnswerException();
            return over();
        }
        if (!isBytes) {
            scanner.starOut(all);
        }
        if (isStarredOut) {
            CredentialShapes.known().starOut(all, ended);
        }
        boolean last = ended || (isBytes && come >= AT_ONCE);
        int until = last ? all.length : passable(all);
        byte[] piece = Arrays.copyOfRange(all, passed, until);
        int from = last ? all.length : Math.min(until, Math.max(0, all.length - TOGETHER));
        before = Arrays.copyOfRange(all, from, all.length);
        passed = until - from;
        return Optional.of(piece);
    }

    private Optional<byte[]> over() throws IOException {
        if (broken != null) {
            throw broken;
        }
        return Optional.empty();
    }

    /** Returns the bytes held back and those received since: all of them, or as many as are scanned at once. */
    private byte[] gathered() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(before);
        try {
            do {
                Optional<byte[]> piece = body.next();
                ended = piece.isEmpty();
                piece.ifPresent(all::writeBytes);
            } while (!ended && (isShort || (body.isReady() && all.size() < AT_ONCE)));
        } catch (IOException e) {
            ended = true; // the client gets the bytes received before the end
            broken = e;
        }
        come += all.size() - before.length;
        return all.toByteArray();
    }

    private int passable(byte[] all) {
        int until = Math.max(passed, all.length - TOGETHER);
        if (!body.isReady()) {
            for (int i = all.length; i > until; i--) {
                if ((all[i - 1] & 0xff) <= ' ') {
                    return i;
                }
            }
        }
        return until;
    }

    @Override
    public Optional<String> length() {
        return ended && broken == null ? Optional.of(Long.toString(come)) : Optional.empty();
    }

    @Override
    public boolean isReady() {
        return ended || body.isReady();
    }

    /** Thrown for an answer with a credential that the agent must not have; the rest of it is not passed on. */
    static final class SecretInAnswerException extends IOException {

        private static final long serialVersionUID = 1;

        private SecretInAnswerException() {
            super("it contains a credential that Interlock stores");
        }
    }
}
