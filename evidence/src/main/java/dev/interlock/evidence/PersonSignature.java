package dev.interlock.evidence;

/**
 * A person's signature: by a key of OpenSSH that the seal names, or by a passkey, which comes with its enrolment.
 * Neither is trusted for what it says of itself: {@link #signer} looks the key up in the seal.
 */
public sealed interface PersonSignature permits SshSignature, Assertion {

    /** The maximum length of either form. The longest useful chain of enrolments fits. */
    int MAX_LENGTH = 8192;

    /** Reads either form: an armored SSHSIG, or an assertion as canonical JSON. */
    static PersonSignature parse(String text) {
        if (text.length() > MAX_LENGTH) {
            throw new MalformedException("the signature is longer than " + MAX_LENGTH + " characters");
        }
        return text.startsWith("{") ? Assertion.parse(text) : SshSignature.parse(text);
    }

    /** Reads a signature under an enrolment. It is {@code link} enrolments away from what was signed. */
    static PersonSignature of(Json json, int link) {
        if (json instanceof Json.Text armored) {
            return SshSignature.parse(armored.value());
        }
        if (json instanceof Json.Members members) {
            return Assertion.of(members, link);
        }
        throw new MalformedException("a signature is neither an SSHSIG nor an assertion");
    }

    Json json();

    /**
     * Returns who of {@code seal} signed {@code message}. An SSHSIG must have {@code namespace}. An assertion was made
     * for exactly these bytes, and each of our statements names its own type.
     */
    Signer signer(SealDocument seal, byte[] message, String namespace) throws BadSignatureException;
}
