package dev.interlock.push;

import dev.interlock.config.SecretFile;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The key by which push services and browsers know this gateway (RFC 8292). It is made when it is first needed, in a
 * private file. A browser accepts messages only from the key that it subscribed to.
 *
 * <p>Threading: guarded by itself.
 */
public final class VapidKey {

    /** The life of a token. RFC 8292 §2 allows a day. */
    static final Duration LIFE = Duration.ofHours(12);

    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final Path file;
    private final URI contact;
    private final SecureRandom random;
    // Guarded by this.
    private @Nullable KeyPair pair;

    /** Names the key in {@code file}, which need not exist; the console is the contact for push services. */
    public VapidKey(Path file, URI console, SecureRandom random) {
        this.file = file;
        this.random = random;
        // Push services take `https` and `mailto` alone (§2.1).
        this.contact = "https".equals(console.getScheme()) ? console : URI.create("mailto:interlock@localhost");
    }

    /** Returns the public key as browsers take it: an uncompressed point, in base64url. */
    public String publicKey() throws IOException {
        return BASE64.encodeToString(MessageEncryption.point((ECPublicKey) pair().getPublic()));
    }

    String authorization(URI endpoint, Instant now) throws IOException, GeneralSecurityException {
        String header = encoded(Json.object().with("alg", "ES256").with("typ", "JWT"));
        String claims = encoded(Json.object()
                .with("aud", "https://" + PushServices.service(endpoint))
                .with("exp", now.plus(LIFE).getEpochSecond())
                .with("sub", contact.toString()));
        String signed = header + "." + claims;
        Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
        signature.initSign(pair().getPrivate(), random);
        signature.update(signed.getBytes(StandardCharsets.US_ASCII));
        return "vapid t=" + signed + "." + BASE64.encodeToString(signature.sign()) + ", k=" + publicKey();
    }

    private static String encoded(Json.Members part) {
        return BASE64.encodeToString(part.canonical());
    }

    private synchronized KeyPair pair() throws IOException {
        KeyPair known = pair;
        if (known == null) {
            known = Files.exists(file) ? read() : make();
            pair = known;
        }
        return known;
    }

    private KeyPair make() throws IOException {
        try {
            KeyPair made = MessageEncryption.newKeyPair(random);
            PrivateFiles.write(
                    file,
                    Json.object()
                            .with(
                                    "private",
                                    BASE64.encodeToString(made.getPrivate().getEncoded()))
                            .with(
                                    "public",
                                    BASE64.encodeToString(made.getPublic().getEncoded()))
                            .canonical());
            return made;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has P-256", e);
        }
    }

    private KeyPair read() throws IOException {
        try {
            Json.Members stored =
                    SecretFile.read(file).use(text -> Json.readObject(text.getBytes(StandardCharsets.UTF_8)));
            KeyFactory keys = KeyFactory.getInstance("EC");
            Base64.Decoder decoder = Base64.getUrlDecoder();
            return new KeyPair(
                    keys.generatePublic(new X509EncodedKeySpec(decoder.decode(stored.text("public")))),
                    keys.generatePrivate(new PKCS8EncodedKeySpec(decoder.decode(stored.text("private")))));
        } catch (GeneralSecurityException | MalformedException _) {
            // no cause: it may quote the key
            throw new IOException("`" + file + "` holds no key; remove it, and people add their devices again");
        } catch (IllegalArgumentException e) {
            throw new IOException(String.valueOf(e.getMessage()), e);
        }
    }
}
