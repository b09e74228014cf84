package dev.interlock.evidence;

/**
 * What people sign with: a key of OpenSSH that the seal names, or a passkey, which comes with the enrolment that makes
 * it theirs.
 *
 * <p>Neither is believed for what it says of itself: {@link #signer} asks the seal.
 */
public sealed interface PersonSignature permits SshSignature, Assertion {

    /** Either form, with the longest chain of enrolments that anybody needs. */
    int MAX_LENGTH = 8192;

    /**
     * Reads either form: an armored SSHSIG, or an assertion as canonical JSON.
     *
     * @throws MalformedException if it is neither
     */
    static PersonSignature parse(String text) {
        if (text.length() > MAX_LENGTH) {
            throw new MalformedException("the signature is longer than " + MAX_LENGTH + " characters");
        }
        return text.startsWith("{") ? Assertion.parse(text) : SshSignature.parse(text);
    }

    /** One of those that an enrolment rests on, {@code link} enrolments away from what was signed. */
    static PersonSignature of(Json json, int link) {
        return switch (json) {
            case Json.Text(String armored) -> SshSignature.parse(armored);
            case Json.Members members -> Assertion.of(members, link);
            case Json.Whole _, Json.Flag _, Json.Nothing _, Json.Array _ ->
                throw new MalformedException("a signature is neither an SSHSIG nor an assertion");
        };
    }

    /** As it stands in an enrolment. */
    Json json();

    /**
     * Who signed {@code message}, by {@code seal}.
     *
     * @param namespace what an SSHSIG must have been made for. An assertion has none: that it was made for exactly
     *     these bytes says it as well, for each of our statements names its own type.
     * @throws BadSignatureException if it is not genuine, was made for something else, or is nobody's in the seal
     */
    Signer signer(SealDocument seal, byte[] message, String namespace) throws BadSignatureException;
}
