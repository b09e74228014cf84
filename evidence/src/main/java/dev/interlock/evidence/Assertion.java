package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A signature by a passkey: a WebAuthn assertion, whose challenge is the SHA-256 of what was to be signed, and the
 * enrolment of the passkey. It is checked by WebAuthn Level 3 §7.2; counters and revocations need state, which the
 * gateway keeps.
 */
public final class Assertion implements PersonSignature {

    private static final String TYPE = "webauthn";
    /** WebAuthn Level 3 §6.1: hash of the relying party, flags, counter. Extensions are not requested. */
    private static final int AUTHENTICATOR_DATA = 37;

    private static final int RP_HASH = 32;
    private static final int USER_PRESENT = 0x01;
    private static final int USER_VERIFIED = 0x04;
    private static final int BACKUP_ELIGIBLE = 0x08;
    private static final int BACKED_UP = 0x10;
    /** Flags for attested data, for extensions, and those reserved for future use. */
    private static final int UNEXPECTED = 0xe2;

    private final String credential;
    private final byte[] authenticatorData;
    private final byte[] clientData;
    private final byte[] signature;
    private final Enrolment enrolment;

    /** Creates an assertion from an authenticator's output; {@code credential} is base64url. */
    public Assertion(
            String credential, byte[] authenticatorData, byte[] clientData, byte[] signature, Enrolment enrolment) {
        if (authenticatorData.length != AUTHENTICATOR_DATA) {
            throw new MalformedException("the authenticator's data is not " + AUTHENTICATOR_DATA + " bytes long");
        }
        this.credential = credential;
        this.authenticatorData = authenticatorData.clone();
        this.clientData = clientData.clone();
        this.signature = signature.clone();
        this.enrolment = enrolment;
    }

    static Assertion parse(String text) {
        return of(Json.readObject(text.getBytes(StandardCharsets.UTF_8)), 1);
    }

    static Assertion of(Json.Members json, int link) {
        StrictFields fields = new StrictFields(json);
        fields.constant("type", TYPE);
        Assertion assertion = new Assertion(
                fields.name("credential"),
                Base64Text.readUrl(fields.text("authenticator_data")),
                Base64Text.readUrl(fields.text("client_data")),
                Base64Text.readUrl(fields.text("signature")),
                Enrolment.of(fields.object("enrolment"), link));
        fields.end();
        return assertion;
    }

    @Override
    public Json.Members json() {
        return Json.object()
                .with("type", TYPE)
                .with("credential", credential)
                .with("authenticator_data", Base64Text.writeUrl(authenticatorData))
                .with("client_data", Base64Text.writeUrl(clientData))
                .with("signature", Base64Text.writeUrl(signature))
                .with("enrolment", enrolment.json());
    }

    public Enrolment enrolment() {
        return enrolment;
    }

    @Override
    public Signer signer(SealDocument seal, byte[] message, String namespace) throws BadSignatureException {
        requireGenuine(message);
        Enrolment.PasskeyValue standing = enrolment.standing(seal);
        KeyStatement key = enrolment.statement();
        return new Signer(key.person(), standing.keyClass(), key.name(), standing.basis());
    }

    /** Checks WebAuthn Level 3 §7.2, except for the steps that need state. */
    private void requireGenuine(byte[] message) throws BadSignatureException {
        KeyStatement key = enrolment.statement();
        if (!credential.equals(key.credential())) {
            throw new BadSignatureException("the assertion is not by the enrolled credential");
        }
        ClientData client = clientData();
        // "Verify that the value of C.type is the string webauthn.get."
        if (!client.type().equals("webauthn.get")) {
            throw new BadSignatureException("the assertion is not of type `webauthn.get`");
        }
        // "Verify that the value of C.challenge equals the base64url encoding of pkOptions.challenge."
        if (!client.challenge().equals(Base64Text.writeUrl(Sha256.of(message)))) {
            throw new BadSignatureException("the assertion does not cover the message that was to be signed");
        }
        // "Verify that the value of C.origin is an origin expected by the Relying Party."
        if (!client.origin().equals(key.origin())) {
            throw new BadSignatureException("the assertion was not made at the key's origin");
        }
        if (client.embedded()) {
            throw new BadSignatureException("the assertion was made in a page embedded in another site");
        }
        requireAuthenticator(key);
        byte[] signed = SshWire.concat(authenticatorData, Sha256.of(clientData));
        if (!key.algorithm().isGenuine(key.algorithm().key(Base64Text.read(key.key())), signed, signature)) {
            throw new BadSignatureException("the signature does not match the signed message");
        }
    }

    private ClientData clientData() throws BadSignatureException {
        try {
            return ClientData.read(clientData);
        } catch (MalformedException e) {
            throw new BadSignatureException(String.valueOf(e.getMessage()), e);
        }
    }

    private void requireAuthenticator(KeyStatement key) throws BadSignatureException {
        byte[] rp = Sha256.of(key.rp().getBytes(StandardCharsets.UTF_8));
        if (!Arrays.equals(rp, 0, RP_HASH, authenticatorData, 0, RP_HASH)) {
            throw new BadSignatureException("the assertion was made for another relying party");
        }
        int flags = authenticatorData[RP_HASH];
        if ((flags & USER_PRESENT) == 0) {
            throw new BadSignatureException("nobody touched the passkey when it signed");
        }
        if ((flags & USER_VERIFIED) == 0) {
            throw new BadSignatureException("the passkey did not verify the user");
        }
        // "If the BE bit is not set, verify that the BS bit is not set."
        boolean impossible = (flags & BACKUP_ELIGIBLE) == 0 && (flags & BACKED_UP) != 0;
        if (impossible || (flags & UNEXPECTED) != 0) {
            throw new BadSignatureException("the authenticator's flags are not valid");
        }
    }
}
