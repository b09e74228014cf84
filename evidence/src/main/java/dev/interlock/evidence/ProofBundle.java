package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;

/** One file that proves one receipt to a reader who has the log's key from elsewhere. */
public record ProofBundle(Receipt receipt, TlogProof proof) {

    /** The maximum size: a receipt, 63 hashes and the largest note. */
    static final int MAX_BYTES = 256 * 1024;

    private static final String TYPE = "interlock-proof@v1";

    public Json.Members json() {
        return Json.object()
                .with("type", TYPE)
                .with("receipt", receipt.json())
                .with("index", proof.index())
                .withTexts("path", proof.path().stream().map(Hash::base64))
                .with("checkpoint", new String(proof.checkpoint().write(), StandardCharsets.UTF_8));
    }

    /** Reads the JSON form. One newline may follow, as in a command's output. */
    public static ProofBundle read(byte[] file) {
        if (file.length > MAX_BYTES) {
            throw new MalformedException("the proof is longer than " + MAX_BYTES + " bytes");
        }
        StrictFields fields = new StrictFields(Json.readObject(withoutNewline(file)));
        fields.constant("type", TYPE);
        Receipt receipt = Receipt.of(fields.object("receipt"));
        long index = fields.count("index");
        List<Hash> path = fields.texts("path").stream().map(Hash::ofBase64).toList();
        if (path.size() > InclusionProof.MAX_PATH) {
            throw new MalformedException("the proof is longer than the highest tree");
        }
        Note checkpoint = Note.read(fields.text("checkpoint").getBytes(StandardCharsets.UTF_8));
        fields.end();
        return new ProofBundle(receipt, new TlogProof(index, path, checkpoint));
    }

    private static byte[] withoutNewline(byte[] file) {
        boolean newline = file.length > 0 && file[file.length - 1] == '\n';
        return newline ? java.util.Arrays.copyOf(file, file.length - 1) : file;
    }

    /** Checks the bundle against keys from outside, and returns the checkpoint that the receipt is under. */
    public Checkpoint verify(Collection<VerifierKey> keys) throws BadSignatureException, BadProofException {
        Checkpoint checkpoint = proof.verify(receipt.canonical(), keys);
        if (!receipt.origin().equals(checkpoint.origin())) {
            throw new BadSignatureException("the receipt was made for log `" + receipt.origin() + "`");
        }
        return checkpoint;
    }
}
