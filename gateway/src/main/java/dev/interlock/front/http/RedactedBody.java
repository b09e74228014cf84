package dev.interlock.front.http;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/**
 * A body without a secret: each byte of it, in whatever form it stands there, is a star. The length stays, so that the
 * answer's framing does.
 *
 * <p>A piece is passed on at once, but for the bytes at its end that may be the beginning of the secret: they wait for
 * what comes next. For one thread.
 */
final class RedactedBody extends Answer.Filter {

    private static final byte STAR = '*';

    private final SecretForms forms;
    private final boolean[] firsts;
    private byte[] held = {};

    RedactedBody(Answer.Body body, SecretForms forms) {
        super(body);
        this.forms = forms;
        this.firsts = forms.firsts();
    }

    @Override
    public Optional<byte[]> next() throws IOException {
        Optional<byte[]> piece = body.next();
        return piece.isPresent() ? Optional.of(clean(joined(piece.get()), false)) : rest();
    }

    private Optional<byte[]> rest() {
        byte[] rest = clean(held, true);
        return rest.length == 0 ? Optional.empty() : Optional.of(rest);
    }

    private byte[] joined(byte[] piece) {
        if (held.length == 0) {
            return piece;
        }
        byte[] joined = Arrays.copyOf(held, held.length + piece.length);
        System.arraycopy(piece, 0, joined, held.length, piece.length);
        return joined;
    }

    /** Stars out what is in {@code text}, and holds back what may be the beginning of more, unless nothing comes. */
    private byte[] clean(byte[] text, boolean last) {
        int at = 0;
        while (at < text.length) {
            if (!firsts[text[at] & 0xff]) {
                at++;
            } else if (!last && forms.mayBeginAt(text, at, text.length)) {
                held = Arrays.copyOfRange(text, at, text.length);
                return Arrays.copyOf(text, at);
            } else {
                int length = forms.lengthAt(text, at, text.length);
                Arrays.fill(text, at, at + length, STAR);
                at += Math.max(1, length);
            }
        }
        held = new byte[0];
        return text;
    }
}
