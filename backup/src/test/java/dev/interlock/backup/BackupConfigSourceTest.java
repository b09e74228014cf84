package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the sources in {@code backups.yaml}. */
class BackupConfigSourceTest {

    @TempDir
    private Path directory;

    private BackupSource read(String source) throws IOException {
        return read(source, "{directory: target}");
    }

    private BackupSource read(String source, String target) throws IOException {
        Path file = Files.writeString(directory.resolve("backups.yaml"), """
                key: backup.key
                plans:
                  files:
                    of: "shop:order/o-2"
                    source: %s
                    target: %s
                """.formatted(source, target));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        return BackupConfig.beside(directory.resolve("gateway.yaml"))
                .plan("files")
                .source();
    }

    @Test
    void aDirectorySaysWhereItsDiskIsMounted() throws IOException {
        assertThat(read("{directory: /srv/files}"))
                .isEqualTo(new BackupSource.Directory(Path.of("/srv/files"), Optional.empty()));
        assertThat(read("{directory: /srv/files, mounted-at: /srv}"))
                .isEqualTo(new BackupSource.Directory(Path.of("/srv/files"), Optional.of(Path.of("/srv"))));
    }

    @Test
    void itLiesThereAndNothingElseHasOne() {
        for (String wrong :
                new String[] {"{directory: /srv/files, mounted-at: /mnt}", "{sqlite: /srv/db, mounted-at: /srv}"}) {
            assertThatThrownBy(() -> read(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("`mounted-at`");
        }
    }

    /** Each dump holds in memory what storage has not accepted yet. */
    @Test
    void asManyDumpAtOnceAsHaveRoomInMemory() throws IOException {
        String s3 = "{s3: {endpoint: \"https://s3.example.com\", region: r, bucket: backups, credentials-file: s3}}";
        for (int jobs : new int[] {8, 9}) {
            String format = "\n    format: directory\n    jobs: " + jobs;
            String source = "{postgres: {database: shop}}" + format;
            assertThat(((BackupSource.Postgres) read(source, "{directory: target}")).jobs())
                    .isEqualTo(jobs);
            assertThat(((BackupSource.Postgres) read(source, s3)).jobs())
                    .as("to S3")
                    .isEqualTo(8);
        }
    }
}
