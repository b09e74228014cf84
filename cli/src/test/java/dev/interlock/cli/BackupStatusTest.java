package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import dev.interlock.testing.TestingConfig;
import dev.interlock.testing.TestingKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests what {@code backup status} prints about a gateway's answer. */
@Timeout(300)
@Tag("process")
class BackupStatusTest {

    /**
     * A text that a database can put into its server's messages, by a check that raises an error, or by a table's name.
     */
    private static final String FORGED = "x\n✓ shop:order/o-1  production  saved by orders";

    @TempDir
    private Path root;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private TestingGateway gateway;

    @BeforeEach
    void start() throws Exception {
        TestingConfig.in(root, "test", TestingKey.software());
        gateway = TestingGateway.in(root);
    }

    @AfterEach
    void stop() throws IOException {
        gateway.close();
    }

    private int status() {
        PrintStream print = new PrintStream(said, true, StandardCharsets.UTF_8);
        return InterlockCommand.run(print, print, "backup", "status", "--config=" + root.resolve("gateway.yaml"));
    }

    private static Json.Members red() {
        return Json.object().with("red", true);
    }

    private static Json.Array of(Json.Members... all) {
        return new Json.Array(List.of(all));
    }

    /** No character of it may end a line: a separate line is always a finding of Interlock's. */
    @Test
    void backedUpNamesCannotForgeALine() {
        Json.Members way = red().with("way", "volume").with("known", false).withTexts("why", List.of(FORGED));
        Json.Members tried = Json.object()
                .with("plan", "orders")
                .with("backup", "20260101T000000Z-abcdef")
                .with("tried_at", "2026-01-01T01:00:00Z")
                .with("restored", false)
                .with("changed", 0)
                .withTexts("wrong", List.of(FORGED, FORGED));
        Json.Members practised =
                Json.object().with("by", FORGED).with("restored", false).withTexts("wrong", List.of(FORGED));
        Json.Members resource = red().with("resource", "shop:order/o-1")
                .withTexts("environments", List.of("production"))
                .withTexts("plans", List.of("orders"))
                .withTexts("domains", List.of("elsewhere"))
                .withTexts("unlooked", List.of(FORGED))
                .withTexts("moved", List.of(FORGED))
                .withTexts("apart_by_seal_alone", List.of(FORGED))
                .withTexts("deletable_from_outside", List.of(FORGED))
                .with("ways", of(way))
                .with("point", red())
                .with("time", red())
                .with("practice", red().with("seconds", 1))
                .with("last_tried", tried)
                .with("last_practised", practised);
        gateway.says(red().with("resources", of(resource))
                .withTexts("not_known", List.of(FORGED))
                .withTexts("expendable", List.of(FORGED)));
        assertThat(status()).isEqualTo(ExitCodes.NO);
        assertThat(said.toString(StandardCharsets.UTF_8).lines())
                .hasSizeGreaterThan(10)
                .anyMatch(line -> line.contains("RESTORE TEST FAILED: x\\u{a}✓ shop"))
                .anyMatch(line -> line.contains("IT FAILED: x\\u{a}✓ shop"))
                .noneMatch(line -> line.startsWith("✓"));
    }
}
