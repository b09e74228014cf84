package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.backup.BackupConfig;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.JobQueue;
import dev.interlock.backup.ListingCache;
import dev.interlock.program.ExitCodes;
import dev.interlock.testing.TestingConfig;
import dev.interlock.testing.TestingKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests bad results from a time without a gateway, and a gateway whose disk is full when it is back. */
@Timeout(300)
@Tag("process")
class AttestationDeliveryTest {

    @TempDir
    private Path root;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private TestingGateway gateway;
    private BackupPlanConfig plan;
    private Terminal terminal;

    @BeforeEach
    void start() throws Exception {
        TestingConfig.in(root, "test", TestingKey.software());
        TestingBackups.rows(root);
        gateway = TestingGateway.in(root);
        gateway.countsNone();
        plan = BackupConfig.beside(root.resolve("gateway.yaml")).plan("rows");
        PrintStream print = new PrintStream(said, true, StandardCharsets.UTF_8);
        terminal = new Terminal(print, print);
    }

    @AfterEach
    void stop() throws IOException {
        gateway.close();
    }

    private String said() {
        return said.toString(StandardCharsets.UTF_8);
    }

    private BackupWork work(AtomicLong nanos) throws IOException {
        Options own = new Options(root.resolve("gateway.yaml"), false);
        return new BackupWork(terminal, own, BackupConfig.beside(own.configFile()), nanos::get);
    }

    /** Takes a backup, and notes that its restore test failed. */
    private String worthNothing() throws IOException {
        TestingBackups.program(root, TestingBackups.COPY, "echo 'not whole' >&2; exit 1");
        gateway.goes();
        BackupWork work = work(new AtomicLong());
        work.take(plan, Optional.empty());
        assertThat(work.verify(plan, Optional.empty(), Optional.empty())).isEqualTo(ExitCodes.NO);
        String id = work.look(plan, new ListingCache())
                .listing()
                .youngest()
                .orElseThrow()
                .id();
        gateway.comesBack();
        return id;
    }

    /** It does not count until the gateway restarts, and must not count afterwards either. */
    @Test
    void whatTheGatewayCouldNotWriteDownIsHandedInAgain() throws Exception {
        String id = worthNothing();
        gateway.full(true);
        AtomicLong nanos = new AtomicLong();
        BackupWork looking = work(nanos);
        said.reset();
        for (int times = 0; times < 2; times++) {
            gateway.counts(id);
            looking.look(plan, new ListingCache());
        }
        assertThat(gateway.told()).as("not at once").containsExactly(id + " false");
        assertThat(said())
                .contains("rows/" + id + ": the gateway could not save the attestation")
                .doesNotContain("✗");

        gateway.full(false);
        for (int times = 0; times < 2; times++) {
            nanos.addAndGet(JobQueue.AGAIN.toNanos());
            gateway.counts(id); // it was restarted
            looking.look(plan, new ListingCache());
        }
        assertThat(gateway.told()).as("until it is heard").containsExactly(id + " false", id + " false");
        assertThat(said()).contains("✗ rows  " + id);
    }

    /** No other program delivers it. */
    @Test
    void whoCarriesAWordIsToldThatItWasNotWrittenDown() throws Exception {
        String id = worthNothing();
        gateway.full(true);
        assertThat(attest(id)).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(said())
                .contains(
                        "receipt R-1",
                        "rows/" + id + ": the gateway could not save the " + "attestation",
                        "hand it in again");
        assertThat(attest(id, "--json")).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(said()).contains("\"kept\":false");
        gateway.full(false);
        assertThat(attest(id)).isEqualTo(ExitCodes.OK);
        assertThat(said()).doesNotContain("write");
    }

    private int attest(String id, String... more) {
        said.reset();
        return BackupCommand.line(terminal)
                .execute(Stream.concat(
                                Stream.of(
                                        "attest",
                                        root.resolve("target/rows")
                                                .resolve(id)
                                                .resolve("attested.json")
                                                .toString(),
                                        "--config=" + root.resolve("gateway.yaml")),
                                Stream.of(more))
                        .toArray(String[]::new));
    }
}
