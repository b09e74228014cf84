package dev.interlock.front.tls;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Reads a private key in PEM form (RFC 7468 §10): PKCS #8, not encrypted. */
final class PrivateKeyFile {

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----(.*?)-----END \\1-----", Pattern.DOTALL);

    private static final String CONVERT = "convert it: openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW";
    private static final byte[] PROBE = "interlock".getBytes(StandardCharsets.US_ASCII);

    private PrivateKeyFile() {}

    /** Returns the key in {@code pem}, which must be that of {@code certificate}. */
    static PrivateKey read(byte[] pem, X509Certificate certificate) throws InvalidIdentityException {
        byte[] encoded = encoded(new String(pem, StandardCharsets.ISO_8859_1));
        try {
            String algorithm = certificate.getPublicKey().getAlgorithm();
            PrivateKey key = KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
            if (isPair(key, certificate.getPublicKey())) {
                return key;
            }
        } catch (GeneralSecurityException _) {
            // these are no pair either
        } finally {
            Arrays.fill(encoded, (byte) 0);
        }
        throw InvalidIdentityException.ofKey(
                "the key does not belong to the first certificate in the chain",
                "name the key and the chain that were made together");
    }

    private static byte[] encoded(String text) throws InvalidIdentityException {
        List<MatchResult> blocks = BLOCK.matcher(text).results().toList();
        if (blocks.size() != 1) {
            throw InvalidIdentityException.ofKey(
                    "it contains no private key in PEM form, or several", "leave exactly one in it");
        }
        String kind = blocks.getFirst().group(1);
        String content = blocks.getFirst().group(2);
        if (kind.startsWith("ENCRYPTED") || content.contains("ENCRYPTED")) {
            throw InvalidIdentityException.ofKey(
                    "the key is encrypted, and the gateway has no passphrase for it", CONVERT);
        }
        if (!kind.equals("PRIVATE KEY")) {
            throw InvalidIdentityException.ofKey("the key is a `" + kind + "`, not PKCS #8", CONVERT);
        }
        try {
            return Base64.getDecoder().decode(content.replaceAll("\\s", ""));
        } catch (IllegalArgumentException _) { // no cause: its message may quote the key
            throw InvalidIdentityException.ofKey("the key is not base64", "create it again");
        }
    }

    private static boolean isPair(PrivateKey key, PublicKey certified) throws GeneralSecurityException {
        String algorithm = switch (certified.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> certified.getAlgorithm();
        };
        Signature signing = Signature.getInstance(algorithm);
        signing.initSign(key);
        signing.update(PROBE);
        Signature verifying = Signature.getInstance(algorithm);
        verifying.initVerify(certified);
        verifying.update(PROBE);
        return verifying.verify(signing.sign());
    }
}
