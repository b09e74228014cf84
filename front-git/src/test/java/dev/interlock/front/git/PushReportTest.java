package dev.interlock.front.git;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests the answers in Git's own form, which the real client reads in {@code GitPushTest}. */
class PushReportTest {

    private static final String ONE = "1".repeat(40);

    private static String report(Set<String> capabilities) {
        PushCommands commands = new PushCommands(
                List.of(
                        new RefCommand(ONE, RefCommand.NONE, "refs/heads/old"),
                        new RefCommand(RefCommand.NONE, ONE, "refs/heads/new")),
                capabilities,
                0);
        byte[] bytes = new PushReport(
                        commands,
                        Map.of("refs/heads/old", List.of("deletes branch old\u202e")),
                        List.of("People must confirm this."),
                        Optional.of("H-1"))
                .bytes();
        assertThat(PushResult.read(bytes)).contains(new PushResult(0, 2));
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Test
    void eachRefHasAReasonAndTheSideBandHasTheRest() {
        assertThat(report(Set.of("report-status", "side-band-64k")))
                .contains("ng refs/heads/old interlock: deletes branch old", "H-1 waits for people")
                .contains("ng refs/heads/new interlock: People must confirm this.")
                .contains("\u0002interlock: deletes branch old", "\u0002People must confirm this.")
                .doesNotContain("\u202e");
    }

    @Test
    void aClientWithoutSideBandGetsTheReportAlone() {
        assertThat(report(Set.of("report-status")))
                .startsWith("000eunpack ok\n")
                .doesNotContain("\u0002");
    }

    @Test
    void theServersReportSaysWhatHappened() {
        byte[] report = new PacketWriter()
                .line("unpack ok\n")
                .line("ok refs/heads/a\n")
                .line("ng refs/heads/b hook declined\n")
                .flush()
                .bytes();
        assertThat(PushResult.read(report)).contains(new PushResult(1, 1));
        byte[] banded = new PacketWriter()
                .band(2, "remote: hello\n".getBytes(StandardCharsets.UTF_8))
                .band(1, report)
                .flush()
                .bytes();
        assertThat(PushResult.read(banded)).contains(new PushResult(1, 1));
        assertThat(PushResult.read("hello".getBytes(StandardCharsets.UTF_8))).isEmpty();
    }

    @Test
    void theClientIsOfferedWhatTheGatewayReads() {
        byte[] offered = new PacketWriter()
                .line("# service=git-receive-pack\n")
                .flush()
                .line(ONE + " refs/heads/main\0report-status report-status-v2 side-band-64k atomic push-cert=nonce"
                        + " object-format=sha1 agent=git/2.39\n")
                .line(ONE + " refs/heads/other\n")
                .flush()
                .bytes();
        String rewritten = new String(ReceiveAdvertisement.rewritten(offered).orElseThrow(), StandardCharsets.UTF_8);
        assertThat(rewritten)
                .contains(" refs/heads/main\0report-status side-band-64k atomic object-format=sha1 ofs-delta no-thin"
                        + " agent=interlock\n")
                .contains(ONE + " refs/heads/other\n")
                .doesNotContain("push-cert", "v2");
        assertThat(ReceiveAdvertisement.rewritten("hello".getBytes(StandardCharsets.UTF_8)))
                .isEmpty();
    }
}
