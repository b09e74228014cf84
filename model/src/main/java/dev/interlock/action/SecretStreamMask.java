package dev.interlock.action;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Replaces a secret in a stream of text. Each byte of it, in every form, becomes a star. The length stays the same.
 *
 * <p>A piece is passed on at once, except for bytes at its end that may begin the secret. Those wait for the next
 * piece. For one thread.
 */
public final class SecretStreamMask {

    private static final byte STAR = '*';
    private static final byte[] NOTHING = {};

    private final SecretForms forms;
    private final BitSet pairs;
    private byte[] held = NOTHING;

    public SecretStreamMask(SecretForms forms) {
        this.forms = forms;
        this.pairs = forms.firstPairs();
    }

    /**
     * Returns what can be passed on of {@code piece} and of the bytes held back. The piece must not be used afterwards.
     */
    public byte[] next(byte[] piece) {
        return clean(joined(piece), false);
    }

    /** Returns the bytes held back, at the end of the stream. */
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

    // Most of a long answer is noise, such as a pack of Git, in which each single byte is frequent.
    private boolean mayBegin(byte[] text, int at) {
        return at + 1 == text.length || pairs.get(((text[at] & 0xff) << 8) | (text[at + 1] & 0xff));
    }

    /**
     * Replaces the secrets in {@code text}, and holds back what may be the beginning of one, unless it is the last
     * piece.
     */
    private byte[] clean(byte[] text, boolean last) {
        int at = 0;
        while (at < text.length) {
            if (!mayBegin(text, at)) {
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
