package dev.interlock.evidence;

import java.util.Collection;
import java.util.List;

/** A signed summary of a log (C2SP tlog-checkpoint v1.0.0, no extension lines); its key has the name {@code origin}. */
public record Checkpoint(String origin, long size, Hash root) {

    /** The maximum size of a log. Larger numbers would overflow in tree walks; no log gets there. */
    static final long MAX_SIZE = 1L << 62;

    public Checkpoint {
        if (!VerifierKey.isName(origin) || size < 0 || size > MAX_SIZE) {
            throw new MalformedException("a checkpoint has no origin, or an impossible size");
        }
        if (size == 0 && !root.equals(Hash.emptyRoot())) {
            throw new MalformedException("a checkpoint of an empty tree has the wrong root");
        }
    }

    public String text() {
        return origin + "\n" + size + "\n" + root.base64() + "\n";
    }

    public Note signedBy(VerifierKey key, byte[] signature) {
        return new Note(text(), List.of()).signedBy(key, signature);
    }

    /** Reads the three lines of a note. Its signatures are checked elsewhere. */
    public static Checkpoint read(String text) {
        String[] lines = text.split("\n", -1);
        if (lines.length != 4 || !lines[3].isEmpty()) {
            throw new MalformedException("a checkpoint is not three lines");
        }
        return new Checkpoint(lines[0], number(lines[1]), Hash.ofBase64(lines[2]));
    }

    static long number(String text) {
        if (!text.matches("0|[1-9][0-9]{0,14}")) { // so that JSON can have it
            throw new MalformedException("a number is not written in plain decimal, or is too large");
        }
        return Long.parseLong(text);
    }

    /** Reads a note that one of {@code keys} signed; the key must have the name of the checkpoint's origin. */
    public static Checkpoint open(byte[] note, Collection<VerifierKey> keys) throws BadSignatureException {
        Note read = Note.read(note);
        Checkpoint checkpoint = read(read.text());
        // A key for one log must not certify another log.
        boolean own = read.verify(keys).stream().anyMatch(key -> key.name().equals(checkpoint.origin));
        if (!own) {
            throw new BadSignatureException(
                    "the checkpoint is of log `" + checkpoint.origin + "` but signed by another log");
        }
        return checkpoint;
    }
}
