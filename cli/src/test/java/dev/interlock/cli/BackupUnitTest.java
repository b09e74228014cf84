package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class BackupUnitTest {

    /** Only a unit that runs people's own programs may do more. */
    @Test
    void theUnitEqualsTheDocumentedOne() throws IOException {
        String docs = Files.readString(Path.of("../docs/backups.md"));
        SystemdUnits units = new SystemdUnits("/usr/local/bin/interlock", "/etc/interlock/gateway.yaml");
        String plain = units.backups(false);
        assertThat(docs).contains("```ini\n" + plain + "```");
        assertThat(units.backups(true)).isEqualTo(plain.replace("CAP_SETUID", "CAP_SETUID CAP_SYS_ADMIN"));
    }
}
