package dev.interlock.backup.kept;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.run.BackupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncryptionTest {

    @TempDir
    private Path directory;

    /** Everything encrypted with it would be lost with it. */
    @Test
    void aKeyIsNotReplaced() throws IOException {
        Path file = directory.resolve("backup.key");
        Encryption.newKey(file);
        byte[] first = Files.readAllBytes(file);
        assertThatThrownBy(() -> Encryption.newKey(file))
                .isInstanceOf(BackupException.class)
                .hasMessage("there is already a key at `" + file + "`; it is not replaced");
        assertThat(file).hasBinaryContent(first);
    }
}
