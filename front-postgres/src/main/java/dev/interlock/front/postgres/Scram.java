package dev.interlock.front.postgres;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * SCRAM-SHA-256 of RFC 5802 and 7677, as a client, for one log-in. The server must prove that it knows the password.
 */
final class Scram {

    static final String MECHANISM = "SCRAM-SHA-256";

    /** More than any server asks for; each takes time here. */
    private static final int MAX_ITERATIONS = 1_000_000;

    private static final String HEADER = "n,,";

    private final String password;
    private final String first;
    private final String nonce;
    private byte[] signature = {};

    Scram(String password, SecureRandom random) {
        byte[] bytes = new byte[18];
        random.nextBytes(bytes);
        this.password = password;
        this.nonce = Base64.getEncoder().encodeToString(bytes);
        this.first = "n=,r=" + nonce;
    }

    String first() {
        return HEADER + first;
    }

    /** Returns the answer to the server's first message. */
    String last(String server) throws ProtocolException {
        Map<Character, String> fields = fields(server);
        String whole = fields.getOrDefault('r', "");
        if (!whole.startsWith(nonce) || whole.length() == nonce.length()) {
            throw new ProtocolException("the server answers somebody else's log-in");
        }
        String bare =
                "c=" + Base64.getEncoder().encodeToString(HEADER.getBytes(StandardCharsets.US_ASCII)) + ",r=" + whole;
        String signed = first + "," + server + "," + bare;
        try {
            int iterations = Integer.parseInt(fields.getOrDefault('i', "0"));
            if (iterations < 1 || iterations > MAX_ITERATIONS) {
                throw new ProtocolException("the server asks for " + iterations + " iterations");
            }
            byte[] salted = salted(Base64.getDecoder().decode(fields.getOrDefault('s', "")), iterations);
            byte[] key = hmac(salted, "Client Key");
            byte[] stored = MessageDigest.getInstance("SHA-256").digest(key);
            byte[] proof = hmac(stored, signed);
            for (int i = 0; i < proof.length; i++) {
                proof[i] ^= key[i];
            }
            signature = hmac(hmac(salted, "Server Key"), signed);
            return bare + ",p=" + Base64.getEncoder().encodeToString(proof);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        } catch (IllegalArgumentException _) {
            throw new ProtocolException("the server's salt or number of iterations is none");
        }
    }

    /** Throws unless the server's last message proves that it knows the password. */
    void check(String server) throws ProtocolException {
        String proof = fields(server).getOrDefault('v', "");
        String expected = Base64.getEncoder().encodeToString(signature);
        if (signature.length == 0
                || !MessageDigest.isEqual(
                        proof.getBytes(StandardCharsets.US_ASCII), expected.getBytes(StandardCharsets.US_ASCII))) {
            throw new ProtocolException("the server does not know the password itself");
        }
    }

    private byte[] salted(byte[] salt, int iterations) throws GeneralSecurityException {
        PBEKeySpec spec = new PBEKeySpec(password.toCharArray(), salt, iterations, 256);
        return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                .generateSecret(spec)
                .getEncoded();
    }

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Map<Character, String> fields(String text) {
        Map<Character, String> fields = new HashMap<>();
        for (String field : text.split(",", -1)) {
            if (field.length() > 1 && field.charAt(1) == '=') {
                fields.putIfAbsent(field.charAt(0), field.substring(2));
            }
        }
        return fields;
    }
}
