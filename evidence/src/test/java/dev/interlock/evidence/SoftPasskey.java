package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** A passkey and its browser in software, honest unless a test changes their data. */
final class SoftPasskey {

    static final String ORIGIN = "http://localhost:7412";
    static final String RP = "localhost";
    static final int PRESENT = 0x01;
    static final int VERIFIED = 0x04;

    /** The contents of an assertion, before it is signed. */
    record Shape(String type, String challenge, String origin, String more, String rp, int flags, long counter) {

        Shape withType(String other) {
            return new Shape(other, challenge, origin, more, rp, flags, counter);
        }

        Shape withOrigin(String other) {
            return new Shape(type, challenge, other, more, rp, flags, counter);
        }

        Shape withMore(String other) {
            return new Shape(type, challenge, origin, other, rp, flags, counter);
        }

        Shape withRp(String other) {
            return new Shape(type, challenge, origin, more, other, flags, counter);
        }

        Shape withFlags(int other) {
            return new Shape(type, challenge, origin, more, rp, other, counter);
        }

        byte[] clientData() {
            return ("{\"type\":\"" + type + "\",\"challenge\":\"" + challenge + "\",\"origin\":\"" + origin + "\""
                            + more + "}")
                    .getBytes(StandardCharsets.UTF_8);
        }

        byte[] authenticatorData() {
            return SshWire.concat(
                    Sha256.of(rp.getBytes(StandardCharsets.UTF_8)), new byte[] {(byte) flags}, SshWire.uint32(counter));
        }
    }

    private final PasskeyAlgorithm algorithm;
    private final KeyPair pair;
    private final KeyStatement statement;
    private long counter;

    SoftPasskey(PasskeyAlgorithm algorithm, String person) {
        this.algorithm = algorithm;
        this.pair = pair(algorithm);
        this.statement = new KeyStatement(
                person,
                Base64Text.writeUrl(random(16)),
                algorithm,
                Base64Text.write(pair.getPublic().getEncoded()),
                RP,
                ORIGIN,
                SealSamples.NOW,
                Base64Text.writeUrl(random(32)));
    }

    static SoftPasskey of(String person) {
        return new SoftPasskey(PasskeyAlgorithm.ES256, person);
    }

    private static KeyPair pair(PasskeyAlgorithm algorithm) {
        try {
            KeyPairGenerator generator =
                    KeyPairGenerator.getInstance(algorithm == PasskeyAlgorithm.ES256 ? "EC" : "Ed25519");
            if (algorithm == PasskeyAlgorithm.ES256) {
                generator.initialize(new ECGenParameterSpec("secp256r1"));
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] random(int count) {
        byte[] bytes = new byte[count];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }

    KeyStatement statement() {
        return statement;
    }

    Enrolment byCode() {
        return new Enrolment(statement, new Enrolment.EnrolmentBasis.Code());
    }

    Enrolment endorsedBy(SoftKey... keys) {
        return new Enrolment(
                statement,
                new Enrolment.EnrolmentBasis.Signatures(Arrays.stream(keys)
                        .<PersonSignature>map(key -> SshSignature.parse(vouch(key)))
                        .toList()));
    }

    Enrolment endorsedBy(SoftPasskey other, Enrolment itsEnrolment) {
        return new Enrolment(
                statement,
                new Enrolment.EnrolmentBasis.Signatures(List.of(other.sign(statement.canonical(), itsEnrolment))));
    }

    Enrolment recoveredBy(SoftKey... keys) {
        return new Enrolment(
                statement,
                new Enrolment.EnrolmentBasis.Recovery(Arrays.stream(keys)
                        .<PersonSignature>map(key -> SshSignature.parse(vouch(key)))
                        .toList()));
    }

    private String vouch(SoftKey key) {
        return key.sign(statement.canonical(), KeyStatement.NAMESPACE);
    }

    Assertion sign(byte[] message, Enrolment enrolment) {
        return sign(message, enrolment, shape -> shape);
    }

    /** Signs contents that no browser and authenticator would send; the signature is valid. */
    Assertion sign(byte[] message, Enrolment enrolment, UnaryOperator<Shape> twist) {
        Shape shape = twist.apply(new Shape(
                "webauthn.get",
                Base64Text.writeUrl(Sha256.of(message)),
                ORIGIN,
                ",\"crossOrigin\":false",
                RP,
                PRESENT | VERIFIED,
                ++counter));
        byte[] client = shape.clientData();
        byte[] data = shape.authenticatorData();
        return new Assertion(
                statement.credential(), data, client, raw(SshWire.concat(data, Sha256.of(client))), enrolment);
    }

    private byte[] raw(byte[] data) {
        try {
            Signature signer =
                    Signature.getInstance(algorithm == PasskeyAlgorithm.ES256 ? "SHA256withECDSA" : "Ed25519");
            signer.initSign(pair.getPrivate());
            signer.update(data);
            return signer.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
