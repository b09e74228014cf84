package dev.interlock.front.tls;

import dev.interlock.action.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The key pair of a remote machine. It is made where it is used; the gateway sees the public half alone. */
public final class MachineKey {

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]{1,4096})-----END PUBLIC KEY-----\\s*");

    private static final int SHORTEST_RSA = 2048;
    private static final int SHORTEST_EC = 256;

    private final KeyPair keys;

    private MachineKey(KeyPair keys) {
        this.keys = keys;
    }

    public static MachineKey make(SecureRandom random) {
        return new MachineKey(CertificateAuthority.newKeys(random));
    }

    /** Returns the private half in PEM form. */
    public Secret privateKey() {
        return new Secret(
                CertificateAuthority.pem("PRIVATE KEY", keys.getPrivate().getEncoded()));
    }

    /** Returns the public half in PEM form. */
    public String publicKey() {
        return CertificateAuthority.pem("PUBLIC KEY", keys.getPublic().getEncoded());
    }

    /** Reads a public key in PEM form; throws an {@link IllegalArgumentException} if it is none, or too weak. */
    public static PublicKey readPublic(String pem) {
        Matcher block = BLOCK.matcher(pem);
        if (!block.matches()) {
            throw wrong();
        }
        byte[] encoded;
        try {
            encoded = Base64.getMimeDecoder().decode(block.group(1).getBytes(StandardCharsets.US_ASCII));
        } catch (IllegalArgumentException _) {
            throw wrong();
        }
        PublicKey key = read(encoded, "EC").or(() -> read(encoded, "RSA")).orElseThrow(MachineKey::wrong);
        boolean strong = switch (key) {
            case ECPublicKey ec -> ec.getParams().getOrder().bitLength() >= SHORTEST_EC;
            case RSAPublicKey rsa -> rsa.getModulus().bitLength() >= SHORTEST_RSA;
            default -> false;
        };
        if (!strong) {
            throw wrong();
        }
        return key;
    }

    private static Optional<PublicKey> read(byte[] encoded, String algorithm) {
        try {
            return Optional.of(KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(encoded)));
        } catch (GeneralSecurityException _) {
            return Optional.empty();
        }
    }

    private static IllegalArgumentException wrong() {
        return new IllegalArgumentException(
                "the public key must be one PEM block `PUBLIC KEY` with an EC P-256 key, or an RSA key of 2048 bits or more");
    }
}
