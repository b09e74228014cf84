package dev.interlock.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Bytes;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Seal;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.author.PolicyDirectory.LoadResult;
import dev.interlock.author.PolicyTests;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.CatalogView;
import dev.interlock.catalog.Catalogs;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SealDocument;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.policy.Policies;
import dev.interlock.policy.PolicyProblem;
import dev.interlock.policy.SealsInForce;
import dev.interlock.policy.SealsInForce.AdoptionResult;
import dev.interlock.policy.SqliteSealStore;
import dev.interlock.store.Database;
import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests an organisation's own catalog: exactly the sealed one is read. */
class OwnCatalogTest {

    private static final Instant NOW = Instant.parse("2026-11-20T08:00:00Z");
    private static final String SHOP = Catalogs.example("rest");

    /** A GitHub in which nothing does harm. */
    private static final String TAME = SHOP.replace("provider: shop", "provider: github");

    private static final String YAML = """
        organisation: acme
        environments:
          production: {protected: true}
          staging: {protected: false}
        upstreams:
          shop: {catalog: shop, address: "https://shop.example"}
        """;

    @TempDir
    Path directory;

    private final TestingKey key = TestingKey.software();
    private final CatalogFacts facts = CatalogView.facts();

    @BeforeEach
    void write() throws IOException {
        Files.createDirectory(directory.resolve("catalogs"));
        file("interlock.yaml", YAML);
        file("catalogs/shop.yaml", SHOP);
        file("policy.cedar", """
            @id("orders")
            permit (principal, action == Operation::Action::"shop/orders/hold", resource);
            """);
    }

    private void file(String name, String text) throws IOException {
        Files.writeString(directory.resolve(name), text);
    }

    private PolicyDirectory sound() throws IOException {
        return load() instanceof LoadResult.SoundDirectory sound ? sound.directory() : fail(problems());
    }

    private static PolicyDirectory fail(List<String> problems) {
        throw new AssertionError(problems);
    }

    private LoadResult load() throws IOException {
        return PolicyDirectory.load(directory, facts);
    }

    private List<String> problems() throws IOException {
        return load() instanceof LoadResult.InvalidDirectory broken
                ? broken.problems().stream().map(PolicyProblem::toString).toList()
                : List.of();
    }

    @Test
    void anOwnCatalogIsSealedWholeAndPinnedByDigest() throws IOException {
        Seal draft = sound().draft();
        assertThat(draft.catalogs())
                .containsExactly(Map.entry("shop", Bytes.utf8(SHOP).sha256()));
        assertThat(draft.ownCatalogs()).containsExactly(Map.entry("shop", new Seal.OwnCatalog("shop", SHOP, false)));
        AdoptionResult adoption = adopt(UnaryOperator.identity());
        assertThat(adoption)
                .isInstanceOfSatisfying(
                        AdoptionResult.AdoptedSeal.class,
                        adopted -> assertThat(adopted.seal().ownCatalogs()).isEqualTo(draft.ownCatalogs()));
    }

    @Test
    void policiesAndTestsKnowItsOperations() throws IOException {
        file("policy.test.yaml", """
            tests:
              - name: orders are not deleted
                given: {agent: sam/bot, lease: {environments: [staging], impacts: [destroy]}}
                when:
                  operation: shop/orders/delete
                  resource: shop:order/o-1
                  environments: [staging]
                expect: refuse
            """);
        file("interlock.yaml", YAML + """
            people:
              sam: {groups: [owners], keys: ["%s"]}
            agents:
              sam/bot: {owner: sam, teams: [bots]}
            """.formatted(key.line()));
        assertThat(PolicyTests.run(sound(), facts, LimitEnforcer::limitedInRehearsal))
                .allMatch(PolicyTests.ScenarioResult::passed)
                .hasSize(1);
        file("policy.cedar", """
            @id("orders")
            permit (principal, action == Operation::Action::"shop/orders/burn", resource);
            """);
        assertThat(problems()).singleElement().asString().contains("shop/orders/burn");
    }

    @Test
    void anOwnCatalogIsReadOnlyFromTheSeal() throws IOException {
        Seal seal = sound().draft();
        file("catalogs/shop.yaml", SHOP.replace("impacts: [destroy]", "impacts: [write]"));
        Catalog shop = Catalogs.builtIn().of(seal).find("shop").orElseThrow();
        HttpCall call = new HttpCall("DELETE", "shop.example", "/orders/o-1", List.of(), List.of(), Bytes.empty());
        assertThat(shop.read(call))
                .isInstanceOfSatisfying(
                        CallReading.CallMeaning.class,
                        read -> assertThat(read.actions().getFirst().impacts()).containsExactly(Impact.DESTROY));
        assertThat(Catalogs.builtIn().find("shop")).isEmpty();
        assertThat(facts.possible(new Operation("shop", "orders/delete"))).isEmpty();
    }

    /** The right key signed each of these; a valid signature does not prove valid contents. */
    @Test
    void aSealWhoseCatalogIsAnotherThanThePinnedOneIsNotAdopted() throws IOException {
        assertThat(reason(adopt(seal -> own(seal, SHOP + "# changed\n", false))))
                .contains("has changed since");
        assertThat(reason(adopt(seal -> seal.with("own_catalogs", Json.object()))))
                .contains("there is no catalog `shop`");
        assertThat(reason(adopt(seal -> own(seal, "provider: shop\n", false)))).contains("format");
        assertThat(reason(adopt(seal -> own(seal, TAME, false)))).contains("its `provider` is `github`");
        assertThat(reason(adopt(seal -> own(seal, SHOP, true)))).contains("does not come with Interlock");
        assertThat(reason(adopt(seal -> seal.with("catalogs", Json.object())))).contains("no upstream has the catalog");
    }

    @Test
    void aBuiltInOneIsReplacedOnlyWhereTheSealSaysSoByName() throws IOException {
        Files.delete(directory.resolve("catalogs/shop.yaml"));
        Files.delete(directory.resolve("policy.cedar"));
        file("catalogs/github.yaml", TAME);
        file("interlock.yaml", YAML.replace("catalog: shop", "catalog: github"));
        assertThat(problems())
                .singleElement()
                .asString()
                .contains("catalogs/github.yaml: `github` comes with Interlock");
        file("interlock.yaml", YAML.replace("catalog: shop", "catalog: github") + "replaced-catalogs: [github]\n");
        Seal replaced = sound().draft();
        assertThat(replaced.catalogs()).containsEntry("github", Bytes.utf8(TAME).sha256());
        assertThat(names(Catalogs.builtIn().of(replaced)))
                .contains("orders/hold")
                .doesNotContain("repos/delete");
        Seal quiet = Seal.empty("x", "acme", 1, NOW, NOW).with(parts -> {
            parts.catalogs = replaced.catalogs();
            parts.ownCatalogs = Map.of("github", new Seal.OwnCatalog("github", TAME, false));
        });
        assertThatThrownBy(() -> Catalogs.builtIn().of(quiet)).hasMessageContaining("comes with Interlock");
    }

    private static List<String> names(Catalogs catalogs) {
        return catalogs.find("github").orElseThrow().operations().stream()
                .map(entry -> entry.operation().name())
                .toList();
    }

    @Test
    void aReplacedCatalogMustExist() throws IOException {
        file("interlock.yaml", YAML + "replaced-catalogs: [github]\n");
        assertThat(problems()).singleElement().asString().contains("`replaced-catalogs` names `github`");
    }

    @Test
    void mistakesAreReportedWithFileAndKey() throws IOException {
        file("catalogs/shop.yaml", SHOP.replace("[destroy]", "[destory]"));
        assertThat(problems())
                .singleElement()
                .asString()
                .startsWith("catalogs/shop.yaml: ")
                .contains("`operations.orders/delete.impacts.[0]`: `destory` is not an impact");
        file("catalogs/shop.yaml", SHOP.replace("provider: shop", "provider: store"));
        assertThat(problems()).singleElement().asString().contains("its `provider` is `store`");
    }

    @Test
    void anUnusedCatalogIsReportedAndNotSealed() throws IOException {
        file("catalogs/tickets.yaml", Catalogs.example("graphql"));
        file("catalogs/notes.txt", "");
        assertThat(load()).isInstanceOfSatisfying(LoadResult.SoundDirectory.class, sound -> {
            assertThat(sound.directory().draft().ownCatalogs()).containsOnlyKeys("shop");
            assertThat(sound.warnings().stream()
                            .map(warning -> warning.problem().file()))
                    .containsExactlyInAnyOrder("catalogs/tickets.yaml", "catalogs/notes.txt");
        });
    }

    private AdoptionResult adopt(UnaryOperator<Json.Members> change) throws IOException {
        Envelope made = sound().toSign(1, NOW);
        Json.Members payload = change.apply(Json.readObject(payload(made)));
        Envelope envelope = Envelope.of(SealDocument.PAYLOAD_TYPE, payload.canonical());
        Envelope signed = envelope.signedBy(key.sign(SealDocument.NAMESPACE, envelope.pae()));
        Path store = Files.createTempDirectory(directory, ".store");
        try (Database database = Database.open(store.resolve("s.db"), SqliteSealStore.SCHEMAS)) {
            return new SealsInForce(
                            new SqliteSealStore(database),
                            new SealsInForce.SealSigners(Set.of(key.publicKey()), 1),
                            new NoAnchor(),
                            facts,
                            new Policies(_ -> ""),
                            () -> NOW)
                    .adopt(signed.write());
        }
    }

    private byte[] payload(Envelope envelope) throws IOException {
        try {
            return envelope.signedBy(key.sign(SealDocument.NAMESPACE, envelope.pae()))
                    .verify(SealDocument.PAYLOAD_TYPE, SealDocument.NAMESPACE, Set.of(key.publicKey()), 1)
                    .payload();
        } catch (dev.interlock.evidence.BadSignatureException e) {
            throw new AssertionError(e);
        }
    }

    private static Json.Members own(Json.Members seal, String text, boolean replaces) {
        return seal.with(
                "own_catalogs",
                Json.object().with("shop", Json.object().with("text", text).with("replaces_built_in", replaces)));
    }

    private static String reason(AdoptionResult adoption) {
        return ((AdoptionResult.RejectedSeal) adoption).reason();
    }

    private static final class NoAnchor implements SealsInForce.SequenceRecord {
        @Override
        public long highest() {
            return 0;
        }

        @Override
        public void anchor(Seal seal) {}
    }
}
