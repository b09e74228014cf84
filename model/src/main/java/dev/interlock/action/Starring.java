package dev.interlock.action;

import java.util.Arrays;

/**
 * A text that comes in pieces, without a secret: each byte of it, in whatever form it stands there, is a star. The
 * length stays, and with it whatever counts it.
 *
 * <p>A piece is passed on at once, but for the bytes at its end that may be the beginning of the secret: they wait for
 * what comes next. For one thread.
 */
public final class Starring {

    private static final byte STAR = '*';
    private static final byte[] NOTHING = {};

    private final SecretForms forms;
    private final boolean[] firsts;
    private byte[] held = NOTHING;

    public Starring(SecretForms forms) {
        this.forms = forms;
        this.firsts = forms.firsts();
    }

    /** What can be shown now of {@code piece} and of what was held back. The piece is used up by it. */
    public byte[] next(byte[] piece) {
        return clean(joined(piece), false);
    }

    /** What was held back, once nothing more comes. */
    public byte[] rest() {
        return clean(held, true);
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
        held = NOTHING;
        return text;
    }
}
