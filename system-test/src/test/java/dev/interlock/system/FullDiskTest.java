package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests a running gateway with a full disk: every sent call is recorded, and free space alone repairs everything. */
@Timeout(300)
@Tag("process")
final class FullDiskTest {

    private static final int CALLS = 20;

    private Installation installation;
    private Path data;
    private boolean mounted;

    @BeforeEach
    void open() throws Exception {
        installation = Installation.open(false);
        installation.awaitProbes();
        installation.stop();
        data = installation.root().resolve("data");
        Path kept = installation.root().resolve("kept");
        Programs.run(List.of("cp", "-a", data.toString(), kept.toString()), "").expect(0);
        mounted =
                Programs.run(List.of("mount", "-t", "tmpfs", "-o", "size=512m,mode=0700", "tmpfs", data.toString()), "")
                                .exit()
                        == 0;
        assumeTrue(mounted, "nothing can be mounted here");
        Programs.run(List.of("cp", "-a", kept + "/.", data.toString()), "").expect(0);
        installation.up(List.of());
    }

    @AfterEach
    void close() throws Exception {
        installation.kill();
        if (mounted) {
            Programs.run(List.of("umount", "-l", data.toString()), "").expect(0);
        }
        installation.close();
    }

    /** Fills the disk until {@code left} bytes are free. */
    private void fillUpTo(long left) throws IOException {
        byte[] zeros = new byte[1 << 20];
        try (OutputStream out = Files.newOutputStream(data.resolve("filler"))) {
            while (data.toFile().getUsableSpace() > left) {
                out.write(zeros);
            }
        }
    }

    private void fill() throws IOException {
        byte[] zeros = new byte[4096];
        try (OutputStream out = Files.newOutputStream(data.resolve("filler"))) {
            while (true) {
                out.write(zeros);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }

    @Test
    void sentCallsAreRecordedAndFreedSpaceRestoresService() throws Exception {
        Agent agent = installation.agent();
        String delete = Agent.delete(TestingRailway.disposable(0));
        fill();

        // Space for receipts is preallocated, so a call may go; whether it does depends on other writes that need
        // space.
        long went = 0;
        for (int i = 0; i < CALLS; i++) {
            Agent.Answer answer = agent.ask(Agent.variable("FULL", "" + i));
            assertThat(answer.status() == 200 || answer.kind().equals("unavailable"))
                    .as(answer.body())
                    .isTrue();
            went += answer.status() == 200 ? 1 : 0;
        }
        agent.ask(delete);
        assertThat(installation.railway().executed("variableUpsert")).isEqualTo(went);
        assertThat(installation.railway().attempted("volumeDelete")).isZero();
        Programs.await("people are told", () -> installation.said().contains("ledger_trouble"));

        Files.delete(data.resolve("filler"));
        Programs.await(
                "the checkpoint advances",
                () -> installation
                        .admin("status", Json.object())
                        .text("publishing")
                        .equals("up to date"));
        assertThat(agent.ask(Agent.variable("AFTER", "1")).status()).isEqualTo(200);
        assertThat(agent.ask(delete).kind()).isEqualTo("confirmation_required");
        assertThat(installation.railway().executed("variableUpsert")).isEqualTo(went + 1);
        assertThat(intents("variableUpsert")).isEqualTo(went + 1);
    }

    /** An agent can fill the disk with permitted calls. */
    @Test
    void withLittleSpaceOnlyPeoplesActionsAreRecorded() throws Exception {
        Agent agent = installation.agent();
        assertThat(agent.ask(Agent.variable("BEFORE", "1")).status()).isEqualTo(200);
        fillUpTo(100L << 20);
        assertThat(installation.admin("status", Json.object()).text("ledger")).contains("MiB are left on its disk");
        Agent.Answer answer = agent.ask(Agent.variable("FULL", "1"));
        assertThat(answer.kind()).isEqualTo("unavailable");
        assertThat(answer.body()).contains("reserved for people's commands");
        assertThat(installation.railway().executed("variableUpsert")).isEqualTo(1);
        Json.Members killed =
                installation.admin("kill", Json.object().with("all", true).with("reason", "it floods"));
        assertThat(killed.flag("recorded")).as(killed.toString()).isTrue();
        assertThat(installation.receipts())
                .anyMatch(receipt -> receipt.canonicalText().contains("it floods"));
        Files.delete(data.resolve("filler"));
    }

    private long intents(String operation) throws IOException {
        return installation.receipts().stream()
                .filter(receipt -> receipt.text("kind").equals("intent")
                        && receipt.canonicalText().contains(operation))
                .filter(receipt -> result(receipt.text("id")).equals(List.of("done")))
                .count();
    }

    private List<String> result(String intent) {
        try {
            return installation.outcomes(intent);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
