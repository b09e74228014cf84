package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the libraries that a scratch server preloads, which are configured with the database that needs them. */
class BackupConfigPreloadTest {

    @TempDir
    private Path directory;

    private BackupSource source(String postgres) throws IOException {
        Path file = Files.writeString(directory.resolve("backups.yaml"), """
                key: backup.key
                plans:
                  shop-db:
                    of: "shop:order/o-2"
                    source: {postgres: {database: shop%s}}
                    target: {directory: target}
                """.formatted(postgres));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        return BackupConfig.beside(directory.resolve("gateway.yaml"))
                .plan("shop-db")
                .source();
    }

    @Test
    void librariesAreNamed() throws IOException {
        assertThat(((BackupSource.Postgres) source("")).preload()).isEmpty();
        assertThat(((BackupSource.Postgres) source(", preload: [timescaledb, pg_stat_statements]")).preload())
                .containsExactly("timescaledb", "pg_stat_statements");
    }

    @Test
    void noSettingIsPutInTheirPlace() {
        assertThatThrownBy(() -> source(", preload: [\"a -c fsync=on\"]"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("backups.yaml")
                .hasMessageContaining("`preload` names libraries");
    }
}
