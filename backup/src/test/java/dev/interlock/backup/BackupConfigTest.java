package dev.interlock.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.tool.ExecTool;
import dev.interlock.backup.tool.ResticTool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what {@code backups.yaml} may say. */
class BackupConfigTest {

    private static final String DIRECTORY = "source: {directory: /srv/files}";
    private static final String RESTIC = "restic: {repository: \"sftp:b@h:/r\", password-file: restic.password}";

    @TempDir
    private Path directory;

    private BackupPlanConfig read(String source, String tool) throws IOException {
        Path file = Files.writeString(directory.resolve("backups.yaml"), """
                attest-key: attest
                plans:
                  files:
                    of: "shop:order/o-2"
                    %s
                    %s
                """.formatted(source, tool));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        return BackupConfig.beside(directory.resolve("gateway.yaml")).plan("files");
    }

    @Test
    void aPlanHasASourceAndATool() throws IOException {
        BackupPlanConfig plan = read(DIRECTORY, RESTIC);
        assertThat(plan.source()).isEqualTo(new BackupSource.Directory(Path.of("/srv/files")));
        assertThat(plan.tool())
                .isEqualTo(ResticTool.of(
                        Path.of("/usr/bin/restic"), "sftp:b@h:/r", directory.resolve("restic.password"), Map.of()));
        assertThat(read(DIRECTORY, "exec: {list: [/bin/l], restore: [/bin/r], environment: {A_FILE: /a}}")
                        .tool())
                .isEqualTo(
                        new ExecTool(List.of(), List.of("/bin/l"), "lines", List.of("/bin/r"), Map.of("A_FILE", "/a")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "restic: {repository: /r, password-file: p}\n    exec: {list: [/l], restore: [/r]}",
                "exec: {list: [l], restore: [/r]}",
                "exec: {list: [/l], restore: []}",
                "exec: {list: [/l], restore: [/r], format: xml}",
                "exec: {list: [/l], restore: [/r], environment: {LD_PRELOAD: /x}}",
                "restic: {repository: /r, password-file: p, program: restic}",
                "recovery: {before: [a]}"
            })
    void aToolThatCannotBeRunIsRefused(String tool) {
        assertThatThrownBy(() -> read(DIRECTORY, tool)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"source: {}", "source: {directory: /a, sqlite: /b}", "source: {directory: /}"})
    void aSourceIsOneThing(String source) {
        assertThatThrownBy(() -> read(source, RESTIC)).isInstanceOf(IllegalArgumentException.class);
    }

    /** The name becomes part of a server's settings. */
    @ParameterizedTest
    @ValueSource(strings = {"", "a,b", "/usr/lib/x", "$libdir/x", "A", "a b", "a=b", "a\n", "ä"})
    void whatIsPreloadedIsAPlainName(String name) {
        BackupSource.Database database = new BackupSource.Database(
                "shop",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        assertThatThrownBy(() -> new BackupSource.Postgres(database, List.of("good", name)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("`preload` names libraries such as `timescaledb`");
    }
}
