package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.HexFormat;

/** The public key of a log in C2SP signed-note form ("vkey"), Ed25519; auditors have it from elsewhere than the log. */
public final class VerifierKey {

    private static final byte ED25519 = 0x01;

    /** The type of a witness's key (C2SP tlog-cosignature). It is inside {@link WitnessKey} alone. */
    static final byte COSIGNER = 0x04;

    private static final int KEY_LENGTH = 32;

    private final byte type;
    private final String name;
    private final byte[] id;
    private final byte[] raw;
    private final PublicKey key;

    VerifierKey(byte type, String name, byte[] raw) {
        if (!isName(name)) {
            throw new MalformedException("a key's name is empty, or holds white space or `+`");
        }
        if (raw.length != KEY_LENGTH) {
            throw new MalformedException("an ed25519 key is not " + KEY_LENGTH + " bytes long");
        }
        this.type = type;
        this.name = name;
        this.raw = raw;
        this.key = SshPublicKey.ed25519OfRaw(raw);
        // signed-note, "Signatures": SHA-256 over name, newline, algorithm and key, cut to four bytes.
        this.id = Arrays.copyOf(Sha256.of((name + "\n").getBytes(StandardCharsets.UTF_8), new byte[] {type}, raw), 4);
    }

    static boolean isName(String name) {
        boolean isName = !name.isEmpty();
        for (int i = 0; i < name.length() && isName; i = name.offsetByCodePoints(i, 1)) {
            int c = name.codePointAt(i);
            isName = !Character.isWhitespace(c) && !Character.isSpaceChar(c) && !Character.isISOControl(c) && c != '+';
        }
        return isName;
    }

    public static VerifierKey of(String name, byte[] raw) {
        return new VerifierKey(ED25519, name, raw.clone());
    }

    /** Reads {@code name+id+base64}. */
    public static VerifierKey parse(String vkey) {
        return parse(ED25519, vkey);
    }

    static VerifierKey parse(byte type, String vkey) {
        String[] parts = vkey.split("\\+", 3);
        if (parts.length != 3) {
            throw new MalformedException("there is no file, and no key of the form name+id+key, `"
                    + vkey.substring(0, Math.min(80, vkey.length())) + "`");
        }
        byte[] typed = Base64Text.read(parts[2]);
        if (typed.length == 0 || typed[0] != type) {
            throw new MalformedException(
                    type == COSIGNER
                            ? "the key is no witness's: `interlock witness init` prints one"
                            : "a verifier key is not Ed25519");
        }
        VerifierKey key = new VerifierKey(type, parts[0], Arrays.copyOfRange(typed, 1, typed.length));
        if (!HexFormat.of().formatHex(key.id).equals(parts[1])) {
            throw new MalformedException("a verifier key does not match its id");
        }
        return key;
    }

    public String name() {
        return name;
    }

    byte[] id() {
        return id.clone();
    }

    boolean verifies(byte[] text, byte[] signature) throws BadSignatureException {
        return SshPublicKey.verifies("Ed25519", key, text, signature);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VerifierKey that && toString().equals(that.toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    @Override
    public String toString() {
        byte[] typed = SshWire.concat(new byte[] {type}, raw);
        return name + "+" + HexFormat.of().formatHex(id) + "+" + Base64Text.write(typed);
    }
}
