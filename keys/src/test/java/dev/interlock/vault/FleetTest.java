package dev.interlock.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Secret;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SealDocument;
import dev.interlock.oauth.OAuthClient;
import dev.interlock.oauth.OAuthGrant;
import dev.interlock.oauth.TokenEndpoint;
import dev.interlock.testing.SecretHunt;
import dev.interlock.testing.TestingClock;
import dev.interlock.testing.TestingKey;
import dev.interlock.testing.TestingWorld;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests vaults whose rows an attacker carries: the gateway, or the owner of the database. */
final class FleetTest {

    private static final String TOKEN = "rw_staging+9f3a/77c2b1d04e55";
    private static final URI THERE = URI.create("https://railway.test/api/graphql/v2");
    private static final ResolvedAttempt WRITE =
            TestingWorld.resolved("L-1", "variableUpsert", Impact.WRITE, "vol_1", "{}", "staging");

    @TempDir
    Path directory;

    private final TestingWorld world = new TestingWorld();
    private final TestingKey ann = TestingKey.software();
    private final TestingKey bob = TestingKey.hardware();
    private final Vault.PinnedSealKeys pins =
            new Vault.PinnedSealKeys(Set.of(ann.publicKey(), bob.publicKey(), world.sealer.publicKey()), 2);
    private final Map<String, FleetRow> store = new HashMap<>();
    private Json.Members payload = world.payload();
    private Node a;
    private Node b;

    @FunctionalInterface
    private interface Change {
        FleetRow apply(FleetRow row) throws IOException;
    }

    /** One vault, and the gateway beside it. */
    private final class Node {
        private final String name;
        private final Path root;
        private Vault vault;
        private Bytes fingerprint;

        Node(String name, int fingerprint) throws IOException {
            this.name = name;
            this.root = Files.createDirectories(directory.resolve(name)).resolve("vault");
            this.fingerprint = Bytes.of(new byte[] {(byte) fingerprint});
            reopen();
        }

        void reopen() throws IOException {
            vault = vault(pins);
        }

        private Vault vault(Vault.PinnedSealKeys trusted) throws IOException {
            return Vault.at(
                    root, trusted, "interlock.example/log", _ -> envelope(), new TestingClock(), new SecureRandom());
        }

        FleetDocument request() throws IOException {
            return vault.fleet().join("interlock.example/" + name);
        }

        /** Exchanges until there is nothing to say, and returns the troubles. */
        List<String> sync() throws IOException {
            List<String> troubles = new ArrayList<>();
            List<String> wanted = List.of();
            for (int round = 0; round < 8; round++) {
                List<String> asked = wanted;
                FleetAnswer answer = vault.exchange(
                        store.values().stream()
                                .map(row ->
                                        asked.contains(row.name()) ? row : new FleetRow(row.name(), row.version(), ""))
                                .toList(),
                        fingerprint);
                troubles.addAll(answer.troubles());
                answer.fingerprint().ifPresent(shared -> fingerprint = shared);
                for (FleetRow row : answer.rows()) {
                    store.merge(row.name(), row, (old, young) -> young.version() > old.version() ? young : old);
                }
                wanted = answer.wanted();
                if (wanted.isEmpty() && answer.rows().isEmpty()) {
                    return troubles;
                }
            }
            throw new AssertionError("the exchange does not end: " + troubles);
        }

        String opened() throws IOException {
            String seal = Bytes.of(payload.canonical()).sha256();
            return switch (vault.open(seal, WRITE, Optional.empty(), Optional.empty())) {
                case CredentialResult.CredentialOpened(OpenedCredential credential) ->
                    credential.headerFor(THERE).use(field -> field.substring(field.indexOf(' ') + 1));
                case CredentialResult.CredentialRefused(String reason) -> reason;
                case CredentialResult.NoCredentialNeeded _ -> "none";
            };
        }
    }

    private byte[] envelope() {
        Envelope envelope = Envelope.read(TestingWorld.envelope(payload, world.sealer));
        return envelope.signedBy(ann.sign(SealDocument.NAMESPACE, envelope.pae()))
                .write();
    }

    private static Envelope signed(FleetDocument document, TestingKey... keys) {
        Envelope envelope = document.envelope();
        for (TestingKey key : keys) {
            envelope = envelope.signedBy(key.sign(FleetDocument.NAMESPACE, envelope.pae()));
        }
        return envelope;
    }

    @BeforeEach
    void begin() throws Exception {
        a = new Node("a", 1);
        b = new Node("b", 2);
        a.vault.put("railway-staging", Store.ORDINARY, new Secret(TOKEN));
        a.vault.fleet().accept(signed(a.request(), ann, bob));
        assertThat(a.sync()).isEmpty();
    }

    private void admit(Node node) throws Exception {
        FleetDocument next = a.vault.fleet().document().orElseThrow().admit(node.request());
        a.vault.fleet().accept(signed(next, ann, bob));
        assertThat(a.sync()).isEmpty();
        assertThat(node.sync()).isEmpty();
    }

    private void tamper(String name, Change change) throws IOException {
        store.put(name, change.apply(store.get(name)));
    }

    @Test
    void whatIsPutAtOneNodeOpensAtAllOfThem() throws Exception {
        admit(b);
        assertThat(b.opened()).isEqualTo(TOKEN);
        b.vault.put("railway-staging", Store.ORDINARY, new Secret("rw_rotated_77"));
        assertThat(b.sync()).isEmpty();
        assertThat(a.sync()).isEmpty();
        assertThat(a.opened()).isEqualTo("rw_rotated_77");
        a.vault.remove("railway-staging");
        assertThat(a.sync()).isEmpty();
        assertThat(b.sync()).isEmpty();
        assertThat(b.opened()).contains("interlock vault put railway-staging");
    }

    @Test
    void puttingAtTwoNodesAtOnceLosesNeither() throws Exception {
        admit(b);
        a.vault.put("railway-read", Store.ORDINARY, new Secret("rw_read_1"));
        b.vault.put("railway-production-destroy", Store.PROTECTED, new Secret("rw_destroy_2"));
        for (Node node : List.of(a, b, a, b)) {
            assertThat(node.sync()).isEmpty();
        }
        assertThat(a.vault.list()).isEqualTo(b.vault.list()).hasSize(3);
    }

    @Test
    void withoutItsPeoplesSignaturesANodeGetsNothing() throws Exception {
        FleetDocument next = a.vault.fleet().document().orElseThrow().admit(b.request());
        TestingKey stranger = TestingKey.software();
        for (Envelope envelope :
                List.of(next.envelope(), signed(next, ann), signed(next, ann, ann), signed(next, ann, stranger))) {
            assertThatThrownBy(() -> a.vault.fleet().accept(envelope)).isInstanceOf(BadSignatureException.class);
            store.put("document", new FleetRow("document", 2, new String(envelope.write(), StandardCharsets.UTF_8)));
            assertThat(a.sync()).singleElement().asString().contains("does not count");
            b.sync();
            assertThat(store).doesNotContainKey("wrap/interlock.example/b");
            assertThat(b.vault.list()).isEmpty();
        }
        // By other pins, as of a gateway.yaml that pins strangers, it is good; this node's own pins decide.
        Vault.PinnedSealKeys others = new Vault.PinnedSealKeys(Set.of(stranger.publicKey()), 1);
        assertThat(FleetDocument.verify(signed(next, stranger), others)).isEqualTo(next);
        assertThatThrownBy(() -> a.vault.fleet().accept(signed(next, stranger)))
                .isInstanceOf(BadSignatureException.class);
    }

    @Test
    void anOlderDocumentDoesNotComeBack() throws Exception {
        FleetRow first = store.get("document");
        admit(b);
        store.put("document", first);
        assertThat(b.sync()).isEmpty();
        assertThat(store.get("document").version()).isEqualTo(2);
        assertThatThrownBy(() ->
                        b.vault.fleet().accept(Envelope.read(first.sealed().getBytes(StandardCharsets.UTF_8))))
                .isInstanceOf(BadSignatureException.class);
    }

    /** Anybody can wrap a key for a public key, and would read what the node seals under it. */
    @Test
    void aNodeTakesNoKeyButTheOneThatPeopleSigned() throws Exception {
        FleetDocument next = a.vault.fleet().document().orElseThrow().admit(b.request());
        a.vault.fleet().accept(signed(next, ann, bob));
        Node mallory = new Node("m", 3);
        mallory.vault.fleet().accept(signed(mallory.request(), ann, bob));
        assertThat(mallory.vault.fleet().promote()).isTrue();
        mallory.vault.fleet().accept(signed(next, ann, bob));
        Json.Members content = Json.object()
                .with("key", mallory.vault.fleet().key().<String>use(text -> text))
                .with("seal_floor", 0)
                .with("version", 0);
        store.put("document", new FleetRow("document", 2, a.vault.fleet().envelope()));
        store.put(
                "wrap/interlock.example/b",
                new FleetRow(
                        "wrap/interlock.example/b", 2, mallory.vault.fleet().wrap("interlock.example/b", content)));
        b.vault.put("railway-read", Store.ORDINARY, new Secret("rw_of_b"));
        FleetRow before = store.get("shared");
        assertThat(b.sync()).singleElement().asString().contains("people signed");
        assertThat(store.get("shared")).isEqualTo(before);
        // Nor one for another node.
        tamper(
                "wrap/interlock.example/b",
                row -> new FleetRow(row.name(), 2, mallory.vault.fleet().wrap("interlock.example/a", content)));
        assertThat(b.sync()).singleElement().asString().contains("another node");
        store.remove("wrap/interlock.example/b");
        a.sync();
        assertThat(b.sync()).isEmpty();
        assertThat(b.opened()).isEqualTo(TOKEN);
    }

    @Test
    void theOwnerOfTheDatabaseSwapsAndDatesNothingBack() throws Exception {
        admit(b);
        FleetRow old = store.get("shared");
        a.vault.put("railway-staging", Store.ORDINARY, new Secret("rw_new"));
        a.sync();
        b.sync();
        store.put("shared", old);
        assertThat(b.sync()).singleElement().asString().contains("older");
        assertThat(b.opened()).isEqualTo("rw_new");
        assertThat(store.get("shared").version()).isGreaterThan(old.version()); // written again
        long version = store.get("shared").version();
        for (Change change : List.<Change>of(
                row -> new FleetRow("shared", row.version() + 1, old.sealed()),
                row -> new FleetRow("shared", row.version() + 1, row.sealed()),
                row -> new FleetRow("shared", row.version() + 1, row.sealed().substring(0, 40)),
                row -> new FleetRow("shared", row.version() + 1, "no base64"),
                row -> new FleetRow("shared", row.version() + 1, flipped(row.sealed())))) {
            tamper("shared", change);
            assertThat(b.sync()).singleElement().asString().contains("refused");
            assertThat(b.opened()).isEqualTo("rw_new");
        }
        assertThat(a.sync()).isEmpty(); // healed by b
        assertThat(a.opened()).isEqualTo("rw_new");
        assertThat(store.get("shared").version()).isGreaterThan(version);
        store.clear();
        assertThat(a.sync()).isNotEmpty();
        assertThat(b.sync()).isEmpty();
        assertThat(b.opened()).isEqualTo("rw_new");
    }

    @Test
    void ofTwoDocumentsThatWereSignedAtOnceTheFirstCounts() throws Exception {
        admit(b);
        Node c = new Node("c", 3);
        admit(c);
        assertThat(b.sync()).isEmpty();
        Node d = new Node("d", 4);
        FleetDocument fleet = a.vault.fleet().document().orElseThrow();
        a.vault.fleet().accept(signed(fleet.admit(d.request()), ann, bob));
        FleetDocument expulsion =
                fleet.expel("interlock.example/c", b.vault.fleet().nextDigest());
        b.vault.fleet().accept(signed(expulsion, ann, bob));
        assertThat(a.sync()).isEmpty();
        assertThat(b.sync()).singleElement().asString().contains("sign it again");
        for (Node node : List.of(a, b, c, d)) {
            assertThat(node.sync()).isEmpty();
            assertThat(node.opened()).isEqualTo(TOKEN);
        }
        // What the store had does not give way to the other one.
        store.put(
                "document",
                new FleetRow(
                        "document", 9, new String(signed(expulsion, ann, bob).write(), StandardCharsets.UTF_8)));
        assertThat(a.sync()).isNotEmpty().allMatch(trouble -> trouble.contains("does not count"));
        assertThat(a.vault.fleet().document().orElseThrow().nodes()).containsKey("interlock.example/d");
    }

    /** Who did not see the newest text writes his own again, but nothing that is older than what others have. */
    @Test
    void whatOneNodeWritesAgainTakesNothingBackElsewhere() throws Exception {
        admit(b);
        b.vault.put("railway-staging", Store.ORDINARY, new Secret("rw_rotated"));
        b.vault.put("railway-read", Store.ORDINARY, new Secret("rw_read"));
        assertThat(b.sync()).isEmpty();
        assertThat(a.sync()).isEmpty();
        b.vault.put("railway-staging", Store.ORDINARY, new Secret("rw_rotated_2"));
        b.vault.remove("railway-read");
        assertThat(b.sync()).isEmpty();
        tamper("shared", row -> new FleetRow("shared", row.version() + 1, flipped(row.sealed())));
        assertThat(a.sync()).singleElement().asString().contains("refused");
        for (Node node : List.of(b, a, b)) {
            assertThat(node.sync()).isEmpty();
            assertThat(b.opened()).isEqualTo("rw_rotated_2");
        }
        assertThat(a.opened()).isEqualTo("rw_rotated_2");
        assertThat(a.vault.filled()).isEqualTo(b.vault.filled()).doesNotContain("railway-read");
    }

    /** What a node wrote under the old key, the one that expels has not read. */
    @Test
    void whatIsPutElsewhereInTheSecondOfAnExpulsionCounts() throws Exception {
        Node c = new Node("c", 3);
        admit(b);
        admit(c);
        assertThat(c.sync()).isEmpty();
        FleetDocument fleet = a.vault.fleet().document().orElseThrow();
        c.vault.put("railway-staging", Store.ORDINARY, new Secret("rw_of_c"));
        assertThat(c.sync()).isEmpty();
        a.vault
                .fleet()
                .accept(signed(
                        fleet.expel("interlock.example/b", a.vault.fleet().nextDigest()), ann, bob));
        a.sync(); // what c wrote is refused
        assertThat(c.sync()).isEmpty();
        assertThat(a.sync()).isEmpty();
        assertThat(c.opened()).isEqualTo("rw_of_c");
        assertThat(a.opened()).isEqualTo("rw_of_c");
    }

    /** A version that leaves no room above it would end all changes. */
    @Test
    void aVersionThatNoNodeWroteIsNotWrittenOver() throws Exception {
        admit(b);
        FleetRow row = store.get("shared");
        for (long version : new long[] {1L << 50, (1L << 53) - 1}) {
            store.put("shared", new FleetRow("shared", version, row.sealed()));
            assertThat(a.sync()).singleElement().asString().contains("remove");
            store.remove("shared");
            a.vault.put("railway-staging", Store.ORDINARY, new Secret("rw_" + version));
            a.sync();
            assertThat(b.sync()).isEmpty();
            assertThat(b.opened()).isEqualTo("rw_" + version);
        }
        assertThat(store.get("shared").version()).isLessThan(100);
    }

    private static String flipped(String base64) {
        byte[] bytes = Base64.getDecoder().decode(base64);
        bytes[bytes.length / 2] ^= 1;
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** A new node has seen no version yet; what wraps the key for it says which one is the least. */
    @Test
    void aNewNodeIsNotShownAnOlderVersion() throws Exception {
        FleetRow old = store.get("shared");
        a.vault.put("railway-staging", Store.ORDINARY, new Secret("rw_new"));
        a.sync();
        FleetDocument next = a.vault.fleet().document().orElseThrow().admit(b.request());
        a.vault.fleet().accept(signed(next, ann, bob));
        a.sync();
        store.put("shared", old);
        assertThat(b.sync()).singleElement().asString().contains("older");
        assertThat(b.vault.list()).isEmpty();
        assertThat(store.get("shared")).isEqualTo(old); // it has nothing to write
        a.sync();
        assertThat(b.sync()).isEmpty();
        assertThat(b.opened()).isEqualTo("rw_new");
    }

    @Test
    void anExpelledNodeOpensNothingAndReadsNothingMore() throws Exception {
        admit(b);
        Bytes before = a.vault.encrypt("state", Bytes.utf8("was"));
        FleetDocument fleet = a.vault.fleet().document().orElseThrow();
        a.vault
                .fleet()
                .accept(signed(
                        fleet.expel("interlock.example/b", a.vault.fleet().nextDigest()), ann, bob));
        a.vault.put("railway-staging", Store.ORDINARY, new Secret("rw_after"));
        assertThat(a.sync()).isEmpty();
        StoreDirectory its = b.vault.fleet().sealing();
        FleetRow row = store.get("shared");
        assertThatThrownBy(() -> its.decrypt(
                        "shared@" + row.version(), Bytes.of(Base64.getDecoder().decode(row.sealed()))))
                .isInstanceOf(IOException.class);
        b.vault.put("railway-read", Store.ORDINARY, new Secret("rw_planted"));
        assertThat(b.sync()).isNotEmpty().allMatch(Vault.EXPELLED::equals);
        assertThat(store.get("shared")).isEqualTo(row);
        assertThat(b.opened()).contains("expelled");
        assertThat(b.vault.obstacle(Bytes.of(payload.canonical()).sha256(), WRITE))
                .contains(Vault.EXPELLED);
        b.reopen();
        assertThat(b.opened()).contains("expelled");
        assertThat(a.vault.decrypt("state", before)).isEqualTo(Bytes.utf8("was"));
        Bytes after = a.vault.encrypt("state", Bytes.utf8("is"));
        assertThatThrownBy(() -> b.vault.decrypt("state", after)).isInstanceOf(IOException.class);
        assertThat(b.request()).isEqualTo(b.request());
        b.sync();
        assertThat(b.opened()).as("it asked to join, and nobody signed").contains("expelled");
        // Admitted again, it has other keys.
        String old = fleet.nodes().get("interlock.example/b");
        admit(b);
        assertThat(a.vault.fleet().document().orElseThrow().nodes().get("interlock.example/b"))
                .isNotEqualTo(old);
        assertThat(b.opened()).isEqualTo("rw_after");
    }

    /** The second one knows of the first, and not yet of the key that came with it. */
    @Test
    void ofTwoExpulsionsWithinSecondsNeitherLosesAKeptState() throws Exception {
        Node c = new Node("c", 3);
        Node d = new Node("d", 4);
        for (Node node : List.of(b, c, d)) {
            admit(node);
        }
        assertThat(c.sync()).isEmpty();
        FleetDocument first = a.vault
                .fleet()
                .document()
                .orElseThrow()
                .expel("interlock.example/b", a.vault.fleet().nextDigest());
        a.vault.fleet().accept(signed(first, ann, bob));
        c.vault.fleet().accept(signed(first, ann, bob));
        FleetDocument second =
                first.expel("interlock.example/d", c.vault.fleet().nextDigest());
        assertThat(a.sync()).isEmpty();
        Bytes kept = a.vault.encrypt("state", Bytes.utf8("of a"));
        c.vault.fleet().accept(signed(second, ann, bob));
        c.sync(); // what a wrote is refused
        Bytes later = c.vault.encrypt("state", Bytes.utf8("of c"));
        for (Node node : List.of(a, c, a)) {
            assertThat(node.sync()).isEmpty();
        }
        for (Node node : List.of(a, c)) {
            assertThat(node.vault.decrypt("state", kept)).isEqualTo(Bytes.utf8("of a"));
            assertThat(node.vault.decrypt("state", later)).isEqualTo(Bytes.utf8("of c"));
        }
        Bytes newest = a.vault.encrypt("state", Bytes.utf8("both"));
        for (Node expelled : List.of(b, d)) {
            assertThatThrownBy(() -> expelled.vault.decrypt("state", newest)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void theOthersGetTheNewKeyWhenANodeIsExpelled() throws Exception {
        admit(b);
        Node c = new Node("c", 3);
        admit(c);
        FleetDocument fleet = a.vault.fleet().document().orElseThrow();
        a.vault
                .fleet()
                .accept(signed(
                        fleet.expel("interlock.example/b", a.vault.fleet().nextDigest()), ann, bob));
        c.vault.put("railway-read", Store.ORDINARY, new Secret("rw_read_of_c"));
        for (Node node : List.of(a, c, a, c)) {
            assertThat(node.sync()).isEmpty();
        }
        assertThat(a.vault.filled()).contains("railway-read").isEqualTo(c.vault.filled());
    }

    @Test
    void aStateThatOneNodeKeptIsReadByAnother() throws Exception {
        Bytes kept = a.vault.encrypt("receipt-1", Bytes.utf8("as it was"));
        admit(b);
        assertThat(b.vault.decrypt("receipt-1", kept)).isEqualTo(Bytes.utf8("as it was"));
        assertThat(a.vault.decrypt("receipt-2", b.vault.encrypt("receipt-2", Bytes.utf8("x"))))
                .isEqualTo(Bytes.utf8("x"));
        assertThat(b.fingerprint).isEqualTo(a.fingerprint).isEqualTo(Bytes.of(new byte[] {1}));
    }

    /** Two nodes would use up each other's refresh token. */
    @Test
    void aGrantStaysAndTheOtherNodeSaysHowToGetOne() throws Exception {
        a.vault.put(
                "railway-staging",
                Store.ORDINARY,
                new SlotContent(new SlotContent.SecretOrigin.GrantReference("hub"), Optional.empty()));
        a.vault.putGrant(
                "hub",
                new OAuthGrant(
                        "g-1",
                        THERE,
                        "",
                        new TokenEndpoint(THERE, new OAuthClient("client", Optional.empty(), false)),
                        new Secret("the_refresh_token")));
        a.sync();
        admit(b);
        assertThat(b.opened()).contains("interlock upstream renew hub");
        try (Stream<Path> files = Files.list(b.root.resolve("grants"))) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactly("store.key");
        }
    }

    @Test
    void anOlderSealDoesNotReturnAtANewNode() throws Exception {
        Json.Members old = payload;
        payload = old.with("sequence", old.whole("sequence") + 1);
        assertThat(a.opened()).isEqualTo(TOKEN);
        payload = old;
        admit(b);
        assertThat(b.opened()).contains("A newer seal was in force");
    }

    @Test
    void aDecoyIsKnownEverywhereAndItsOriginalStays() throws Exception {
        a.vault.adopt("x", new Vault.AdoptedCredential(new Secret("the_original"), new Secret("the_decoy"), "{}"));
        a.sync();
        admit(b);
        assertThat(b.vault.isDecoy(new Secret("the_decoy"))).isTrue();
        assertThat(b.vault.adopted()).isEmpty();
        assertThat(a.vault.adopted()).containsExactly("x");
    }

    @Test
    void aVaultThatWasLostTakesNothingFromTheOthers() throws Exception {
        admit(b);
        try (Stream<Path> files = Files.list(b.root.resolve("ordinary"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        b.reopen();
        assertThat(b.sync()).isEmpty();
        assertThat(a.sync()).isEmpty();
        assertThat(a.opened()).isEqualTo(TOKEN);
        assertThat(b.opened()).isEqualTo(TOKEN);
    }

    @Test
    void nothingReadableIsInTheStore() throws Exception {
        admit(b);
        String dump = store.values().stream().map(FleetRow::toString).collect(Collectors.joining("\n"));
        Files.writeString(directory.resolve("dump"), dump);
        List<String> sealed = store.values().stream()
                .filter(row -> !row.name().equals("document"))
                .map(row -> new String(Base64.getDecoder().decode(row.sealed()), StandardCharsets.ISO_8859_1))
                .toList();
        Files.writeString(directory.resolve("decoded"), String.join("\n", sealed), StandardCharsets.ISO_8859_1);
        String key = a.vault.fleet().key().use(text -> text);
        for (String secret : List.of(
                TOKEN, "railway-staging", key, key.substring(key.indexOf("value"), key.indexOf("value") + 40))) {
            assertThat(new SecretHunt(secret).in(directory.resolve("dump"))).isEmpty();
            assertThat(new SecretHunt(secret).in(directory.resolve("decoded"))).isEmpty();
        }
        assertThat(new SecretHunt("interlock.example/b").in(directory.resolve("dump")))
                .isNotEmpty();
    }

    @Test
    void whatRootMakesIsTheKeysProcesssAtOnce() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root can give a file away");
        Node fresh = new Node("fresh", 7);
        Files.setAttribute(fresh.root, "unix:uid", 64011);
        fresh.request();
        try (Stream<Path> made = Files.walk(fresh.root.resolve("fleet"))) {
            assertThat(made)
                    .hasSizeGreaterThan(3)
                    .allSatisfy(path ->
                            assertThat(Files.getAttribute(path, "unix:uid")).isEqualTo(64011));
        }
    }

    @Test
    void aRequestIsReadWithTheHintBelowIt() throws IOException {
        FleetDocument request = a.request();
        assertThat(FleetDocument.readWord(request.word() + "\n\nTo be signed at a node, a, b\n"))
                .isEqualTo(request);
    }
}
