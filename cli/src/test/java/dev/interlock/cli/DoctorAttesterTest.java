package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.program.ExitCodes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests {@code doctor} where the key that attests backups is, or is not, the sealed one. */
@Tag("process")
final class DoctorAttesterTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    private Path directory;

    private Path key;
    private Path attest;
    private Path made;

    @BeforeEach
    void init() throws Exception {
        key = newKey("key");
        attest = newKey("attest");
        made = directory.resolve("made");
        assertThat(interlock(TestingInit.command(directory, key + ".pub")))
                .as(errors())
                .isEqualTo(ExitCodes.OK);
        Files.writeString(
                made.resolve("policy/interlock.yaml"), """
                backups:
                  attesters: ["%s"]
                  plans:
                    files: {of: "railway:volume/v-1", domain: "hetzner:box/u1"}
                """.formatted(line(attest)), StandardOpenOption.APPEND);
        attestsWith(attest);
    }

    private Path newKey(String name) throws Exception {
        Path file = directory.resolve(name);
        assertThat(new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file.toString())
                        .start()
                        .waitFor())
                .isZero();
        return file;
    }

    private static String line(Path attesting) throws IOException {
        return Files.readString(Path.of(attesting + ".pub")).strip();
    }

    private void attestsWith(Path attesting) throws IOException {
        Path file = Files.writeString(made.resolve("backups.yaml"), """
                attest-key: %s
                plans:
                  files:
                    of: "railway:volume/v-1"
                    source: {directory: /srv/shop}
                    restic: {repository: /mnt/offsite, password-file: restic.password}
                """.formatted(attesting));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    private int interlock(String... arguments) {
        return InterlockCommand.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                arguments);
    }

    private String errors() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private void seal() {
        assertThat(interlock("seal", "--config=" + made.resolve("gateway.yaml"), "--key=" + key))
                .as(errors())
                .isEqualTo(ExitCodes.OK);
    }

    /** @param exit the exit code where agents can be sandboxed; where they cannot, there is a problem in any case */
    private Json.Members doctor(int exit) {
        out.reset();
        int ended = interlock("doctor", "--json", "--config=" + made.resolve("gateway.yaml"));
        Json.Members said =
                Json.readObject(out.toString(StandardCharsets.UTF_8).strip().getBytes(StandardCharsets.UTF_8));
        assertThat(ended).as(errors()).isEqualTo(said.flag("ready") ? exit : ExitCodes.NO);
        return said;
    }

    @Test
    void aSealedKeyIsFine() {
        seal();
        Json.Members said = doctor(ExitCodes.OK);
        assertThat(said.texts("backup_attester")).isEmpty();
        assertThat(said.texts("not_looked_at")).isEmpty();
    }

    /** The key was replaced here and is not sealed yet: its attestations are rejected. */
    @Test
    void anUnsealedKeyIsReported() throws Exception {
        seal();
        Path fresh = newKey("fresh");
        attestsWith(fresh);
        assertThat(doctor(ExitCodes.NO).texts("backup_attester"))
                .singleElement()
                .asString()
                .startsWith(
                        "`" + fresh + "` (" + SshPublicKey.parse(line(fresh)).fingerprint() + ")")
                .contains("is not among the `attesters` of the seal in force");
        out.reset();
        assertThat(interlock("doctor", "--config=" + made.resolve("gateway.yaml")))
                .isEqualTo(ExitCodes.NO);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("✗ backups  `" + fresh + "` (SHA256:");
    }

    /** An unknown fact is reported as unknown, also in the exit code that a timer checks. */
    @Test
    void unknownFactsAreReported() throws Exception {
        assertThat(doctor(ExitCodes.UNAVAILABLE).texts("not_looked_at"))
                .as("nothing is sealed")
                .anyMatch(why -> why.contains("`attesters`: the seal in force cannot be read from here"));
        seal();
        Files.delete(Path.of(attest + ".pub"));
        Json.Members said = doctor(ExitCodes.UNAVAILABLE);
        assertThat(said.texts("not_looked_at"))
                .anyMatch(why -> why.contains("`attesters`: its public key is not in the file beside it"));
        assertThat(said.texts("backup_attester")).isEmpty();
        Files.setPosixFilePermissions(attest, PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(doctor(ExitCodes.NO).texts("backup_secrets"))
                .as("what is to be mended comes first")
                .hasSize(1);
    }

    @Test
    void unclearPlansAreNotFine() throws Exception {
        seal();
        Path plans = made.resolve("backups.yaml");
        Files.writeString(plans, "plans: [one, two]\n");
        assertThat(doctor(ExitCodes.UNAVAILABLE).texts("not_looked_at"))
                .singleElement()
                .asString()
                .startsWith("check of the secrets that backups use: ");
        Files.delete(plans);
        assertThat(doctor(ExitCodes.OK).texts("not_looked_at"))
                .as("nothing is backed up here")
                .isEmpty();
    }

    /** The plans are valid, but it is unknown who uses their secrets. */
    @Test
    void anUnclearGatewayAnswerIsNotFine() throws Exception {
        seal();
        Files.writeString(made.resolve("gateway.yaml"), "no: gateway\n");
        assertThat(doctor(ExitCodes.UNAVAILABLE).texts("not_looked_at"))
                .singleElement()
                .asString()
                .startsWith("check of the secrets that backups use: ");
    }

    /** Certificates are public: a timer that checks the exit code would report them each time. */
    @Test
    void whatOnlyPeopleCanTellIsSaidAndNoMore() throws Exception {
        seal();
        Path certificates = Files.writeString(directory.resolve("certificates"), "-----BEGIN CERTIFICATE-----\n");
        Files.setPosixFilePermissions(certificates, PosixFilePermissions.fromString("rw-r--r--"));
        Path plans = made.resolve("backups.yaml");
        Files.writeString(
                plans,
                Files.readString(plans)
                        .replace(
                                "restic: {repository: /mnt/offsite, password-file: restic.password}",
                                "exec: {list: [/bin/true], restore: [/bin/true], environment: {SSL_CERT_FILE: \""
                                        + certificates + "\"}}"));
        assertThat(doctor(ExitCodes.OK).texts("not_looked_at"))
                .singleElement()
                .asString()
                .startsWith("check for a secret in `" + certificates);
    }

    /** A question by any other user raises an alert. */
    @Test
    void onlyAdminsAskTheGateway() throws Exception {
        seal();
        AtomicInteger asked = new AtomicInteger();
        try (ServerSocketChannel gateway = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            gateway.bind(UnixDomainSocketAddress.of(directory.resolve("admin.sock")));
            Thread.ofVirtual().start(() -> {
                while (true) {
                    try (SocketChannel _ = gateway.accept()) {
                        asked.incrementAndGet();
                    } catch (IOException e) {
                        return; // It was closed.
                    }
                }
            });
            admins("[\"61240\", \"nobody-of-that-name\"]");
            assertThat(doctor(ExitCodes.OK).texts("not_looked_at")).isEmpty();
            assertThat(asked).hasValue(0);
            admins("[\"" + Files.getOwner(Path.of("/proc/self")).getName() + "\"]");
            assertThat(doctor(ExitCodes.OK).texts("not_looked_at")).isEmpty();
            assertThat(asked).hasValue(1);
        }
    }

    private void admins(String names) throws IOException {
        Path file = made.resolve("gateway.yaml");
        Files.writeString(file, Files.readString(file).replaceFirst("admins: \\[.*\\]", "admins: " + names));
        assertThat(file).content().contains("admins: " + names);
    }
}
