package dev.interlock.evidence;

import java.time.Instant;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * That a passkey is a person's: what somebody signs who vouches for it.
 *
 * @param person whose it is to be, as in the seal
 * @param credential the credential's identifier, base64url
 * @param algorithm what it signs with
 * @param key its public key, a SubjectPublicKeyInfo in base64
 * @param rp the relying party it was made for, a host name
 * @param origin the only origin whose pages may use it, with its port if that is not the scheme's own
 * @param madeAt when it was made
 * @param nonce 32 random bytes, base64url
 */
public record KeyStatement(
        String person,
        String credential,
        PasskeyAlgorithm algorithm,
        String key,
        String rp,
        String origin,
        Instant madeAt,
        String nonce) {

    /** The SSHSIG namespace in which passkeys, and nothing else, are vouched for. */
    public static final String NAMESPACE = "interlock-key@v1";

    static final String TYPE = "interlock-key@v1";

    /** How every name of a passkey begins. */
    private static final String NAME = "passkey:";

    private static final int NONCE_BYTES = 32;
    /** WebAuthn Level 3 §4, "Credential ID": at least 16 bytes, at most 1023. */
    private static final int MIN_CREDENTIAL = 16;

    private static final int MAX_CREDENTIAL = 1023;
    /** Only on the machine itself may a page be served in the clear: browsers see it so as well. */
    private static final Pattern ORIGIN =
            Pattern.compile("(?:https://([a-z0-9.-]{1,253})|http://(localhost))(?::([1-9][0-9]{0,4}))?");

    /** @throws MalformedException if it is not a statement that {@link #of} would take */
    public KeyStatement {
        int length = Base64Text.readUrl(credential).length;
        if (length < MIN_CREDENTIAL || length > MAX_CREDENTIAL) {
            throw new MalformedException(
                    "the credential's identifier is not " + MIN_CREDENTIAL + " to " + MAX_CREDENTIAL + " bytes long");
        }
        algorithm.key(Base64Text.read(key));
        requireOrigin(origin, rp);
        if (Base64Text.readUrl(nonce).length != NONCE_BYTES) {
            throw new MalformedException("`nonce` is not " + NONCE_BYTES + " bytes long");
        }
    }

    /**
     * Makes sure that pages of {@code origin} can use passkeys of {@code rp}, and that it is in its one spelling.
     *
     * @throws MalformedException if they cannot
     */
    public static void requireOrigin(String origin, String rp) {
        Matcher matcher = ORIGIN.matcher(origin);
        if (!matcher.matches()) {
            throw new MalformedException("`" + origin + "` is no origin that a passkey can be for");
        }
        String host = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
        String port = matcher.group(3);
        if (rp.isEmpty() || !(host.equals(rp) || host.endsWith("." + rp))) {
            throw new MalformedException("`" + rp + "` is not the host of `" + origin + "`");
        }
        boolean usual = (origin.startsWith("https:") ? "443" : "80").equals(port);
        if (port != null && (usual || Integer.parseInt(port) > 65535)) {
            throw new MalformedException("`" + origin + "` has a port that browsers do not write");
        }
    }

    /** Its name in lists and receipts: {@code passkey:} and the SHA-256 of its public key, base64url. */
    public String name() {
        return NAME + Base64Text.writeUrl(Sha256.of(Base64.getDecoder().decode(key)));
    }

    /** Whether {@code key} names a passkey, and not a key of OpenSSH. */
    public static boolean isName(String key) {
        return key.startsWith(NAME);
    }

    /** The JSON form. */
    public Json.Members json() {
        return Json.object()
                .with("type", TYPE)
                .with("person", person)
                .with("credential", credential)
                .with("algorithm", algorithm.word())
                .with("key", key)
                .with("rp", rp)
                .with("origin", origin)
                .with("made_at", madeAt.toString())
                .with("nonce", nonce);
    }

    /** The bytes that are signed: RFC 8785. */
    public byte[] canonical() {
        return json().canonical();
    }

    /**
     * The statement in a JSON value that was already read.
     *
     * @throws MalformedException unless it has exactly the members of the format
     */
    public static KeyStatement of(Json.Members json) {
        Fields fields = new Fields(json);
        fields.constant("type", TYPE);
        KeyStatement statement = new KeyStatement(
                fields.name("person"),
                fields.name("credential"),
                PasskeyAlgorithm.of(fields.text("algorithm")),
                fields.text("key"),
                fields.name("rp"),
                fields.name("origin"),
                fields.instant("made_at"),
                fields.text("nonce"));
        fields.end();
        return statement;
    }
}
