package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TrustStoreTest {

    private static final Path DEBIANS = Path.of("/etc/ssl/certs/ca-certificates.crt");

    @TempDir
    private Path directory;

    /** As Java reads its own file: with no password. */
    @Test
    void javaTrustsEachAuthorityOfTheMachine() throws Exception {
        assumeTrue(Files.exists(DEBIANS), "skipped: `ca-certificates` is not installed");
        Path store = directory.resolve("cacerts");
        TrustStore.write(DEBIANS, store);
        KeyStore read = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            read.load(in, null);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(read);
        long certificates = Files.readString(DEBIANS)
                .lines()
                .filter("-----BEGIN CERTIFICATE-----"::equals)
                .count();
        assertThat(((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers())
                .hasSize((int) certificates);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(store)))
                .isEqualTo("rw-r--r--");
    }

    /** A store without authorities would trust nobody, and say so only in the middle of a call. */
    @Test
    void anEmptyFileReplacesNothing() throws IOException {
        Path store = Files.writeString(directory.resolve("cacerts"), "before");
        Path empty = Files.createFile(directory.resolve("empty.pem"));
        assertThatThrownBy(() -> TrustStore.write(empty, store))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("holds no certificate authority");
        assertThat(store).hasContent("before");
    }
}
