package dev.interlock.listeners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.config.Config;
import dev.interlock.front.tls.ServerIdentity;
import dev.interlock.testing.TestingCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FrontCertificateTest {

    @TempDir
    private Path directory;

    private Config.Tls files = new Config.Tls(Path.of("front.pem"), Path.of("front.key"));
    private TestingCertificate first;
    private TestingCertificate second;

    @BeforeEach
    void make() throws Exception {
        files = new Config.Tls(directory.resolve("front.pem"), directory.resolve("front.key"));
        first = TestingCertificate.forName("first.example");
        second = TestingCertificate.forName("second.example");
        write(first.pem(), first.key());
    }

    private void write(String certificate, String key) throws IOException {
        Files.writeString(files.certificate(), certificate);
        Files.writeString(files.key(), key);
        mode(files.certificate(), "rw-r--r--");
        mode(files.key(), "rw-------");
    }

    private static void mode(Path file, String mode) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    private FrontCertificate open() throws IOException {
        return FrontCertificate.open(files, InstantSource.system());
    }

    @Test
    void aKeyThatOthersCanReadIsRefusedByName() throws Exception {
        for (String mode : new String[] {"rw-r-----", "rw----r--", "rw---x---"}) {
            mode(files.key(), mode);
            assertThatThrownBy(this::open)
                    .hasMessageContaining("`" + files.key() + "` can be read by others")
                    .hasMessageContaining("chmod 600");
        }
    }

    @Test
    void filesThatOthersCouldWriteAreRefused() throws Exception {
        mode(files.certificate(), "rw-rw-r--");
        assertThatThrownBy(this::open).hasMessageContaining("can be written by others");
        mode(files.certificate(), "rw-r--r--");
        mode(directory, "rwxrwxrwx");
        assertThatThrownBy(this::open).hasMessageContaining("could replace the file");
    }

    @Test
    void aProblemNamesItsFile() throws Exception {
        write(first.pem(), second.key());
        assertThatThrownBy(this::open)
                .hasMessageStartingWith(
                        "`tls.key` (" + files.key() + "): the key does not belong to the first certificate");
        write("nothing", first.key());
        assertThatThrownBy(this::open).hasMessageStartingWith("`tls.certificate` (" + files.certificate() + "): ");
        write("x".repeat(65 * 1024), first.key());
        assertThatThrownBy(this::open).hasMessageContaining("is longer than");
        Files.delete(files.key());
        write(first.pem(), first.key());
        Files.delete(files.certificate());
        assertThatThrownBy(this::open).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void aRenewedPairIsLoadedAndHalfOfOneIsNot() throws Exception {
        FrontCertificate certificate = open();
        ServerIdentity before = certificate.current();
        certificate.renew();
        assertThat(certificate.current()).isSameAs(before);

        write(second.pem(), first.key()); // in the middle of being renewed
        certificate.renew();
        assertThat(certificate.current()).isSameAs(before);

        write(second.pem(), second.key());
        certificate.renew();
        assertThat(certificate.current().names()).containsExactly("second.example");

        Files.delete(files.certificate());
        certificate.renew();
        assertThat(certificate.current().names()).containsExactly("second.example");
    }

    @Test
    void aKeyThatWasOpenedToOthersIsNotTakenWithARenewedCertificate() throws Exception {
        FrontCertificate certificate = open();
        write(second.pem(), second.key());
        mode(files.key(), "rw-r--r--");
        certificate.renew();
        assertThat(certificate.current().names()).containsExactly("first.example");
    }
}
