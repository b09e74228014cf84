package dev.interlock.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.SignedJWT;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.testing.TestingClock;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VapidKeyTest {

    private static final URI ENDPOINT = URI.create("https://fcm.googleapis.com/fcm/send/secret");

    @TempDir
    private Path directory;

    private final Instant now = new TestingClock().instant();

    private VapidKey key(String console) {
        return new VapidKey(directory.resolve("push.key"), URI.create(console), new SecureRandom());
    }

    /** The library that reads the tokens of sign-in providers reads this one. */
    @Test
    void aTokenIsSignedForOneServiceAndForHalfADay() throws Exception {
        VapidKey key = key("https://interlock.example.com:7412");
        String[] parts = key.authorization(ENDPOINT, now).split("vapid t=|, k=");
        byte[] point = Base64.getUrlDecoder().decode(parts[2]);
        ECKey known = new ECKey.Builder(
                        Curve.P_256,
                        Base64URL.encode(Arrays.copyOfRange(point, 1, 33)),
                        Base64URL.encode(Arrays.copyOfRange(point, 33, 65)))
                .build();
        SignedJWT token = SignedJWT.parse(parts[1]);
        assertThat(token.verify(new ECDSAVerifier(known))).isTrue();
        assertThat(token.getJWTClaimsSet().getAudience()).containsExactly("https://fcm.googleapis.com");
        assertThat(token.getJWTClaimsSet().getSubject()).isEqualTo("https://interlock.example.com:7412");
        assertThat(token.getJWTClaimsSet().getExpirationTime().toInstant())
                .isEqualTo(now.plus(VapidKey.LIFE).truncatedTo(java.time.temporal.ChronoUnit.SECONDS));
        assertThat(parts[2]).isEqualTo(key.publicKey());
        assertThat(token.getJWTClaimsSet().toString()).doesNotContain("secret");
    }

    @Test
    void theKeyIsMadeOnceForTheGatewayAlone() throws Exception {
        assertThat(directory.resolve("push.key")).doesNotExist();
        String made = key("http://localhost:7412").publicKey();
        assertThat(Files.getPosixFilePermissions(directory.resolve("push.key"))).isEqualTo(PrivateFiles.FILE);
        assertThat(key("http://localhost:7412").publicKey()).isEqualTo(made);
    }

    @Test
    void aKeyThatOthersCouldReadOrThatIsNoneIsNotUsed() throws Exception {
        key("http://localhost:7412").publicKey();
        Path file = directory.resolve("push.key");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> key("http://localhost:7412").publicKey())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("open to others");
        Files.setPosixFilePermissions(file, PrivateFiles.FILE);
        Files.writeString(file, "{\"private\":\"c2VjcmV0\",\"public\":\"c2VjcmV0\"}");
        assertThatThrownBy(() -> key("http://localhost:7412").publicKey())
                .isInstanceOf(IOException.class)
                .hasNoCause()
                .hasMessageContaining("remove it")
                .message()
                .doesNotContain("c2VjcmV0");
    }

    @Test
    void aConsoleWithoutTlsIsNoContact() throws Exception {
        String token = key("http://localhost:7412").authorization(ENDPOINT, now).split("vapid t=|, k=")[1];
        assertThat(SignedJWT.parse(token).getJWTClaimsSet().getSubject()).startsWith("mailto:");
    }
}
