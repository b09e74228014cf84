package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import dev.interlock.setup.SetupRecord;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a second setup says once every way out is closed. {@code packaging/test} performs it. */
@Tag("process")
final class FinishedSetupTest {

    @TempDir
    private Path root;

    /** Where the gateway's socket is as well. */
    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @BeforeEach
    void seal() throws Exception {
        directory = Files.createDirectory(root.resolve("run"));
        Path key = directory.resolve("seal.key");
        Files.createDirectory(directory.resolve("data"));
        assertThat(new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.toString())
                        .start()
                        .waitFor())
                .isZero();
        interlock(TestingInit.command(directory, key + ".pub"));
        Path token = Files.writeString(directory.resolve("token"), "sk-ant-api03-" + "a1B2".repeat(24));
        interlock(
                "upstream",
                "add",
                "anthropic",
                "--token-from=file:" + token,
                "--key=" + key,
                "--config=" + configFile());
    }

    private Path configFile() {
        return directory.resolve("made/gateway.yaml");
    }

    private PrintStream stream() {
        return new PrintStream(out, true, StandardCharsets.UTF_8);
    }

    private void interlock(String... command) {
        assertThat(InterlockCommand.run(stream(), stream(), command)).as(said()).isEqualTo(ExitCodes.OK);
    }

    private String said() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private int again(boolean json) throws Exception {
        out.reset();
        return new FinishedSetup(
                        new Terminal(stream(), stream()),
                        new SetupRecord(directory.resolve("made/setup.json")),
                        configFile(),
                        progress -> progress.accept("started"),
                        json)
                .call(false, true);
    }

    /** Returns a status that says nothing of the vault. */
    private static Json.Members status() {
        Json.Members status = Json.object()
                .with("enforcing", true)
                .with("leases", 0)
                .with("seal_sequence", 1)
                .with("receipts", 1)
                .with("published", 1);
        for (String text : List.of(
                "listen",
                "separation",
                "keys",
                "probes",
                "seal",
                "seal_expires",
                "observing",
                "solo",
                "ledger",
                "ledger_room",
                "publishing",
                "replica",
                "log_key",
                "console")) {
            status = status.with(text, "");
        }
        for (String map : List.of(
                "alerts", "fronts", "probed", "upstreams", "catalogs", "credential_headers", "bots", "witnesses")) {
            status = status.with(map, Json.object());
        }
        return status.withTexts("kills", List.of())
                .withTexts("freezes", List.of())
                .withTexts("things", List.of());
    }

    @Test
    void secretsThatAreGoneAreNamedWithTheirUpstreamAndTheCommandThatStoresThem() throws Exception {
        try (TestingGateway gateway = TestingGateway.in(root)) {
            gateway.refuses("seal.show");
            gateway.answers("status", status().withTexts("credentials_missing", List.of()));
            assertThat(again(false)).as(said()).isEqualTo(ExitCodes.OK);
            assertThat(said()).contains("set up already, and every way out is closed");

            gateway.answers(
                    "status",
                    status().withTexts(
                                    "credentials_missing", List.of("anthropic-key", "railway-look", "railway-work")));
            assertThat(again(false)).as(said()).isEqualTo(ExitCodes.NO);
            assertThat(said())
                    .contains(
                            "the upstream `anthropic` for anthropic-key",
                            "sudo interlock vault put anthropic-key --config " + configFile(),
                            "the upstream `railway` for railway-look, railway-work",
                            "sudo interlock vault put railway-look railway-work --config")
                    .doesNotContain("set up already", "upstream renew");
            assertThat(again(true)).isEqualTo(ExitCodes.NO);
            assertThat(said())
                    .contains(
                            "\"complete\":false", "\"missing\":[\"anthropic-key\",\"railway-look\",\"railway-work\"]");
        }
    }

    /** A status without the list is that of a gateway that cannot read its vault. */
    @Test
    void vaultThatCannotBeReadIsNoFinishedSetup() throws Exception {
        try (TestingGateway gateway = TestingGateway.in(root)) {
            gateway.refuses("seal.show");
            gateway.answers("status", status());
            assertThat(again(false)).isEqualTo(ExitCodes.NO);
            assertThat(said()).contains("the vault cannot be read").doesNotContain("set up already");
        }
    }

    @Test
    void processIsOfAnOlderVersionOnceItsFilesWereReplacedAfterItsStart() throws Exception {
        Path jar = Files.createFile(directory.resolve("interlock-gateway-0.1.0.jar"));
        List<String> command = List.of("-Xmx32m", "-cp", jar.toString(), "dev.interlock.daemon.GatewayMain", "up");
        Instant made = Instant.now();
        assertThat(ReplacedProgram.isRunBy(command, made.plusSeconds(60))).isFalse();
        assertThat(ReplacedProgram.isRunBy(command, made.minusSeconds(60))).isTrue();

        Files.delete(jar);
        assertThat(ReplacedProgram.isRunBy(command, made.plusSeconds(60))).isTrue();
    }
}
