package dev.interlock.evidence;

import java.time.Instant;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The claim that a passkey belongs to a person, signed by its endorsers: the credential's identifier in base64url, its
 * public key as SubjectPublicKeyInfo in base64, the relying party's host name, the only origin whose pages may use it,
 * and 32 random bytes in base64url.
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

    public static final String NAMESPACE = "interlock-key@v1";
    static final String TYPE = "interlock-key@v1";
    private static final String NAME = "passkey:";
    private static final int NONCE_BYTES = 32;
    /** WebAuthn Level 3 §4, "Credential ID": at least 16 bytes, at most 1023. */
    private static final int MIN_CREDENTIAL = 16;

    private static final int MAX_CREDENTIAL = 1023;
    /** Plain HTTP is allowed only for pages on the machine itself; browsers have the same rule. */
    private static final Pattern ORIGIN =
            Pattern.compile("(?:https://([a-z0-9.-]{1,253})|http://(localhost))(?::([1-9][0-9]{0,4}))?");

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

    /** Requires that pages of {@code origin}, in its one spelling, can use passkeys of {@code rp}. */
    public static void requireOrigin(String origin, String rp) {
        Matcher matcher = ORIGIN.matcher(origin);
        if (!matcher.matches()) {
            throw new MalformedException("`" + origin + "` is not a valid origin for a passkey");
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

    /** The name in lists and receipts: {@code passkey:} and the SHA-256 of the public key, base64url. */
    public String name() {
        return NAME + Base64Text.writeUrl(Sha256.of(Base64.getDecoder().decode(key)));
    }

    public static boolean isName(String key) {
        return key.startsWith(NAME);
    }

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

    public byte[] canonical() {
        return json().canonical();
    }

    /** Reads a statement of exactly the members of the format. */
    public static KeyStatement of(Json.Members json) {
        StrictFields fields = new StrictFields(json);
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
