package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * One file that proves one receipt to a reader who has the log's key from elsewhere: the entry, its leaf, the path of
 * its inclusion proof, and the signed checkpoint, as it was published.
 */
public record ProofBundle(Receipt receipt, long index, List<Hash> path, Note checkpoint) {

    static final int MAX_BYTES = 256 * 1024; // the maximum size: a receipt, 63 hashes and the largest note
    private static final String TYPE = "interlock-proof@v1";

    public ProofBundle {
        path = List.copyOf(path);
        if (path.size() > InclusionProof.MAX_PATH) {
            throw new MalformedException("the proof is longer than the highest tree");
        }
    }

    public Json.Members json() {
        return Json.object()
                .with("type", TYPE)
                .with("receipt", receipt.json())
                .with("index", index)
                .withTexts("path", path.stream().map(Hash::base64))
                .with("checkpoint", new String(checkpoint.write(), StandardCharsets.UTF_8));
    }

    /** Reads the JSON form. One newline may follow, as in a command's output. */
    public static ProofBundle read(byte[] file) {
        if (file.length > MAX_BYTES) {
            throw new MalformedException("the proof is longer than " + MAX_BYTES + " bytes");
        }
        boolean newline = file.length > 0 && file[file.length - 1] == '\n';
        byte[] json = newline ? Arrays.copyOf(file, file.length - 1) : file;
        return StrictFields.read(Json.readObject(json), fields -> {
            fields.constant("type", TYPE);
            return new ProofBundle(
                    Receipt.of(fields.object("receipt")),
                    fields.count("index"),
                    fields.texts("path").stream().map(Hash::ofBase64).toList(),
                    Note.read(fields.text("checkpoint").getBytes(StandardCharsets.UTF_8)));
        });
    }

    /** Checks the bundle against keys from outside, and returns the checkpoint that the receipt is under. */
    public Checkpoint verify(Collection<VerifierKey> keys) throws BadSignatureException {
        Checkpoint opened = Checkpoint.open(checkpoint.write(), keys);
        new InclusionProof(index, opened.size(), path).verify(Hash.leaf(receipt.canonical()), opened.root());
        if (!receipt.origin().equals(opened.origin())) {
            throw new BadSignatureException("the receipt was made for log `" + receipt.origin() + "`");
        }
        return opened;
    }
}
