package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.backup.source.BackupSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that plans for databases of one server know of each other. */
class BackupConfigOneServerTest {

    @TempDir
    private Path directory;

    private Set<String> saved(String plan) throws IOException {
        Path file = Files.writeString(directory.resolve("backups.yaml"), """
                key: backup.key
                plans:
                  shop: {of: "shop:v/1", source: {postgres: {database: shop, host: db}}, target: {directory: t}}
                  billing: {of: "shop:v/1", source: {postgres: {database: billing, host: db, user: other}}, target: {directory: t}}
                  hr: {of: "shop:v/2", source: {postgres: {database: hr, host: db}}, target: {directory: t}}
                  port: {of: "shop:v/1", source: {postgres: {database: port, host: db, port: 5433}}, target: {directory: t}}
                  host: {of: "shop:v/1", source: {postgres: {database: host, host: db2}}, target: {directory: t}}
                  own: {of: "shop:v/1", source: {postgres: {database: own}}, target: {directory: t}}
                  service: {of: "shop:v/1", source: {postgres: {database: service, service: a}}, target: {directory: t}}
                  services: {of: "shop:v/1", source: {postgres: {database: services, service: a, service-file: s}}, target: {directory: t}}
                  files: {of: "shop:v/1", source: {directory: /srv/files}, target: {directory: t}}
                """);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        return ((BackupSource.Postgres) BackupConfig.beside(directory.resolve("gateway.yaml"))
                        .plan(plan)
                        .source())
                .saved();
    }

    /** Destroying one resource requires no backup of the other. */
    @Test
    void planOfAnotherResourceSavesNothingOfIt() throws IOException {
        assertThat(saved("shop")).doesNotContain("hr");
        assertThat(saved("hr")).containsExactly("hr");
    }

    @Test
    void aServerIsWhatIsCalledByTheSameWords() throws IOException {
        assertThat(saved("shop")).containsExactlyInAnyOrder("shop", "billing");
        assertThat(saved("billing")).containsExactlyInAnyOrder("shop", "billing");
        for (String alone : Set.of("port", "host", "own", "service", "services")) {
            assertThat(saved(alone)).containsExactly(alone);
        }
    }
}
