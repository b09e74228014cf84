package dev.interlock.testing;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyStatement;
import dev.interlock.evidence.PasskeyAlgorithm;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.function.UnaryOperator;

/**
 * An authenticator and its browser in software. They answer calls of {@code navigator.credentials} in the form of
 * {@code toJSON()} (WebAuthn Level 3 §5.1). They are honest, unless a test changes their data before it is signed.
 */
public final class TestingPasskey {

    public static final int PRESENT = 0x01;
    public static final int VERIFIED = 0x04;
    private static final int ATTESTED = 0x40;

    /** The data of browser and authenticator, before the authenticator signs it. */
    public record Shape(String type, String challenge, String origin, String more, String rp, int flags, long counter) {

        public Shape withType(String other) {
            return new Shape(other, challenge, origin, more, rp, flags, counter);
        }

        public Shape withChallenge(String other) {
            return new Shape(type, other, origin, more, rp, flags, counter);
        }

        public Shape withOrigin(String other) {
            return new Shape(type, challenge, other, more, rp, flags, counter);
        }

        public Shape withMore(String other) {
            return new Shape(type, challenge, origin, other, rp, flags, counter);
        }

        public Shape withRp(String other) {
            return new Shape(type, challenge, origin, more, other, flags, counter);
        }

        public Shape withFlags(int other) {
            return new Shape(type, challenge, origin, more, rp, other, counter);
        }

        public Shape withCounter(long other) {
            return new Shape(type, challenge, origin, more, rp, flags, other);
        }

        byte[] clientData() {
            return bytes("{\"type\":\"" + type + "\",\"challenge\":\"" + challenge + "\",\"origin\":\"" + origin + "\""
                    + more + "}");
        }

        byte[] authenticatorData(byte[] attested) {
            return concat(hash(bytes(rp)), new byte[] {(byte) flags}, uint32(counter), attested);
        }
    }

    private final boolean es256;
    private final KeyPair pair;
    private final byte[] credential = new byte[20];
    private final boolean counts;
    private final String origin;
    private String handle = "";
    private long counter;

    private TestingPasskey(boolean es256, boolean counts, String origin) {
        this.es256 = es256;
        this.counts = counts;
        this.origin = origin;
        this.pair = pair(es256);
        new SecureRandom().nextBytes(credential);
    }

    /** Returns a usual passkey: P-256, and a counter. */
    public static TestingPasskey at(String origin) {
        return new TestingPasskey(true, true, origin);
    }

    /** Returns a passkey with Ed25519 and without a counter, like those that are synced between devices. */
    public static TestingPasskey ed25519At(String origin) {
        return new TestingPasskey(false, false, origin);
    }

    private static KeyPair pair(boolean es256) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(es256 ? "EC" : "Ed25519");
            if (es256) {
                generator.initialize(new ECGenParameterSpec("secp256r1"));
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    public String credential() {
        return url(credential);
    }

    /** Returns {@code RegistrationResponseJSON} for {@code PublicKeyCredentialCreationOptionsJSON}. */
    public Json.Members create(Json.Members options) {
        return create(options, shape -> shape);
    }

    public Json.Members create(Json.Members options, UnaryOperator<Shape> twist) {
        handle = options.object("user").text("id");
        Shape shape = twist.apply(new Shape(
                "webauthn.create",
                options.text("challenge"),
                origin,
                ",\"crossOrigin\":false",
                options.object("rp").text("id"),
                PRESENT | VERIFIED | ATTESTED,
                counts ? ++counter : 0));
        byte[] attested = concat(new byte[16], new byte[] {0, (byte) credential.length}, credential, cose());
        byte[] data = shape.authenticatorData(attested);
        byte[] object = concat(
                new byte[] {(byte) 0xa3, 0x63},
                bytes("fmt"),
                new byte[] {0x64},
                bytes("none"),
                new byte[] {0x67},
                bytes("attStmt"),
                new byte[] {(byte) 0xa0, 0x68},
                bytes("authData"),
                new byte[] {0x58, (byte) data.length},
                data);
        return credentialJson(Json.object()
                .with("attestationObject", url(object))
                .with("authenticatorData", url(data))
                .with("clientDataJSON", url(shape.clientData()))
                .with("publicKey", url(pair.getPublic().getEncoded()))
                .with("publicKeyAlgorithm", es256 ? -7 : -8)
                .withTexts("transports", java.util.List.of("internal")));
    }

    /** Returns {@code AuthenticationResponseJSON} for {@code PublicKeyCredentialRequestOptionsJSON}. */
    public Json.Members get(Json.Members options) {
        return get(options, shape -> shape);
    }

    public Json.Members get(Json.Members options, UnaryOperator<Shape> twist) {
        Shape shape = twist.apply(new Shape(
                "webauthn.get",
                options.text("challenge"),
                origin,
                ",\"crossOrigin\":false",
                options.text("rpId"),
                PRESENT | VERIFIED,
                counts ? ++counter : 0));
        byte[] client = shape.clientData();
        byte[] data = shape.authenticatorData(new byte[0]);
        return credentialJson(Json.object()
                .with("authenticatorData", url(data))
                .with("clientDataJSON", url(client))
                .with("signature", url(sign(concat(data, hash(client)))))
                .with("userHandle", handle));
    }

    /** Returns the statement that certifies it as {@code person}'s. */
    public KeyStatement statement(String person) {
        return new KeyStatement(
                person,
                credential(),
                es256 ? PasskeyAlgorithm.ES256 : PasskeyAlgorithm.EDDSA,
                Base64.getEncoder().encodeToString(pair.getPublic().getEncoded()),
                URI.create(origin).getHost(),
                origin,
                TestingWorld.START,
                url(new byte[32]));
    }

    /** Returns an assertion over {@code message} in our own form, with {@code enrolment}. */
    public String sign(byte[] message, Json.Members enrolment) {
        Json.Members response = get(Json.object()
                        .with("challenge", url(hash(message)))
                        .with("rpId", URI.create(origin).getHost()))
                .object("response");
        return Json.object()
                .with("type", "webauthn")
                .with("credential", credential())
                .with("authenticator_data", response.text("authenticatorData"))
                .with("client_data", response.text("clientDataJSON"))
                .with("signature", response.text("signature"))
                .with("enrolment", enrolment)
                .canonicalText();
    }

    private Json.Members credentialJson(Json.Members response) {
        return Json.object()
                .with("id", url(credential))
                .with("rawId", url(credential))
                .with("type", "public-key")
                .with("authenticatorAttachment", "platform")
                .with("clientExtensionResults", Json.object())
                .with("response", response);
    }

    /** Returns the key by RFC 9052 §7, in the canonical form of CTAP 2. */
    private byte[] cose() {
        if (!es256) {
            byte[] spki = pair.getPublic().getEncoded();
            return concat(
                    new byte[] {(byte) 0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32},
                    Arrays.copyOfRange(spki, spki.length - 32, spki.length));
        }
        ECPublicKey key = (ECPublicKey) pair.getPublic();
        return concat(
                new byte[] {(byte) 0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32},
                fixed(key.getW().getAffineX()),
                new byte[] {0x22, 0x58, 32},
                fixed(key.getW().getAffineY()));
    }

    private static byte[] fixed(BigInteger value) {
        byte[] bytes = value.toByteArray();
        byte[] fixed = new byte[32];
        int count = Math.min(32, bytes.length);
        System.arraycopy(bytes, bytes.length - count, fixed, 32 - count, count);
        return fixed;
    }

    private byte[] sign(byte[] data) {
        try {
            Signature signer = Signature.getInstance(es256 ? "SHA256withECDSA" : "Ed25519");
            signer.initSign(pair.getPrivate());
            signer.update(data);
            return signer.sign();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] hash(byte[] data) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(data);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] uint32(long value) {
        return ByteBuffer.allocate(4).putInt((int) value).array();
    }

    private static String url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
