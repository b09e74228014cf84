package dev.interlock.testing;

import dev.interlock.evidence.Json;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** A browser that receives push messages: the other side of RFC 8291 and RFC 8292, with an HKDF of its own. */
public final class PushReceiver {

    private static final int SALT = 16;
    private static final int POINT = 65;
    private static final int COORDINATE = 32;

    private final KeyPair keys;
    private final byte[] auth;

    public PushReceiver() throws GeneralSecurityException {
        this(newKeys(), random(16));
    }

    /** A receiver with given keys. */
    public PushReceiver(KeyPair keys, byte[] auth) {
        this.keys = keys;
        this.auth = auth.clone();
    }

    private static KeyPair newKeys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }

    /** Returns its subscription at {@code endpoint}, as the page sends it. */
    public Json.Members subscription(String endpoint) {
        return Json.object()
                .with("endpoint", endpoint)
                .with("keys", Json.object().with("auth", encoded(auth)).with("p256dh", encoded(point())));
    }

    /** Returns its public key, uncompressed. */
    public byte[] point() {
        ECPoint point = ((ECPublicKey) keys.getPublic()).getW();
        return concat(new byte[] {4}, coordinate(point.getAffineX()), coordinate(point.getAffineY()));
    }

    private static byte[] coordinate(BigInteger number) {
        byte[] bytes = number.toByteArray();
        byte[] all = new byte[COORDINATE];
        for (int i = 1; i <= Math.min(bytes.length, COORDINATE); i++) {
            all[COORDINATE - i] = bytes[bytes.length - i];
        }
        return all;
    }

    private static String encoded(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** Returns the content of {@code body}, without its padding. */
    public byte[] open(byte[] body) throws GeneralSecurityException {
        ByteBuffer in = ByteBuffer.wrap(body);
        byte[] salt = take(in, SALT);
        int record = in.getInt();
        byte[] sender = take(in, in.get());
        byte[] sealed = take(in, in.remaining());
        if (sealed.length > record) {
            throw new GeneralSecurityException("there are several records");
        }
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
        agreement.init(keys.getPrivate());
        agreement.doPhase(publicKey(sender), true);
        byte[] combined = mac(auth, agreement.generateSecret());
        byte[] input = expand(combined, concat(ascii("WebPush: info\0"), point(), sender), 32);
        byte[] extracted = mac(salt, input);
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(
                Cipher.DECRYPT_MODE,
                new SecretKeySpec(expand(extracted, ascii("Content-Encoding: aes128gcm\0"), 16), "AES"),
                new GCMParameterSpec(128, expand(extracted, ascii("Content-Encoding: nonce\0"), 12)));
        byte[] padded = cipher.doFinal(sealed);
        int end = padded.length - 1;
        while (padded[end] == 0) {
            end--;
        }
        if (padded[end] != 2) {
            throw new GeneralSecurityException("the last record has no delimiter");
        }
        return Arrays.copyOf(padded, end);
    }

    /** Returns the claims of {@code authorization}, whose signature is by the key {@code expected}. */
    public static Json.Members claims(String authorization, String expected) throws GeneralSecurityException {
        String prefix = "vapid t=";
        int comma = authorization.indexOf(", k=");
        String key = authorization.substring(comma + ", k=".length());
        if (!authorization.startsWith(prefix) || !key.equals(expected)) {
            throw new GeneralSecurityException("it is not by the key that the browser subscribed to");
        }
        String token = authorization.substring(prefix.length(), comma);
        int dot = token.lastIndexOf('.');
        Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
        signature.initVerify(publicKey(Base64.getUrlDecoder().decode(key)));
        signature.update(ascii(token.substring(0, dot)));
        if (!signature.verify(Base64.getUrlDecoder().decode(token.substring(dot + 1)))) {
            throw new GeneralSecurityException("the signature is wrong");
        }
        String[] parts = token.split("\\.", -1);
        Json.Members header = Json.readObject(Base64.getUrlDecoder().decode(parts[0]));
        if (!header.text("alg").equals("ES256") || parts.length != 3) {
            throw new GeneralSecurityException("it is no token of RFC 8292");
        }
        return Json.readObject(Base64.getUrlDecoder().decode(parts[1]));
    }

    private static PublicKey publicKey(byte[] point) throws GeneralSecurityException {
        if (point.length != POINT) {
            throw new GeneralSecurityException("it is no point");
        }
        AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
        curve.init(new ECGenParameterSpec("secp256r1"));
        ECPoint coordinates = new ECPoint(
                new BigInteger(1, point, 1, COORDINATE), new BigInteger(1, point, 1 + COORDINATE, COORDINATE));
        return KeyFactory.getInstance("EC")
                .generatePublic(new ECPublicKeySpec(coordinates, curve.getParameterSpec(ECParameterSpec.class)));
    }

    /** RFC 5869 §2.3, for at most one block. */
    private static byte[] expand(byte[] key, byte[] info, int length) throws GeneralSecurityException {
        return Arrays.copyOf(mac(key, concat(info, new byte[] {1})), length);
    }

    private static byte[] mac(byte[] key, byte[] data) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(data);
    }

    private static byte[] take(ByteBuffer in, int length) {
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] concat(byte[]... parts) {
        ByteBuffer all = ByteBuffer.allocate(
                Arrays.stream(parts).mapToInt(part -> part.length).sum());
        for (byte[] part : parts) {
            all.put(part);
        }
        return all.array();
    }
}
