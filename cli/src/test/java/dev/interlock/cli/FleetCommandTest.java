package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Secret;
import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.credentials.FleetExchange;
import dev.interlock.credentials.SqliteFleetStore;
import dev.interlock.identity.KeyedFingerprints;
import dev.interlock.keys.KeysProcess;
import dev.interlock.program.ExitCodes;
import dev.interlock.store.Database;
import dev.interlock.vault.KeysClient;
import dev.interlock.vault.Store;
import dev.interlock.vault.Vault;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests a fleet as people make it: their commands and SSH keys, two real keys processes, one store. */
@Timeout(120)
final class FleetCommandTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final List<Machine> machines = new ArrayList<>();

    @TempDir
    private Path directory;

    private Path ann;
    private Path bob;
    private Database store;

    private final class Machine {
        private final Path file;
        private final Config config;
        private KeysClient keys;

        Machine(String name) throws Exception {
            file = Files.createDirectories(directory.resolve(name)).resolve("gateway.yaml");
            Files.writeString(file, """
                    origin: interlock.example/%s
                    listen: 127.0.0.1:0
                    data: data
                    run: run
                    store: postgres://interlock@127.0.0.1/interlock
                    seal-signers: {quorum: 2, keys: ["%s", "%s"]}
                    """.formatted(name, publicKey(ann), publicKey(bob)));
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
            config = Config.read(file);
            Files.createDirectories(config.data());
            machines.add(this);
        }

        /** Has the gateway's side of the fleet, and its keys process, run once. */
        void exchange() throws Exception {
            if (keys == null) {
                keys = KeysClient.start(() -> KeysProcess.start(file), _ -> new byte[0], _ -> {});
                assertThat(keys.awaitFirst()).isTrue();
            }
            new FleetExchange(
                            new SqliteFleetStore(store),
                            keys,
                            KeyedFingerprints.open(config.data().resolve("fingerprint.key"), new SecureRandom()),
                            alert -> err.writeBytes(alert.summary().getBytes(StandardCharsets.UTF_8)))
                    .run();
        }

        int fleet(String... arguments) {
            List<String> all = new ArrayList<>(List.of("fleet"));
            all.addAll(List.of(arguments));
            all.addAll(List.of("--config", file.toString()));
            out.reset();
            err.reset();
            return InterlockCommand.run(
                    new PrintStream(out, true, StandardCharsets.UTF_8),
                    new PrintStream(err, true, StandardCharsets.UTF_8),
                    all.toArray(String[]::new));
        }

        String request() {
            assertThat(fleet("join")).as(err.toString(StandardCharsets.UTF_8)).isEqualTo(ExitCodes.OK);
            return out.toString(StandardCharsets.UTF_8).lines().findFirst().orElseThrow();
        }

        List<String> credentials() throws Exception {
            return keys.list().stream().map(Vault.FilledSlot::name).toList();
        }
    }

    private Path newKey(String name) throws Exception {
        Path made = directory.resolve(name);
        assertThat(new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", made.toString())
                        .start()
                        .waitFor())
                .isZero();
        return made;
    }

    private static String publicKey(Path key) throws Exception {
        return Files.readString(Path.of(key + ".pub")).strip();
    }

    @BeforeEach
    void open() throws Exception {
        ann = newKey("ann");
        bob = newKey("bob");
        store = Database.open(directory.resolve("store.db"), SqliteFleetStore.SCHEMAS);
    }

    @AfterEach
    void close() {
        machines.stream().filter(machine -> machine.keys != null).forEach(machine -> machine.keys.close());
        store.close();
    }

    @Test
    @Tag("process")
    void peopleAdmitAMachineAndExpelIt() throws Exception {
        Machine a = new Machine("a");
        Credentials.vault(a.config).put("railway-staging", Store.ORDINARY, new Secret("rw_staging_1"));
        assertThat(a.fleet("admit", a.request(), "--first", "--key", ann.toString(), "--key", bob.toString()))
                .as(err.toString(StandardCharsets.UTF_8))
                .isEqualTo(ExitCodes.OK);
        a.exchange();

        Machine b = new Machine("b");
        String request = b.request();
        assertThat(request).startsWith("interlock.example/b,").isEqualTo(b.request());
        assertThat(b.fleet("admit", request, "--key", ann.toString())).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("in no fleet");
        assertThat(a.fleet("admit", request, "--first")).isEqualTo(ExitCodes.USAGE);
        assertThat(a.fleet("admit", request, "--key", ann.toString())).isNotEqualTo(ExitCodes.OK);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("FLEET 2, as it is signed", "but 2 must", "fleet sign")
                .contains("CHANGES since fleet 1, which this node knows\n  ADDED    interlock.example/b, key "
                        + request.split(",", -1)[1]);
        a.exchange();
        b.exchange();
        assertThat(b.credentials()).isEmpty();

        String document = directory.resolve("fleet.json").toString();
        assertThat(a.fleet("admit", request, "--out", document)).isEqualTo(ExitCodes.OK);
        assertThat(a.fleet("sign", document, "--key", ann.toString(), "--out", document))
                .isEqualTo(ExitCodes.OK);
        assertThat(a.fleet("sign", document, "--key", bob.toString()))
                .as(err.toString(StandardCharsets.UTF_8))
                .isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("2 nodes");
        assertThat(a.fleet("sign", document)).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("fleet 2 is known here already");
        a.exchange();
        b.exchange();
        assertThat(b.credentials()).containsExactly("railway-staging");
        assertThat(a.fleet("admit", request, "--key", ann.toString())).isEqualTo(ExitCodes.USAGE);
        assertThat(b.fleet("join")).isEqualTo(ExitCodes.USAGE);

        Credentials.vault(b.config).put("railway-read", Store.ORDINARY, new Secret("rw_read_1"));
        b.exchange();
        a.exchange();
        assertThat(a.credentials()).containsExactly("railway-read", "railway-staging");

        assertThat(a.fleet("expel", "interlock.example/a", "--key", ann.toString()))
                .isEqualTo(ExitCodes.USAGE);
        assertThat(a.fleet("expel", "interlock.example/b", "--key", ann.toString(), "--key", bob.toString()))
                .as(err.toString(StandardCharsets.UTF_8))
                .isEqualTo(ExitCodes.OK);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("railway-read, railway-staging")
                .contains("CHANGES since fleet 2", "  REMOVED  interlock.example/b\n  ANOTHER KEY")
                .doesNotContain("ADDED");
        Credentials.vault(a.config).put("railway-read", Store.ORDINARY, new Secret("rw_read_2"));
        a.exchange();
        b.exchange();
        assertThat(b.keys.slotHolding(new Secret("rw_read_2"))).isEmpty();
        assertThat(a.keys.slotHolding(new Secret("rw_read_2"))).isPresent();
    }

    @Test
    @Tag("process") // its keys
    void aRequestThatNobodyPrintedIsRefused() throws Exception {
        Machine a = new Machine("a");
        for (String request : List.of("", "x", "a,b,c", "a b," + "A".repeat(43) + "," + "0".repeat(64))) {
            assertThat(a.fleet("admit", request)).as(request).isEqualTo(ExitCodes.USAGE);
        }
    }
}
