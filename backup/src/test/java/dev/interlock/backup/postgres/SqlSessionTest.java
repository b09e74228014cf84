package dev.interlock.backup.postgres;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChildProcesses;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
@Tag("process")
class SqlSessionTest {

    /** A user with functions in a database can return anything: one endless value, or many. */
    @Test
    void anAnswerWithoutAnEndIsNone() throws IOException {
        Path programs = TestingPostgres.installed();
        for (String answers : List.of("tr '\\0' x", "cat")) {
            try (ChildProcesses children = new ChildProcesses()) {
                List<String> psql = List.of("/bin/sh", "-c", answers + " < /dev/zero", "psql");
                assertThatThrownBy(() -> SqlSession.open(children, programs, psql, Map.of("PATH", "/usr/bin:/bin")))
                        .isInstanceOf(BackupException.class)
                        .hasMessageContaining("more than was requested");
            }
        }
    }
}
