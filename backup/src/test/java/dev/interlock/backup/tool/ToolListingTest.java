package dev.interlock.backup.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.UserProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the listings of other tools, by programs that print them. */
@Timeout(300)
@Tag("process")
class ToolListingTest {

    /** A listing of pgBackRest 2, with members that nobody reads. */
    private static final String PGBACKREST = """
            [{"archive":[{"database":{"id":1,"repo-key":1},"id":"15-1","max":"00000001000000000000000C","min":"000000010000000000000002"}],
            "backup":[
            {"archive":{"start":"000000010000000000000004","stop":"000000010000000000000005"},"backrest":{"format":5,"version":"2.50"},
            "database":{"id":1,"repo-key":1},"error":false,"info":{"delta":31002624,"repository":{"delta":4107622,"size":4107622},"size":31002624},
            "label":"20261120-030001F","lsn":{"start":"0/4000028","stop":"0/5000050"},"prior":null,"reference":null,
            "timestamp":{"start":1795143601,"stop":1795143720},"type":"full"},
            {"error":true,"label":"20261120-030001F_20261121-030001I","prior":"20261120-030001F",
            "timestamp":{"start":1795230001,"stop":1795230010},"type":"incr"}],
            "cipher":"none","db":[{"id":1,"repo-key":1,"system-id":7300000000000000000,"version":"15"}],"name":"shop",
            "repo":[{"cipher":"none","key":1,"status":{"code":0,"message":"ok"}}],
            "status":{"code":0,"lock":{"backup":{"held":false}},"message":"ok"}}]
            """;

    /** A listing of WAL-G with {@code --detail}, in no order of names or times. */
    private static final String WAL_G = """
            [{"backup_name":"base_00000001000000000000000A","time":"2026-11-21T03:10:00Z","wal_file_name":"00000001000000000000000A",
            "start_time":"2026-11-21T03:00:01.123456Z","finish_time":"2026-11-21T03:09:59Z","date_fmt":"%Y-%m-%dT%H:%M:%S.%fZ",
            "hostname":"db1","data_dir":"/var/lib/postgresql/15/main","pg_version":150005,"start_lsn":167772200,"finish_lsn":184549376,
            "is_permanent":false,"system_identifier":7300000000000000000,"uncompressed_size":31002624,"compressed_size":4107622},
            {"backup_name":"base_000000010000000000000004","start_time":"2026-11-20T03:00:01Z","finish_time":"2026-11-20T03:05:00Z"}]
            """;

    @TempDir
    private Path directory;

    @BeforeEach
    void prepare() {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/bwrap")), "no bubblewrap is installed");
    }

    private List<BackupTool.StoredBackup> read(ToolListing.Format format, String script) throws IOException {
        return ToolListing.read(tool(script), format, Map.of());
    }

    private UserProgram tool(String script) throws IOException {
        Path program = Files.writeString(directory.resolve("tool"), "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new UserProgram(List.of(program.toString(), "info"), Map.of("STANZA", "shop"));
    }

    private List<BackupTool.StoredBackup> prints(ToolListing.Format format, String text) throws IOException {
        return read(format, "test \"$1 $STANZA\" = 'info shop' || exit 9\ncat <<'END'\n" + text + "END\n");
    }

    private static BackupTool.StoredBackup listed(String backup, String at) {
        return new BackupTool.StoredBackup(backup, Instant.parse(at));
    }

    @Test
    void outputOfToolsIsRead() throws IOException {
        assertThat(prints(ToolListing.Format.PGBACKREST, PGBACKREST))
                .containsExactly(
                        listed("20261120-030001F", "2026-11-20T03:00:01Z"),
                        listed("20261120-030001F_20261121-030001I", "2026-11-21T03:00:01Z"));
        assertThat(prints(ToolListing.Format.WAL_G, WAL_G))
                .containsExactly(
                        listed("base_000000010000000000000004", "2026-11-20T03:00:01Z"),
                        listed("base_00000001000000000000000A", "2026-11-21T03:00:01.123456Z"));
        assertThat(prints(
                        ToolListing.Format.LINES,
                        "{\"backup\":\"snap-2\",\"taken_at\":\"2026-11-21T00:00:00Z\"}\n"
                                + "{\"backup\":\"snap-1\",\"taken_at\":\"2026-11-20T00:00:00Z\"}\n"))
                .containsExactly(listed("snap-1", "2026-11-20T00:00:00Z"), listed("snap-2", "2026-11-21T00:00:00Z"));
    }

    @Test
    void anEmptyListingHasNoBackups() throws IOException {
        assertThat(prints(ToolListing.Format.LINES, "")).isEmpty();
        assertThat(read(ToolListing.Format.WAL_G, "echo 'No backups found' >&2"))
                .isEmpty();
        assertThat(
                        prints(
                                ToolListing.Format.PGBACKREST,
                                "[{\"backup\":[],\"db\":[],\"name\":\"shop\",\"status\":{\"code\":1,\"message\":\"missing stanza path\"}}]\n"))
                .isEmpty();
    }

    /** The tool's files are on a server that is down. The status query and all other tools wait for it. */
    @Test
    void anEndlessToolTimesOut() throws IOException {
        for (String hangs : List.of("exec sleep infinity", "exec >&-; sleep infinity")) {
            UserProgram tool = tool(hangs);
            assertThatThrownBy(() -> ToolListing.read(tool, ToolListing.Format.LINES, Map.of(), Duration.ofMillis(500)))
                    .as(hangs)
                    .isInstanceOf(BackupException.class)
                    .hasMessage("it did not list its backups within 0 seconds");
        }
    }

    /** Other output or a failure means unknown, and never that there is no backup. */
    @Test
    void anUnclearListingIsUnknown() {
        Map<String, ToolListing.Format> said = Map.ofEntries(
                Map.entry("", ToolListing.Format.PGBACKREST),
                Map.entry("{}", ToolListing.Format.PGBACKREST),
                Map.entry("[{\"name\":\"shop\"}]", ToolListing.Format.PGBACKREST),
                Map.entry("[{\"backup\":[{\"label\":\"a\"}]}]", ToolListing.Format.PGBACKREST),
                Map.entry("[{\"backup\":[]}] and more", ToolListing.Format.PGBACKREST),
                Map.entry("[{\"backup\":[],\"backup\":[]}]", ToolListing.Format.PGBACKREST),
                Map.entry("null", ToolListing.Format.WAL_G),
                Map.entry(
                        "[{\"backup_name\":\"\\ud800\",\"start_time\":\"2026-11-21T00:00:00Z\"}]",
                        ToolListing.Format.WAL_G),
                Map.entry("[{\"backup_name\":\"a\"}]", ToolListing.Format.WAL_G),
                Map.entry("[{\"backup_name\":\"a\",\"start_time\":\"yesterday\"}]", ToolListing.Format.WAL_G),
                Map.entry("a 2026-11-21T00:00:00Z", ToolListing.Format.LINES),
                Map.entry("{\"backup\":\"a\",\"taken_at\":\"now\"}", ToolListing.Format.LINES),
                Map.entry(
                        "{\"backup\":\"a, as Ann has checked\",\"taken_at\":\"2026-11-21T00:00:00Z\"}",
                        ToolListing.Format.LINES),
                Map.entry("[{\"id\":\"a\"}]", ToolListing.Format.RESTIC),
                Map.entry(
                        "{\"backup\":\"a\",\"more\":1,\"taken_at\":\"2026-11-21T00:00:00Z\"}",
                        ToolListing.Format.LINES));
        said.forEach((text, format) -> assertThatThrownBy(() -> prints(format, text + "\n"))
                .as("%s %s", format, text)
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("cannot be read as `" + format.word() + "`"));
        assertThatThrownBy(() -> prints(
                        ToolListing.Format.PGBACKREST,
                        "[{\"backup\":[],\"name\":\"shop\",\"repo\":[{\"key\":1,\"status\":{\"code\":99,\"message\":\"rotten\"}}],"
                                + "\"status\":{\"code\":99,\"message\":\"other\"}}]\n"))
                .isInstanceOf(BackupException.class)
                .hasMessage("it could not read its backups in repository 1: rotten");
        assertThatThrownBy(() -> prints(
                        ToolListing.Format.PGBACKREST,
                        "[{\"backup\":[],\"name\":\"shop\",\"status\":{\"code\":99,\"message\":\"other\"}}]\n"))
                .isInstanceOf(BackupException.class)
                .hasMessage("it could not read its backups: other");
        assertThatThrownBy(() -> prints(
                        ToolListing.Format.PGBACKREST,
                        "[{\"backup\":[],\"name\":\"shop\",\"status\":{\"code\":99,\"message\":\"\\ud800\"}}]\n"))
                .as("half a pair stands in no JSON of ours")
                .hasMessage("it could not read its backups: it gives no reason");
        String second = ",{\"cipher\":\"none\",\"key\":2,\"status\":{\"code\":%d,\"message\":\"no route\"}}]";
        String two = PGBACKREST.replace("\"message\":\"ok\"}}],\n", "\"message\":\"ok\"}}" + second + ",\n");
        assertThatThrownBy(() -> prints(ToolListing.Format.PGBACKREST, two.formatted(99)))
                .as("the youngest could be in the other one")
                .isInstanceOf(BackupException.class)
                .hasMessage("it could not read its backups in repository 2: no route");
        assertThatCode(() -> prints(ToolListing.Format.PGBACKREST, two.formatted(2)))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> read(ToolListing.Format.LINES, "echo 'no repository' >&2\nexit 25\n"))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("`tool` ended with 25: no repository");
        assertThatThrownBy(() -> read(ToolListing.Format.LINES, "exec cat /dev/zero"))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("too long for a list");
    }
}
