package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A DSSE envelope (secure-systems-lab/dsse, version 1): a payload, its type, and signatures over both, each an SSHSIG
 * over the pre-authentication encoding, so that hardware keys can make it.
 */
public final class Envelope {

    /** The maximum size. Seals with large catalogs of policy fit, and a reader of files has a bound. */
    public static final int MAX_BYTES = 4 * 1024 * 1024;

    /** The maximum number of signatures. No quorum needs more, and each costs a verification. */
    public static final int MAX_SIGNATURES = 16;

    /** One armored SSHSIG, and the fingerprint of its key. */
    public record EnvelopeSignature(String keyId, String armored) {}

    /** A verified payload, and the pinned keys that signed it, at least as many as were demanded. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record VerifiedEnvelope(byte[] payload, Set<SshPublicKey> signers) {
        public VerifiedEnvelope {
            signers = Collections.unmodifiableSet(signers);
        }
    }

    private final String payloadType;
    private final byte[] payload;
    private final List<EnvelopeSignature> signatures;

    private Envelope(String payloadType, byte[] payload, List<EnvelopeSignature> signatures) {
        if (signatures.size() > MAX_SIGNATURES) {
            throw new MalformedException("the envelope holds more than " + MAX_SIGNATURES + " signatures");
        }
        this.payloadType = payloadType;
        this.payload = payload;
        this.signatures = List.copyOf(signatures);
    }

    public static Envelope of(String payloadType, byte[] payload) {
        return new Envelope(payloadType, payload.clone(), List.of());
    }

    /** Returns this envelope with one more signature. Only {@link #verify} checks it. */
    public Envelope signedBy(String armored) {
        List<EnvelopeSignature> more = new ArrayList<>(signatures);
        more.add(new EnvelopeSignature(SshSignature.parse(armored).key().fingerprint(), armored));
        return new Envelope(payloadType, payload, more);
    }

    /** The pre-authentication encoding: the bytes that are signed. */
    public static byte[] pae(String payloadType, byte[] payload) {
        byte[] type = payloadType.getBytes(StandardCharsets.UTF_8);
        return SshWire.concat(ascii("DSSEv1 " + type.length + " "), type, ascii(" " + payload.length + " "), payload);
    }

    public byte[] pae() {
        return pae(payloadType, payload);
    }

    /** Returns the payload without verifying it. It may be shown to people, and must not be trusted. */
    public byte[] unverified() {
        return payload.clone();
    }

    /** Reads canonical JSON of exactly the members that DSSE knows. */
    public static Envelope read(byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw new MalformedException("the envelope is longer than " + MAX_BYTES + " bytes");
        }
        StrictFields fields = new StrictFields(Json.readObject(bytes));
        byte[] payload = Base64Text.read(fields.text("payload"));
        String payloadType = fields.name("payloadType");
        List<EnvelopeSignature> signatures =
                fields.items("signatures").stream().map(Envelope::signature).toList();
        fields.end();
        return new Envelope(payloadType, payload, signatures);
    }

    private static EnvelopeSignature signature(Json value) {
        StrictFields fields = StrictFields.of(value);
        String keyId = fields.name("keyid");
        String armored = new String(Base64Text.read(fields.text("sig")), StandardCharsets.US_ASCII);
        fields.end();
        return new EnvelopeSignature(keyId, armored);
    }

    public byte[] write() {
        return Json.object()
                .with("payload", Base64Text.write(payload))
                .with("payloadType", payloadType)
                .withItems("signatures", signatures.stream().map(Envelope::json))
                .canonical();
    }

    private static Json json(EnvelopeSignature signature) {
        return Json.object().with("keyid", signature.keyId()).with("sig", Base64Text.write(ascii(signature.armored())));
    }

    /**
     * Opens the envelope, if at least {@code quorum} distinct keys of {@code pinned}, from outside, signed it.
     * Signatures by unknown keys are skipped; a false one in the name of a pinned key is tampering, and refuses it.
     */
    public VerifiedEnvelope verify(String expectedType, String namespace, Collection<SshPublicKey> pinned, int quorum)
            throws BadSignatureException {
        if (quorum < 1) {
            throw new IllegalArgumentException("a quorum must be at least 1");
        }
        if (!payloadType.equals(expectedType)) {
            throw new BadSignatureException("the envelope holds `" + payloadType + "`, not `" + expectedType + "`");
        }
        Set<SshPublicKey> signers = new LinkedHashSet<>();
        for (EnvelopeSignature signature : signatures) {
            SshSignature parsed = SshSignature.parse(signature.armored());
            requireNamed(signature, parsed.key());
            if (pinned.contains(parsed.key())) {
                signers.add(parsed.verify(pae(), namespace));
            }
        }
        if (signers.size() < quorum) {
            throw new BadSignatureException(
                    signers.size() + " of the pinned keys signed the envelope, but " + quorum + " must");
        }
        return new VerifiedEnvelope(payload.clone(), signers);
    }

    private static void requireNamed(EnvelopeSignature signature, SshPublicKey key) {
        if (!signature.keyId().equals(key.fingerprint())) {
            throw new MalformedException("a signature of the envelope names the wrong key");
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
