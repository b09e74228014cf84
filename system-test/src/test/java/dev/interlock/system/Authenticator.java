package dev.interlock.system;

import dev.interlock.evidence.Json;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;

/** A passkey and its browser in software, with the answers of {@code navigator.credentials} to a page. */
final class Authenticator {

    private static final int PRESENT_AND_VERIFIED = 0x05;
    private static final int ATTESTED = 0x40;

    private final String origin;
    private final KeyPair pair;
    private final byte[] credential = "a passkey of a test".getBytes(StandardCharsets.US_ASCII);
    private int counter;

    Authenticator(String origin) throws GeneralSecurityException {
        this.origin = origin;
        this.pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    }

    /** A {@code RegistrationResponseJSON} for what {@code passkey.register} asks. */
    Json.Members create(Json.Members options) throws GeneralSecurityException {
        byte[] spki = pair.getPublic().getEncoded();
        byte[] cose = concat(
                new byte[] {(byte) 0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32},
                Arrays.copyOfRange(spki, spki.length - 32, spki.length));
        byte[] data = concat(
                data(options.object("rp").text("id"), ATTESTED),
                new byte[16],
                new byte[] {0, (byte) credential.length},
                credential,
                cose);
        byte[] object = concat(
                new byte[] {(byte) 0xa3, 0x63},
                ascii("fmt"),
                new byte[] {0x64},
                ascii("none"),
                new byte[] {0x67},
                ascii("attStmt"),
                new byte[] {(byte) 0xa0, 0x68},
                ascii("authData"),
                new byte[] {0x58, (byte) data.length},
                data);
        return response(Json.object()
                .with("attestationObject", url(object))
                .with("clientDataJSON", url(client("webauthn.create", options)))
                .withTexts("transports", java.util.List.of("internal")));
    }

    /** An {@code AuthenticationResponseJSON} for what {@code sign.options} asks. */
    Json.Members get(Json.Members options) throws GeneralSecurityException {
        byte[] data = data(options.text("rpId"), 0);
        byte[] client = client("webauthn.get", options);
        Signature signer = Signature.getInstance("Ed25519");
        signer.initSign(pair.getPrivate());
        signer.update(concat(data, sha256(client)));
        return response(Json.object()
                .with("authenticatorData", url(data))
                .with("clientDataJSON", url(client))
                .with("signature", url(signer.sign())));
    }

    private Json.Members response(Json.Members response) {
        return Json.object()
                .with("id", url(credential))
                .with("rawId", url(credential))
                .with("type", "public-key")
                .with("clientExtensionResults", Json.object())
                .with("response", response);
    }

    private byte[] data(String rp, int flags) throws GeneralSecurityException {
        return concat(
                sha256(ascii(rp)),
                new byte[] {(byte) (PRESENT_AND_VERIFIED | flags)},
                ByteBuffer.allocate(4).putInt(++counter).array());
    }

    private byte[] client(String type, Json.Members options) {
        return ascii("{\"type\":\"" + type + "\",\"challenge\":\"" + options.text("challenge") + "\",\"origin\":\""
                + origin + "\",\"crossOrigin\":false}");
    }

    private static byte[] sha256(byte[] bytes) throws GeneralSecurityException {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
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
