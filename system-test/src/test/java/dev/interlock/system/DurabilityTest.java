package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests with a trace of system calls that nothing is sent before its intent is on disk. */
@Tag("process")
final class DurabilityTest {

    @TempDir
    private Path directory;

    @Test
    @Timeout(300)
    void theIntentIsSyncedBeforeAnythingLeaves() throws Exception {
        assumeTrue(Programs.has("strace"), "strace is not installed");
        Path file = directory.resolve("trace");
        int port;
        int upstream;
        try (Installation installation = Installation.open(false, strace(file))) {
            port = installation.port();
            upstream = installation.railway().port();
            installation.awaitProbes(); // The receipts of probes must not be taken for those of a call.
            Agent agent = installation.agent();
            oneByOne(installation, agent);
            // The trace is complete once the gateway has ended.
            installation.stop();
        }
        List<String> lines = Files.readAllLines(file);

        SystemCallTrace trace = SystemCallTrace.of(lines, port, upstream);
        assertThat(trace.violations()).isEmpty();
        assertThat(trace.requests()).isGreaterThanOrEqualTo(5);
        assertThat(trace.answers()).isGreaterThanOrEqualTo(5);
        assertThat(trace.upstreamWrites()).isGreaterThanOrEqualTo(4);

        List<String> unsynced =
                lines.stream().filter(line -> !line.contains("sync")).toList();
        SystemCallTrace red = SystemCallTrace.of(unsynced, port, upstream);
        assertThat(red.violations()).hasSize(trace.upstreamWrites() + trace.answers());
    }

    private static List<String> strace(Path file) {
        return List.of("strace", "-f", "-yy", "-s", "0", "-e", "trace=" + SystemCallTrace.CALLS, "-o", file.toString());
    }

    /** Makes a read, a write, a hold, its release, and a refusal; each outcome is on record before the next begins. */
    private static void oneByOne(Installation installation, Agent agent) throws Exception {
        String delete = Agent.delete(TestingRailway.disposable(0));
        done(installation, agent.ask(Agent.read()));
        done(installation, agent.ask(Agent.variable("LOG_LEVEL", "debug")));
        Agent.Answer held = agent.ask(delete);
        assertThat(held.kind()).isEqualTo("confirmation_required");
        installation.sign(held.hold(), "sam");
        done(installation, agent.ask(delete));
        assertThat(agent.ask(Agent.delete(TestingRailway.SHARED)).kind()).isEqualTo("denied");
        assertThat(installation.railway().executed("volumeDelete")).isOne();
        assertThat(installation.railway().executed("variableUpsert")).isOne();
    }

    private static void done(Installation installation, Agent.Answer answer) throws Exception {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        String intent = answer.receipt().orElseThrow();
        Programs.await(
                "the outcome is on record", () -> !installation.outcomes(intent).isEmpty());
        assertThat(installation.outcomes(intent)).containsExactly("done");
    }
}
