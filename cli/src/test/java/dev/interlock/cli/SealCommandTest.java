package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.admin.AdminServer;
import dev.interlock.admin.CommandRunner;
import dev.interlock.admin.Peer;
import dev.interlock.admin.ResultSink;
import dev.interlock.adminapi.SampleAnswers;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SealDocument;
import dev.interlock.policy.SealFiles;
import dev.interlock.program.ExitCodes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests what the signers of a seal see before they sign: the demands on backups that it drops. */
@Tag("process")
final class SealCommandTest {

    private static final String LOOSENED = "LOOSENED: the backups of plan `shop-db` may be 7d and not 2d old\n";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    private Path directory;

    private Path key;
    private String attester;
    private Path config;
    private Path inForce;
    private String policy;

    @BeforeEach
    void init() throws Exception {
        key = newKey("key");
        attester = Files.readString(Path.of(newKey("attest") + ".pub")).strip();
        assertThat(interlock(TestingInit.command(directory, key + ".pub")))
                .as(said())
                .isEqualTo(ExitCodes.OK);
        config = directory.resolve("made/gateway.yaml");
        inForce = directory.resolve("data/seal.json");
        policy = Files.readString(directory.resolve("made/policy/interlock.yaml"));
        backupsMayBe("48h");
    }

    private Path newKey(String name) throws Exception {
        Path made = directory.resolve(name);
        assertThat(new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", made.toString())
                        .start()
                        .waitFor())
                .isZero();
        return made;
    }

    private void backupsMayBe(String old) throws IOException {
        Files.writeString(directory.resolve("made/policy/interlock.yaml"), policy + """
                backups:
                  attesters: ["%s"]
                  plans:
                    shop-db: {of: "railway:volume/v-1", domain: "hetzner:box/u1", targets: {point: %s}}
                """.formatted(attester, old));
    }

    private int interlock(String... arguments) {
        return InterlockCommand.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                arguments);
    }

    private String said() {
        return err.toString(StandardCharsets.UTF_8);
    }

    /** Seals, and returns the printed comparison line by line. */
    private List<String> seal(String... more) {
        List<String> arguments = new ArrayList<>(List.of("seal", "--config=" + config, "--key=" + key));
        arguments.addAll(List.of(more));
        err.reset();
        assertThat(interlock(arguments.toArray(String[]::new))).as(said()).isEqualTo(ExitCodes.OK);
        return told();
    }

    private List<String> told() {
        return said().lines()
                .filter(line -> line.contains("LOOSENED") || line.contains("NOT COMPARED"))
                .toList();
    }

    @Test
    void theFirstOneIsComparedWithNothingAndOneThatAsksForAsMuchIsNotTold() throws IOException {
        assertThat(seal()).isEmpty();
        assertThat(seal()).isEmpty();
        backupsMayBe("24h");
        assertThat(seal()).isEmpty();
    }

    @Test
    void weakerRequirementsAreShownBeforeSigning() throws IOException {
        seal();
        backupsMayBe("168h");
        err.reset();
        assertThat(interlock("seal", "--config=" + config, "--key=" + directory.resolve("none")))
                .isNotEqualTo(ExitCodes.OK);
        assertThat(said()).contains(LOOSENED);
        assertThat(seal()).singleElement().asString().endsWith(LOOSENED.strip());
        assertThat(seal()).as("it is in force, and the next asks for as much").isEmpty();
    }

    /** A seal without witnesses lets calls go that nobody elsewhere knows of. */
    @Test
    void witnessesThatAreNoLongerAskedAreShownBeforeSigning() throws IOException {
        Files.writeString(
                directory.resolve("made/policy/interlock.yaml"),
                policy
                        + "witnesses: {keys: [\"witness.example/ann+aadca2c9+BCXa6Ach8pcxOrIMvpvPOaD3ViYY1ZB693mS/Wua5HcT\"]}\n");
        assertThat(seal()).isEmpty();
        assertThat(said()).contains("gateway.yaml names no address of the witnesses `witness.example/ann`");
        backupsMayBe("48h");
        assertThat(seal())
                .singleElement()
                .asString()
                .endsWith("LOOSENED: no witness need see a call before it is sent");
    }

    /** The second signer sees it as well, for the file that they were given. */
    @Test
    void furtherSignersSeeWeakerRequirements() throws IOException {
        seal();
        backupsMayBe("168h");
        Path file = directory.resolve("to-sign.json");
        assertThat(seal("--out=" + file)).hasSize(1);
        assertThat(seal("--sign=" + file, "--out=" + directory.resolve("signed.json")))
                .singleElement()
                .asString()
                .contains(LOOSENED.strip());
    }

    @Test
    void anIncomparableSealIsReported() throws IOException {
        seal();
        Path file = directory.resolve("to-sign.json");
        seal("--out=" + file);
        Files.delete(inForce);
        assertThat(seal("--sign=" + file, "--out=" + directory.resolve("signed.json")))
                .singleElement()
                .asString()
                .contains("NOT COMPARED: the previous seal cannot be read from here");
    }

    @Test
    void oneBeforeItThatNobodyUnderstandsIsNoneToCompareWith() throws IOException {
        seal();
        Path file = directory.resolve("to-sign.json");
        seal("--out=" + file);
        Json.Members other = Json.readObject(SealFiles.read(inForce).unverified())
                .with("backups", Json.object().with("plans", "none"));
        SealFiles.write(inForce, Envelope.of(SealDocument.PAYLOAD_TYPE, other.canonical()));
        assertThat(seal("--sign=" + file, "--out=" + directory.resolve("signed.json")))
                .singleElement()
                .asString()
                .contains("NOT COMPARED: the backup requirements of one of the two seals cannot be read");
        Files.writeString(inForce, "{}");
        assertThat(seal("--sign=" + file, "--out=" + directory.resolve("signed.json")))
                .singleElement()
                .asString()
                .contains("NOT COMPARED: the backup requirements of one of the two seals cannot be read");
    }

    /** The attester's key has no passphrase, and is on the machine that takes backups. */
    @Test
    void anAttestersKeyIsNoSignersKey() throws Exception {
        attester = Files.readString(Path.of(key + ".pub")).strip();
        backupsMayBe("48h");
        assertThat(interlock("seal", "--config=" + config, "--key=" + key)).isEqualTo(ExitCodes.DATA);
        assertThat(said()).contains("is the key of `ann`");
        assertThat(inForce).doesNotExist();

        Path signer = newKey("signer");
        attester = Files.readString(Path.of(signer + ".pub")).strip();
        backupsMayBe("48h");
        Files.writeString(
                config,
                Files.readString(config)
                        .replace(
                                String.join(
                                        " ",
                                        List.of(Files.readString(Path.of(key + ".pub"))
                                                        .split(" "))
                                                .subList(0, 2)),
                                attester));
        assertThat(interlock("seal", "--config=" + config, "--key=" + signer)).isEqualTo(ExitCodes.NO);
        assertThat(said()).contains("attests backups, but gateway.yaml lists it in `seal-signers`");
        assertThat(inForce).doesNotExist();
    }

    /** The daemon knows the seal in force; the file may be younger, or older. */
    @Test
    void theDaemonsSealIsTheOneBefore() throws IOException {
        seal();
        byte[] strict = SealFiles.read(inForce).unverified();
        backupsMayBe("168h");
        seal();
        Path file = directory.resolve("to-sign.json");
        seal("--out=" + file);
        Daemon daemon = new Daemon();
        try (AdminServer server = AdminServer.start(
                directory.resolve("admin.sock"), Set.of(Files.getOwner(Path.of("/proc/self"))), daemon)) {
            daemon.shown = Json.object().with("payload", Json.readObject(strict));
            assertThat(seal("--sign=" + file, "--out=" + directory.resolve("signed.json")))
                    .singleElement()
                    .asString()
                    .contains(LOOSENED.strip());
            daemon.shown = Json.object();
            assertThat(seal("--sign=" + file, "--out=" + directory.resolve("signed.json")))
                    .singleElement()
                    .asString()
                    .contains("NOT COMPARED");
            daemon.refuses = true;
            assertThat(seal("--sign=" + file, "--out=" + directory.resolve("signed.json")))
                    .as("compared with the file, which asks for as much")
                    .isEmpty();
            Files.delete(inForce);
            assertThat(seal("--sign=" + file, "--out=" + directory.resolve("signed.json")))
                    .singleElement()
                    .asString()
                    .contains("NOT COMPARED");
            assertThat(server).isNotNull();
        }
    }

    /** A daemon that returns the seal in force, or refuses this user. */
    private static final class Daemon implements CommandRunner {

        private volatile Json.Members shown = Json.object();
        private volatile boolean refuses;

        @Override
        public void run(Peer peer, String command, Json.Members arguments, ResultSink results)
                throws AdminRefusedException {
            if (refuses || !command.equals("seal.show")) {
                throw new AdminRefusedException("refused", "This is not to be had.", "Do without.");
            }
            results.accept(SampleAnswers.complete(command, shown));
        }

        @Override
        public void refused(Peer peer, String command) {
            throw new AssertionError("whoever runs the tests is entitled");
        }
    }
}
