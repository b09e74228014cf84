package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * An inclusion proof with its checkpoint, in the format of C2SP tlog-proof (draft). Extra data, which that format does
 * not authenticate, is neither written nor read.
 *
 * @param index of the leaf
 * @param path of the inclusion proof
 * @param checkpoint the signed note, as it was published
 */
public record TlogProof(long index, List<Hash> path, Note checkpoint) {

    private static final String FIRST = "c2sp.org/tlog-proof@v1";

    public TlogProof {
        path = List.copyOf(path);
    }

    /** Returns the file. */
    public byte[] write() {
        StringBuilder text =
                new StringBuilder(FIRST).append("\nindex ").append(index).append('\n');
        path.forEach(hash -> text.append(hash.base64()).append('\n'));
        return SshWire.concat(text.append('\n').toString().getBytes(StandardCharsets.UTF_8), checkpoint.write());
    }

    /**
     * Reads a file.
     *
     * @throws MalformedException if it is anything else
     */
    public static TlogProof read(byte[] file) {
        String text = new String(file, StandardCharsets.UTF_8);
        int split = text.indexOf("\n\n");
        String[] lines = split < 0 ? new String[0] : text.substring(0, split).split("\n", -1);
        if (lines.length < 2 || !lines[0].equals(FIRST) || !lines[1].startsWith("index ")) {
            throw new MalformedException("the file is not a tlog-proof");
        }
        if (lines.length - 2 > InclusionProof.MAX_PATH) {
            throw new MalformedException("the proof is longer than the highest tree");
        }
        List<Hash> path = new ArrayList<>();
        for (int i = 2; i < lines.length; i++) {
            path.add(Hash.ofBase64(lines[i]));
        }
        Note note = Note.read(text.substring(split + 2).getBytes(StandardCharsets.UTF_8));
        return new TlogProof(Checkpoint.number(lines[1].substring("index ".length())), path, note);
    }

    /**
     * Checks that {@code entry} is in the log that one of {@code keys} certifies.
     *
     * @return the checkpoint that it is under
     * @throws BadSignatureException if none of them signed the checkpoint
     * @throws BadProofException if it is not in the tree
     */
    public Checkpoint verify(byte[] entry, Collection<VerifierKey> keys)
            throws BadSignatureException, BadProofException {
        Checkpoint opened = Checkpoint.open(checkpoint.write(), keys);
        new InclusionProof(index, opened.size(), path).verify(Hash.leaf(entry), opened.root());
        return opened;
    }
}
