package dev.interlock.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Envelope;
import dev.interlock.identity.KeyedFingerprints;
import dev.interlock.store.Database;
import dev.interlock.testing.SecretHunt;
import dev.interlock.testing.StoreEngine;
import dev.interlock.testing.TestingKey;
import dev.interlock.vault.FleetDocument;
import dev.interlock.vault.KeysClient;
import dev.interlock.vault.KeysConnection;
import dev.interlock.vault.KeysServer;
import dev.interlock.vault.Store;
import dev.interlock.vault.Vault;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests two gateways' sides of a fleet, each with the program of a keys process, over one real store. */
class FleetExchangeTest {

    private static final String TOKEN = "rw_staging+9f3a/77c2b1d04e55";

    @TempDir
    Path directory;

    private final TestingKey ann = TestingKey.software();
    private final Vault.PinnedSealKeys pins = new Vault.PinnedSealKeys(Set.of(ann.publicKey()), 1);
    private final List<Alert> alerts = new ArrayList<>();
    private Database database;
    private Node a;
    private Node b;

    private record Line(InputStream in, OutputStream out) implements KeysConnection {
        @Override
        public void close() {
            try {
                in.close();
                out.close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    private final class Node implements AutoCloseable {
        private final Path root;
        private final KeysClient keys;
        private final FleetExchange exchange;
        private final KeyedFingerprints fingerprints;

        Node(String name) throws IOException {
            this.root = Files.createDirectories(directory.resolve(name)).resolve("vault");
            this.fingerprints = KeyedFingerprints.open(root.resolveSibling("fingerprint.key"), new SecureRandom());
            KeysServer server =
                    new KeysServer(root, pins, "interlock.example/log", InstantSource.system(), new SecureRandom());
            this.keys = KeysClient.start(() -> line(server), _ -> new byte[0], _ -> {});
            assertThat(keys.awaitFirst()).isTrue();
            this.exchange = new FleetExchange(new SqliteFleetStore(database), keys, fingerprints, alerts::add);
        }

        /** Opens the vault as a person's command does, beside the keys process. */
        Vault vault() throws IOException {
            return Vault.at(
                    root, pins, "interlock.example/log", _ -> new byte[0], InstantSource.system(), new SecureRandom());
        }

        void sign(FleetDocument document) throws Exception {
            Envelope envelope = document.envelope();
            var _ = vault().fleet().accept(envelope.signedBy(ann.sign(FleetDocument.NAMESPACE, envelope.pae())));
        }

        @Override
        public void close() {
            keys.close();
        }
    }

    private static KeysConnection line(KeysServer server) throws IOException {
        Pipe to = Pipe.open();
        Pipe from = Pipe.open();
        Thread.ofPlatform().daemon().start(() -> {
            try (Pipe.SourceChannel in = to.source();
                    Pipe.SinkChannel out = from.sink()) {
                server.serve(Channels.newInputStream(in), Channels.newOutputStream(out));
            } catch (IOException _) {
                // The near side sees the end.
            }
        });
        return new Line(Channels.newInputStream(from.source()), Channels.newOutputStream(to.sink()));
    }

    @BeforeEach
    void open() throws Exception {
        database = StoreEngine.open(directory.resolve("store.db"), SqliteFleetStore.SCHEMAS);
        a = new Node("a");
        b = new Node("b");
        a.vault().put("railway-staging", Store.ORDINARY, new Secret(TOKEN));
        a.sign(a.vault().fleet().join("interlock.example/a"));
        a.exchange.run();
        FleetDocument fleet = a.vault().fleet().document().orElseThrow();
        a.sign(fleet.admit(b.vault().fleet().join("interlock.example/b")));
        a.exchange.run();
        b.exchange.run();
    }

    @AfterEach
    void close() {
        a.close();
        b.close();
        database.close();
    }

    @Test
    void aSecretThatIsPutAtOneNodeIsKnownAtTheOther() throws Exception {
        assertThat(b.keys.slotHolding(new Secret(TOKEN)).orElseThrow().slot()).isEqualTo("railway-staging");
        assertThat(b.fingerprints.of(new Secret("x"))).isEqualTo(a.fingerprints.of(new Secret("x")));
        KeyedFingerprints restarted =
                KeyedFingerprints.open(b.root.resolveSibling("fingerprint.key"), new SecureRandom());
        assertThat(restarted.of(new Secret("x"))).isEqualTo(a.fingerprints.of(new Secret("x")));
        b.vault().put("railway-read", Store.ORDINARY, new Secret("rw_read_1"));
        b.vault().remove("railway-staging");
        b.exchange.run();
        a.exchange.run();
        assertThat(a.keys.list()).extracting(Vault.FilledSlot::name).containsExactly("railway-read");
        Bytes kept = b.keys.encrypt("receipt", Bytes.utf8("as it was"));
        assertThat(a.keys.decrypt("receipt", kept)).isEqualTo(Bytes.utf8("as it was"));
        assertThat(alerts).isEmpty();
    }

    @Test
    void theDatabaseHasNoSecret() throws Exception {
        String dump = database
                .read(sql -> sql.all(
                        row -> row.getString(1) + " " + row.getString(2), "SELECT name, sealed FROM credentials_fleet"))
                .stream()
                .collect(Collectors.joining("\n"));
        Files.writeString(directory.resolve("dump"), dump);
        assertThat(new SecretHunt(TOKEN).in(directory.resolve("dump"))).isEmpty();
        assertThat(dump).contains("document", "shared", "wrap/interlock.example/b");
    }

    @Test
    void peopleHearOnceOfRowsThatSomebodyAltered() throws Exception {
        database.write(sql -> sql.update(
                "UPDATE credentials_fleet SET version = version + 1, sealed = 'AAAA' WHERE name = 'shared'"));
        b.exchange.run();
        b.exchange.run();
        assertThat(alerts)
                .singleElement()
                .satisfies(alert -> assertThat(alert.summary()).contains("refused"));
        database.write(sql -> sql.update("DELETE FROM credentials_fleet"));
        a.exchange.run();
        assertThat(alerts).hasSize(2);
        assertThat(a.keys.list()).isEqualTo(b.keys.list()).isNotEmpty();
    }

    @Test
    void peopleHearOfAVaultThatStaysUnreadable() throws Exception {
        Path document = b.root.resolve("fleet/document.json");
        Files.setPosixFilePermissions(document, PosixFilePermissions.fromString("rw-r-----"));
        for (int i = 0; i < 9; i++) {
            assertThatThrownBy(b.exchange::run).isInstanceOf(UncheckedIOException.class);
        }
        assertThat(alerts).isEmpty();
        b.exchange.run();
        b.exchange.run();
        assertThat(alerts)
                .singleElement()
                .satisfies(alert -> assertThat(alert.summary()).contains("expulsion"));
        Files.setPosixFilePermissions(document, PosixFilePermissions.fromString("rw-------"));
        b.exchange.run();
        assertThat(alerts).hasSize(1);
    }

    @Test
    void peopleHearOfAVersionThatNoMessageCanSay() {
        for (long version : List.of(Long.MAX_VALUE, Long.MIN_VALUE)) {
            alerts.clear();
            database.write(
                    sql -> sql.update("UPDATE credentials_fleet SET version = ? WHERE name = 'shared'", version));
            b.exchange.run();
            b.exchange.run();
            assertThat(alerts).hasSize(1);
        }
    }
}
