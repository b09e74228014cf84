package dev.interlock.evidence;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** A text that ends in a newline, with signatures under it (C2SP signed-note v1.0.0). */
public record Note(String text, List<SignatureLine> lines) {

    /** The maximum number of signatures. The specification asks for at least 16, and each costs a verification. */
    static final int MAX_SIGNATURES = 16;

    static final int MAX_BYTES = 128 * 1024; // The maximum size. A checkpoint with the largest signatures in use fits.
    private static final int ID_LENGTH = 4;
    private static final String DASH = "\u2014 ";

    /** The name of a key, and its id and signature in base64. */
    public record SignatureLine(String name, String blob) {
        @Override
        public String toString() {
            return DASH + name + ' ' + blob + '\n';
        }
    }

    public Note {
        lines = List.copyOf(lines);
        boolean controls = text.chars().anyMatch(c -> (c < 0x20 && c != '\n') || c == 0x7f);
        if (!text.endsWith("\n") || controls) {
            throw new MalformedException("the note's text holds control characters, or does not end its last line");
        }
        if (lines.size() > MAX_SIGNATURES) {
            throw new MalformedException("the note holds more than " + MAX_SIGNATURES + " signatures");
        }
    }

    public Note signedBy(VerifierKey key, byte[] signature) {
        List<SignatureLine> more = new ArrayList<>(lines);
        more.add(new SignatureLine(key.name(), Base64Text.write(SshWire.concat(key.id(), signature))));
        return new Note(text, more);
    }

    /** Reads a text, an empty line, and at least one signature line. */
    public static Note read(byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw new MalformedException("the note is longer than " + MAX_BYTES + " bytes");
        }
        String all = decode(bytes);
        int split = all.lastIndexOf("\n\n");
        if (split < 0 || !all.endsWith("\n") || split + 2 == all.length()) {
            throw new MalformedException("the note has no signatures");
        }
        String signatures = all.substring(split + 2, all.length() - 1);
        List<SignatureLine> lines =
                Arrays.stream(signatures.split("\n", -1)).map(Note::line).toList();
        return new Note(all.substring(0, split + 1), lines);
    }

    private static String decode(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedException("the note is not UTF-8", e);
        }
    }

    /** Returns the note with the signature lines of {@code other}, which has the same text, as well. */
    public Note and(Note other) {
        return new Note(
                text,
                Stream.concat(lines.stream(), other.lines().stream())
                        .distinct()
                        .limit(MAX_SIGNATURES)
                        .toList());
    }

    /** Returns the note with the signature lines of {@code more} as well, as a witness answers with them. */
    public Note with(String more) {
        List<SignatureLine> all = new ArrayList<>(lines);
        if (!more.endsWith("\n")) {
            throw new MalformedException("a signature line does not end");
        }
        Arrays.stream(more.substring(0, more.length() - 1).split("\n", -1))
                .map(Note::line)
                .forEach(all::add);
        return new Note(text, all);
    }

    private static SignatureLine line(String line) {
        String[] parts = line.split(" ", -1);
        if (parts.length != 3 || !line.startsWith(DASH) || !VerifierKey.isName(parts[1])) {
            throw new MalformedException("a line under the note is not a signature");
        }
        if (Base64Text.read(parts[2]).length <= ID_LENGTH) {
            throw new MalformedException("a signature under the note is too short");
        }
        return new SignatureLine(parts[1], parts[2]);
    }

    public byte[] write() {
        StringBuilder all = new StringBuilder(text).append('\n');
        for (SignatureLine line : lines) {
            all.append(line);
        }
        return all.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Returns which of {@code keys}, given from outside, signed the note. Lines of unknown keys are skipped; a false
     * line in the name of a known key refuses the whole note, as does none.
     */
    public Set<VerifierKey> verify(Collection<VerifierKey> keys) throws BadSignatureException {
        byte[] signed = text.getBytes(StandardCharsets.UTF_8);
        Set<VerifierKey> signers = new LinkedHashSet<>();
        for (VerifierKey key : keys) {
            for (byte[] signature : signatures(key)) {
                if (!key.verifies(signed, signature)) {
                    throw new BadSignatureException("the note's signature by `" + key.name() + "` is not valid");
                }
                signers.add(key);
            }
        }
        if (signers.isEmpty()) {
            throw new BadSignatureException("none of the given keys signed the note");
        }
        return signers;
    }

    /** Returns what stands under the note in the name of {@code key}, unverified. */
    List<byte[]> signatures(VerifierKey key) {
        List<byte[]> found = new ArrayList<>();
        for (SignatureLine line : lines) {
            byte[] blob = Base64Text.read(line.blob());
            if (key.name().equals(line.name()) && Arrays.equals(key.id(), Arrays.copyOf(blob, ID_LENGTH))) {
                found.add(Arrays.copyOfRange(blob, ID_LENGTH, blob.length));
            }
        }
        return found;
    }
}
