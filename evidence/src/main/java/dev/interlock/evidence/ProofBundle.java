package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * One file that proves one receipt to a reader who has the log's key from elsewhere: the entry with its place in the
 * log, and the signed checkpoint, as it was published. Of a call it also has the outcome, and the seal that decided.
 *
 * @param witnessed what witnesses saw of the call before it was sent, if its seal demands that
 * @param seal the seal's envelope, which only keys from outside open
 * @param logKey what the file says that the log's key is, for people to compare; nothing is verified by it
 * @param textKey what opens the sealed texts of the call
 */
public record ProofBundle(
        ProvenEntry call,
        Optional<ProvenEntry> outcome,
        Note checkpoint,
        List<SeenIntent.WitnessedTree> witnessed,
        Optional<Json.Members> seal,
        Optional<String> logKey,
        Optional<String> textKey) {

    static final int MAX_BYTES =
            8 * 1024 * 1024; // the maximum size: two receipts, their hashes, a note and a seal in base64
    private static final String TYPE = "interlock-proof@v1";

    /** A receipt, its leaf, and the path of its inclusion proof. */
    public record ProvenEntry(Receipt receipt, long index, List<Hash> path) {

        public ProvenEntry {
            path = List.copyOf(path);
            if (path.size() > InclusionProof.MAX_PATH) {
                throw new MalformedException("the proof is longer than the highest tree");
            }
        }

        private static ProvenEntry read(StrictFields fields) {
            return new ProvenEntry(
                    Receipt.of(fields.object("receipt")),
                    fields.count("index"),
                    fields.texts("path").stream().map(Hash::ofBase64).toList());
        }

        private Json.Members json() {
            return Json.object()
                    .with("receipt", receipt.json())
                    .with("index", index)
                    .withTexts("path", path.stream().map(Hash::base64));
        }

        private void verify(Checkpoint opened) throws BadSignatureException {
            new InclusionProof(index, opened.size(), path).verify(Hash.leaf(receipt.canonical()), opened.root());
            if (!receipt.origin().equals(opened.origin())) {
                throw new BadSignatureException("the receipt was made for log `" + receipt.origin() + "`");
            }
        }
    }

    public ProofBundle(ProvenEntry call, Note checkpoint) {
        this(call, Optional.empty(), checkpoint, List.of(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    ProofBundle with(ProvenEntry ended, List<SeenIntent.WitnessedTree> seen) {
        return new ProofBundle(call, Optional.of(ended), checkpoint, seen, seal, logKey, textKey);
    }

    /** Returns the same with the seal in it, and with the log's key for people to compare. */
    public ProofBundle with(Optional<Json.Members> envelope, VerifierKey key) {
        return new ProofBundle(call, outcome, checkpoint, witnessed, envelope, Optional.of(key.toString()), textKey);
    }

    /** Returns the same with what opens the sealed texts of the call, as far as {@code keys} have it. */
    public ProofBundle with(TextKeys keys) {
        Optional<String> key = SealedTexts.key(call.receipt(), keys).map(Base64Text::write);
        return new ProofBundle(call, outcome, checkpoint, witnessed, seal, logKey, key);
    }

    /** Returns the receipt of the call, with its texts if the file opens them. */
    public Receipt receipt() {
        return textKey.map(key -> SealedTexts.open(call.receipt(), Base64Text.read(key)))
                .orElse(call.receipt());
    }

    public Json.Members json() {
        Json.Members proof = call.json()
                .with("type", TYPE)
                .with("checkpoint", new String(checkpoint.write(), StandardCharsets.UTF_8))
                .withOptional("log_key", logKey)
                .withOptional("text_key", textKey);
        Json.Members ended =
                outcome.map(entry -> proof.with("outcome", entry.json())).orElse(proof);
        Json.Members seen = witnessed.isEmpty()
                ? ended
                : ended.withItems("witnessed", witnessed.stream().map(SeenIntent.WitnessedTree::json));
        return seal.map(envelope -> seen.with("seal", envelope)).orElse(seen);
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
                    ProvenEntry.read(fields),
                    fields.optionalObject("outcome").map(entry -> StrictFields.read(entry, ProvenEntry::read)),
                    Note.read(fields.text("checkpoint").getBytes(StandardCharsets.UTF_8)),
                    fields.itemsIfAny("witnessed").stream()
                            .map(SeenIntent.WitnessedTree::read)
                            .toList(),
                    fields.optionalObject("seal"),
                    fields.optionalText("log_key"),
                    fields.optionalText("text_key"));
        });
    }

    /** Checks the bundle against keys from outside, and returns the checkpoint that its receipts are under. */
    public Checkpoint verify(Collection<VerifierKey> keys) throws BadSignatureException {
        Checkpoint opened = Checkpoint.open(checkpoint.write(), keys);
        call.verify(opened);
        if (outcome.isPresent()) {
            ProvenEntry ended = outcome.get();
            ended.verify(opened);
            boolean isOfCall = receipt().kind() == Receipt.Kind.INTENT
                    && ended.receipt().intent().equals(Optional.of(receipt().id()))
                    && ended.index() > call.index();
            Optional<String> agent = ended.receipt().agent();
            if (!isOfCall || (agent.isPresent() && !agent.equals(receipt().agent()))) {
                throw new BadSignatureException("the outcome is not of this call");
            }
        }
        return opened;
    }

    /**
     * Returns why the witnesses whom {@code by} names have not seen a call that was not refused before it was sent;
     * empty if they have, or need not, or if the call has no outcome.
     */
    Optional<String> unwitnessed(SealDocument by) throws BadSignatureException {
        Optional<WitnessRules> rules = demand(by);
        if (rules.isEmpty() || outcome.isEmpty()) {
            return Optional.empty();
        }
        return new SeenIntent(call.receipt(), call.index(), witnessed, textKey)
                .objection(rules.get(), outcome.get().index(), Instant.MIN);
    }

    /** Returns whether {@code by} demands witnesses of the call, and the file leaves open whether it was sent. */
    boolean isOpen(SealDocument by) {
        return receipt().kind() == Receipt.Kind.INTENT
                && outcome.isEmpty()
                && demand(by).isPresent();
    }

    private Optional<WitnessRules> demand(SealDocument by) {
        return by.witnesses()
                .filter(demand -> demand.concern(IntentMeaning.of(receipt()).impacts()));
    }

    /** Returns the seal of the call as {@code pinned} keys signed it, if it is in the file and there are such keys. */
    Optional<SealDocument> seal(Collection<SshPublicKey> pinned, int quorum) throws BadSignatureException {
        if (seal.isEmpty() || pinned.isEmpty()) {
            return Optional.empty();
        }
        SealDocument opened = SealDocument.open(seal.get().canonical(), pinned, quorum);
        if (!receipt().members().textIfAny("seal").equals(Optional.of(opened.id()))) {
            throw new BadSignatureException("the seal in the file is not the one that decided");
        }
        return Optional.of(opened);
    }
}
