package dev.interlock.backup.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Resource;
import dev.interlock.backup.postgres.TestingPostgres;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.Children;
import dev.interlock.backup.run.UserProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a real pgBackRest says of real backups of a real server. */
@Timeout(180)
class PgBackRestTest {

    private static final Path PROGRAM = Path.of("/usr/bin/pgbackrest");

    @TempDir
    private Path directory;

    private TestingPostgres postgres;
    private Path repository;
    private final Children children = new Children();

    @BeforeEach
    void start() throws Exception {
        assumeTrue(Files.isExecutable(PROGRAM), "no pgBackRest is installed: apt-get install pgbackrest");
        postgres = new TestingPostgres(directory);
        repository = Files.createDirectory(directory.resolve("repository"));
    }

    @AfterEach
    void stop() {
        children.close();
        if (postgres != null) {
            postgres.close();
        }
    }

    /** Nothing of this machine's own configuration. */
    private List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(PROGRAM.toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of(
                "--stanza=shop",
                "--repo1-path=" + repository,
                "--lock-path=" + directory.resolve("locks"),
                "--log-level-file=off",
                "--config=/dev/null"));
        return command;
    }

    private void pgbackrest(String... arguments) throws IOException {
        List<String> command = command(arguments);
        command.add("--pg1-path=" + postgres.data());
        command.add("--pg1-socket-path=" + postgres.sockets());
        command.add("--pg1-user=postgres");
        var _ = children.output(command, postgres.environment());
    }

    private List<ToolListing.Listed> listed() throws IOException {
        return new ToolListing(
                        "pgbackrest",
                        Resource.parse("railway:volume/v1"),
                        ToolListing.Format.PGBACKREST,
                        new UserProgram(command("info", "--output=json"), Map.of()))
                .read();
    }

    @Test
    void whatItHasIsListed() throws IOException {
        assertThat(listed()).as("it knows of no stanza yet").isEmpty();
        pgbackrest("stanza-create");
        assertThat(listed()).isEmpty();
        Instant before = Instant.now().minusSeconds(1); // it notes whole ones
        pgbackrest("backup", "--type=full", "--no-archive-check", "--start-fast", "--compress-level=1");
        pgbackrest("backup", "--type=incr", "--no-archive-check", "--start-fast", "--compress-level=1");
        List<ToolListing.Listed> listed = listed();
        assertThat(listed).hasSize(2).noneMatch(ToolListing.Listed::hasErrors);
        assertThat(listed.getFirst().backup()).matches("[0-9]{8}-[0-9]{6}F");
        assertThat(listed.getLast().backup())
                .startsWith(listed.getFirst().backup() + "_")
                .endsWith("I");
        assertThat(listed)
                .extracting(ToolListing.Listed::takenAt)
                .isSorted()
                .allMatch(at -> at.isAfter(before) && at.isBefore(Instant.now()));
    }

    /** A repository that cannot be read is none that is empty. */
    @Test
    void aRepositoryThatCannotBeReadIsNotKnown() throws IOException {
        pgbackrest("stanza-create");
        Path info = repository.resolve("backup/shop/backup.info");
        for (Path file : List.of(info, info.resolveSibling("backup.info.copy"))) {
            Files.writeString(file, "rotten");
        }
        assertThatThrownBy(this::listed).isInstanceOf(BackupException.class);
    }
}
