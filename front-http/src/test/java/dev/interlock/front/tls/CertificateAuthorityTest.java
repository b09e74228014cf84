package dev.interlock.front.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests with OpenSSL which hosts the gateway's certificates are valid for. */
final class CertificateAuthorityTest {

    private static final Instant NOW = Instant.now();

    private final SecureRandom random = new SecureRandom();

    @TempDir
    private Path directory;

    private String verify(CertificateAuthority trusted, CertificateAuthority by, String host) throws Exception {
        return verify(trusted, by.issueFor(host, NOW), host);
    }

    private String verify(CertificateAuthority trusted, ServerIdentity shown, String host) throws Exception {
        Path root = Files.writeString(directory.resolve("root.pem"), trusted.pem());
        Path leaf = Files.writeString(
                directory.resolve("leaf.pem"),
                "-----BEGIN CERTIFICATE-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'})
                                .encodeToString(shown.certificate().getEncoded())
                        + "\n-----END CERTIFICATE-----\n");
        Process process = new ProcessBuilder(List.of(
                        "openssl",
                        "verify",
                        "-x509_strict",
                        "-purpose",
                        "sslserver",
                        "-verify_hostname",
                        host,
                        "-CAfile",
                        root.toString(),
                        leaf.toString()))
                .redirectErrorStream(true)
                .start();
        try (InputStream out = process.getInputStream()) {
            return new String(out.readAllBytes(), StandardCharsets.UTF_8);
        } finally {
            process.waitFor();
        }
    }

    @Test
    @Tag("process")
    void aShortLivedAuthorityCertifiesAnyHost() throws Exception {
        CertificateAuthority passing = CertificateAuthority.shortLived(NOW, random);
        String longest = ("a".repeat(62) + ".").repeat(4) + "b";
        for (String host : List.of("api.example.com", "xn--bcher-kva.example", longest)) {
            assertThat(verify(passing, passing, host)).endsWith(": OK\n");
        }
        assertThat(verify(passing, CertificateAuthority.shortLived(NOW, random), "api.example.com"))
                .as("another place's")
                .contains("verification failed");
    }

    @Test
    @Tag("process")
    void aLongLivedAuthorityCertifiesOnlySealedHosts() throws Exception {
        CertificateAuthority kept =
                CertificateAuthority.longLived(Set.of("api.example.com", "git.example"), NOW, random);
        assertThat(verify(kept, kept, "api.example.com")).endsWith(": OK\n");
        assertThat(verify(kept, kept, "git.example")).endsWith(": OK\n");
        for (String host : List.of("www.example.com", "evil.example.net", "example.com", "localhost")) {
            assertThat(verify(kept, kept, host)).as(host).contains("permitted subtree violation");
        }
        assertThatThrownBy(() -> CertificateAuthority.longLived(Set.of(), NOW, random))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @Tag("process")
    void aReissuedAuthorityIsTrustedForCommonHosts() throws Exception {
        CertificateAuthority first = CertificateAuthority.longLived(Set.of("api.example.com"), NOW, random);
        byte[] key = first.key().use(text -> text.getBytes(StandardCharsets.US_ASCII));
        CertificateAuthority second = CertificateAuthority.again(
                first.pem().getBytes(StandardCharsets.US_ASCII),
                key,
                Set.of("api.example.com", "git.example"),
                NOW,
                random);
        assertThat(verify(first, second, "api.example.com")).endsWith(": OK\n");
        assertThat(verify(first, second, "git.example")).contains("permitted subtree violation");
        assertThat(verify(second, second, "git.example")).endsWith(": OK\n");
        CertificateAuthority other = CertificateAuthority.longLived(Set.of("api.example.com"), NOW, random);
        assertThatThrownBy(() -> CertificateAuthority.again(
                        other.pem().getBytes(StandardCharsets.US_ASCII), key, Set.of("git.example"), NOW, random))
                .isInstanceOf(InvalidIdentityException.class);
    }

    @Test
    void aLeafNamesAHostAndIsNoAuthority() throws Exception {
        ServerIdentity leaf = CertificateAuthority.shortLived(NOW, random).issueFor("api.example.com", NOW);
        assertThat(leaf.certificate().getBasicConstraints()).as("no authority").isNegative();
        assertThat(CertificateChain.names(leaf.certificate())).containsExactly("api.example.com");
    }

    /** A start from the learned cache verifies it, and the jars of Bouncy Castle are signed: they cost 0.3 s. */
    @Test
    void verifyingItLoadsNothingOfBouncyCastle() throws IOException {
        List<String> loaded = new ArrayList<>();
        Class<?> own = new ClassLoader(getClass().getClassLoader()) {
            Class<?> define(Class<?> like) throws IOException {
                String file = like.getName().substring(like.getPackageName().length() + 1) + ".class";
                try (InputStream in = like.getResourceAsStream(file)) {
                    byte[] bytes = in.readAllBytes();
                    return defineClass(like.getName(), bytes, 0, bytes.length);
                }
            }

            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                if (name.startsWith("org.bouncycastle.")) {
                    loaded.add(name);
                }
                return super.loadClass(name, resolve);
            }
        }.define(CertificateAuthority.class);

        assertThat(own.getFields()).isNotEmpty(); // links the class, which verifies it first

        assertThat(loaded).isEmpty();
    }
}
