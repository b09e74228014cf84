package dev.interlock.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Secret;
import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingWorld;
import dev.interlock.testing.WaitLoop;
import dev.interlock.vault.CredentialKeeper;
import dev.interlock.vault.CredentialResult;
import dev.interlock.vault.KeysClient;
import dev.interlock.vault.Store;
import dev.interlock.vault.Vault;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** Tests a real keys process, with this process as a gateway that an attacker controls. */
@Timeout(300)
@Isolated("it takes the first process of this JVM that keeps keys for its own")
final class KeysProcessTest {

    private static final String TOKEN = "rw_destroy_9f3a77c2b1d04e55";
    private static final URI THERE = URI.create("https://railway.test/api/graphql/v2");
    private static final ResolvedAttempt WRITE =
            TestingWorld.resolved("L-1", "variableUpsert", Impact.WRITE, "vol_1", "{}", "staging");

    @TempDir
    Path directory;

    /** The keys process uses the machine's clock, under which this seal would expire. */
    private final TestingWorld world = new TestingWorld();

    private final BlockingQueue<String> troubles = new LinkedBlockingQueue<>();
    private Path file;
    private Config config;

    @BeforeEach
    void configure() throws IOException {
        file = Files.writeString(directory.resolve("gateway.yaml"), """
                origin: test.interlock.example/keys
                listen: 127.0.0.1:0
                data: data
                run: run
                seal-signers: {quorum: 1, keys: ["%s"]}
                """.formatted(world.sealer.line()));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        config = Config.read(file);
        Files.createDirectories(config.data());
        Vault vault = Credentials.vault(config);
        vault.put("railway-staging", Store.ORDINARY, new Secret("rw_staging_token"));
        vault.put("railway-production-destroy", Store.PROTECTED, new Secret(TOKEN));
    }

    private KeysClient start() {
        return KeysClient.start(
                () -> KeysProcess.start(file),
                _ -> TestingWorld.envelope(world.payload(), world.sealer),
                troubles::add);
    }

    private String sealId() {
        return Bytes.of(world.payload().canonical()).sha256();
    }

    private CredentialResult write(CredentialKeeper keys) throws IOException {
        return keys.open(sealId(), WRITE, Optional.empty(), Optional.empty());
    }

    private static ProcessHandle child() {
        return ProcessHandle.current()
                .descendants()
                .filter(handle -> commandLine(handle).contains("KeysMain"))
                .findFirst()
                .orElseThrow();
    }

    private static String commandLine(ProcessHandle handle) {
        try {
            return Files.readString(Path.of("/proc/" + handle.pid() + "/cmdline"));
        } catch (IOException e) {
            return ""; // it has ended meanwhile
        }
    }

    @Test
    @Tag("process")
    @Tag("promise")
    void aGatewayThatWasTakenOverGetsNothingForAForgedProof() throws IOException {
        ResolvedAttempt deletion = TestingWorld.deletion("vol_1", "production");
        try (KeysClient keys = start()) {
            assertThat(keys.awaitFirst()).isTrue();
            assertThat(((CredentialResult.CredentialOpened) write(keys))
                            .credential()
                            .headerFor(THERE)
                            .<String>use(value -> value))
                    .isEqualTo("Bearer rw_staging_token");
            assertThat(keys.open(sealId(), deletion, Optional.empty(), Optional.empty()))
                    .isInstanceOf(CredentialResult.CredentialRefused.class);
            Bytes statement = Bytes.of(deletion.meaning().canonical());
            String signature = TestingKey.hardware().sign("interlock-confirm@v1", statement.toArray());
            for (Vault.ConfirmationProof forged : List.of(
                    new Vault.ConfirmationProof(statement, List.of(signature)),
                    new Vault.ConfirmationProof(Bytes.empty(), List.of()))) {
                assertThat(keys.open(sealId(), deletion, Optional.of(forged), Optional.empty()))
                        .isInstanceOf(CredentialResult.CredentialRefused.class);
            }
        }
    }

    @Test
    @Tag("process")
    @Tag("promise")
    void noSecretIsInItsArgumentsOrEnvironment() throws IOException {
        try (KeysClient keys = start()) {
            assertThat(write(keys)).isInstanceOf(CredentialResult.CredentialOpened.class);
            ProcessHandle child = child();
            assertThat(commandLine(child)).doesNotContain("rw_staging", TOKEN);
            assertThat(Files.readString(Path.of("/proc/" + child.pid() + "/environ"))
                            .split("\0"))
                    .containsExactly("LANG=C.UTF-8");
        }
    }

    @Test
    @Tag("process")
    @Tag("promise")
    void aKilledKeysProcessRefusesAndRestarts() throws Exception {
        try (KeysClient keys = start()) {
            assertThat(write(keys)).isInstanceOf(CredentialResult.CredentialOpened.class);
            ProcessHandle first = child();
            first.destroyForcibly();
            assertThat(troubles.take()).contains("The keys process does not answer correctly");
            CredentialResult again = null;
            while (again == null) {
                try {
                    again = write(keys);
                } catch (IOException _) {
                    WaitLoop.pause(); // refused until it is back; the test's time limit ends this
                }
            }
            assertThat(again).isInstanceOf(CredentialResult.CredentialOpened.class);
            assertThat(child().pid()).isNotEqualTo(first.pid());
        }
    }

    /** A process that could make a socket in its place would see what people signed, and could answer as it likes. */
    @Test
    void aForeignSocketIsNotUsed() throws IOException {
        Path run = Files.createDirectory(directory.resolve("keys-run"));
        String own = String.valueOf(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        try (ServerSocketChannel door = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            door.bind(UnixDomainSocketAddress.of(run.resolve("keys.sock")));
            Path socket = run.resolve("keys.sock");
            assertThatThrownBy(() -> KeysSocket.open(socket, "61301")).hasMessageContaining("but `61301` should");
            KeysSocket.open(socket, own).close();
        }
    }

    @Test
    @Tag("process")
    void theKeysProcessEndsWithItsGateway() {
        ProcessHandle child;
        try (KeysClient keys = start()) {
            assertThat(keys.awaitFirst()).isTrue();
            child = child();
        }
        child.onExit().join();
        assertThat(child.isAlive()).isFalse();
    }

    @Test
    @Tag("process")
    void aVaultReadableByOthersIsNotServed() throws IOException {
        Files.setPosixFilePermissions(
                config.vault().resolve("protected/store.key"), PosixFilePermissions.fromString("rw-r--r--"));
        try (KeysClient keys = start()) {
            assertThat(keys.awaitFirst()).isFalse();
            assertThatThrownBy(() -> write(keys)).isInstanceOf(IOException.class);
        }
    }
}
