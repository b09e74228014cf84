package dev.interlock.push;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.MalformedException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.KeyAgreement;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Encrypts a message for one browser: RFC 8291, with the content coding {@code aes128gcm} of RFC 8188. */
final class MessageEncryption {

    /** The length to which short messages are padded, so that a push service does not learn how long they are. */
    static final int PADDED = 1024;

    static final int SALT_BYTES = 16;
    /** The bytes of an uncompressed point of P-256. */
    static final int POINT_BYTES = 65;
    /** RFC 8291 §4: one record, of which a push service need not take more. */
    private static final int RECORD = 4096;

    private static final int COORDINATE_BYTES = 32;
    private static final int UNCOMPRESSED = 4;
    private static final int KEY_BYTES = 16;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final byte LAST_RECORD = 2;

    private MessageEncryption() {}

    static byte[] encrypt(byte[] content, Subscription subscription, SecureRandom random)
            throws GeneralSecurityException {
        byte[] salt = new byte[SALT_BYTES];
        random.nextBytes(salt);
        byte[] padded = Arrays.copyOf(content, content.length + 1);
        padded[content.length] = LAST_RECORD;
        return encrypt(
                Arrays.copyOf(padded, Math.max(padded.length, PADDED)),
                subscription.key(),
                subscription.authBytes(),
                newKeyPair(random),
                salt);
    }

    /** Returns the body with {@code record}, whose content ends with a delimiter and padding. */
    static byte[] encrypt(byte[] record, Bytes receiver, byte[] auth, KeyPair sender, byte[] salt)
            throws GeneralSecurityException {
        if (record.length + TAG_BITS / Byte.SIZE > RECORD) {
            throw new IllegalArgumentException("the message does not fit into one record");
        }
        byte[] senderPoint = point((ECPublicKey) sender.getPublic());
        byte[] info = concat(ascii("WebPush: info\0"), receiver.toArray(), senderPoint);
        byte[] input = derive(auth, agree(sender.getPrivate(), receiver), info, COORDINATE_BYTES);
        byte[] key = derive(salt, input, ascii("Content-Encoding: aes128gcm\0"), KEY_BYTES);
        byte[] nonce = derive(salt, input, ascii("Content-Encoding: nonce\0"), NONCE_BYTES);
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
        byte[] size = ByteBuffer.allocate(Integer.BYTES + 1)
                .putInt(RECORD)
                .put((byte) senderPoint.length)
                .array();
        return concat(salt, size, senderPoint, cipher.doFinal(record));
    }

    /** Requires a key with which a secret can be agreed: an uncompressed point on the curve. */
    static void requirePoint(Bytes point) {
        try {
            agree(newKeyPair(new SecureRandom()).getPrivate(), point);
        } catch (GeneralSecurityException e) {
            throw new MalformedException("the browser's key is not a point of P-256", e);
        }
    }

    static KeyPair newKeyPair(SecureRandom random) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"), random);
        return generator.generateKeyPair();
    }

    private static byte[] agree(PrivateKey ours, Bytes theirs) throws GeneralSecurityException {
        KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
        agreement.init(ours);
        agreement.doPhase(publicKey(theirs.toArray()), true); // the JDK refuses a point that is not on the curve
        return agreement.generateSecret();
    }

    private static byte[] derive(byte[] salt, byte[] input, byte[] info, int length) throws GeneralSecurityException {
        AlgorithmParameterSpec steps =
                HKDFParameterSpec.ofExtract().addSalt(salt).addIKM(input).thenExpand(info, length);
        return KDF.getInstance("HKDF-SHA256").deriveData(steps);
    }

    private static ECPublicKey publicKey(byte[] point) throws GeneralSecurityException {
        if (point.length != POINT_BYTES || point[0] != UNCOMPRESSED) {
            throw new GeneralSecurityException("it is not an uncompressed point");
        }
        AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
        curve.init(new ECGenParameterSpec("secp256r1"));
        ECPoint coordinates = new ECPoint(
                new BigInteger(1, point, 1, COORDINATE_BYTES),
                new BigInteger(1, point, 1 + COORDINATE_BYTES, COORDINATE_BYTES));
        return (ECPublicKey) KeyFactory.getInstance("EC")
                .generatePublic(new ECPublicKeySpec(coordinates, curve.getParameterSpec(ECParameterSpec.class)));
    }

    /** Returns the uncompressed point of {@code key} (SEC 1 §2.3.3). */
    static byte[] point(ECPublicKey key) {
        byte[] point = new byte[POINT_BYTES];
        point[0] = UNCOMPRESSED;
        put(key.getW().getAffineX(), point, 1);
        put(key.getW().getAffineY(), point, 1 + COORDINATE_BYTES);
        return point;
    }

    private static void put(BigInteger number, byte[] point, int at) {
        byte[] signed = number.toByteArray(); // shorter than a coordinate, or longer by a sign
        int length = Math.min(signed.length, COORDINATE_BYTES);
        System.arraycopy(signed, signed.length - length, point, at + COORDINATE_BYTES - length, length);
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
