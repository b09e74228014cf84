package dev.interlock.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretFileTest {

    @TempDir
    private Path directory;

    private Path file(String text, String mode) throws IOException {
        Path file = Files.writeString(directory.resolve("secret"), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        return file;
    }

    @Test
    void itIsTheTextWithoutWhatIsAroundIt() throws IOException {
        assertThat(SecretFile.read(file("s3cret\n", "rw-------")).<String>use(text -> text))
                .isEqualTo("s3cret");
    }

    @Test
    void oneThatOthersCanReadIsNone() throws IOException {
        for (String mode : List.of("rw-r-----", "rw----r--", "rw-----w-")) {
            Path file = file("s3cret", mode);
            assertThatThrownBy(() -> SecretFile.read(file))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining("s3cret");
        }
    }

    @Test
    void oneThatOthersCouldExchangeIsNone() throws IOException {
        Path file = file("s3cret", "rw-------");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> SecretFile.read(file)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFileThatIsNoSecretsSizeIsRefused() throws IOException {
        Path file = file("x".repeat(4097), "rw-------");
        assertThatThrownBy(() -> SecretFile.read(file)).isInstanceOf(IllegalArgumentException.class);
    }
}
