package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.catalog.Catalogs;
import dev.interlock.evidence.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests an organisation's own service with a catalog that is in no build of Interlock. */
@Tag("process")
class OwnCatalogTest {

    private static final String SHOP = Catalogs.example("rest");
    private static final String LIVE = "production's own, 0123456789";

    private static final String CEDAR = """
            @id("work")
            permit (principal, action in [Impact::Action::"read", Impact::Action::"write"],
                    resource in Environment::"staging");
            @id("an-owner-may-let-an-agent-destroy")
            @confirm("1 of owners")
            permit (principal, action in Impact::Action::"destroy", resource in Environment::"staging");
            @id("by-name")
            forbid (principal, action == Operation::Action::"shop/orders/hold", resource)
            unless { resource == Resource::"shop:order/t-9" };
            """;

    @TempDir
    private static Path root;

    private static SmallService service;
    private static ServiceGatewayInstallation house;

    @BeforeAll
    static void start() throws Exception {
        service = new SmallService();
        house = new ServiceGatewayInstallation(
                root,
                Map.of("interlock.yaml", yaml(), "policy.cedar", CEDAR, "catalogs/shop.yaml", SHOP),
                Map.of("shop", "the-real-one", "shop-live", LIVE));
        house.seal().expect(0);
        house.up();
    }

    private static String yaml() {
        return ServiceGatewayInstallation.organisation("""
                  orders:
                    catalog: shop
                    address: "%s"
                    credentials:
                      shop: {environments: [staging], impacts: [read, write, destroy]}
                      shop-live: {environments: [production], impacts: [read]}
                    resources:
                      "shop:order/o-1": {environments: [staging]}
                      "shop:order/o-2": {environments: [staging]}
                      "shop:order/t-*": {environments: [staging]}
                      "shop:order/t-live": {environments: [production]}
                """).formatted(service.address());
    }

    @AfterAll
    static void stop() {
        house.close();
        service.close();
    }

    @BeforeEach
    void stock() {
        service.keep("/orders/o-1", "{\"customer\":\"ann\"}");
        service.keep("/orders/o-2", "{\"customer\":\"bob\"}");
        service.take();
    }

    @Test
    void aCataloguedReadIsForwardedWithTheRealCredential() throws Exception {
        assertThat(house.curl("GET", "/orders/orders/o-1")).isEqualTo("{\"customer\":\"ann\"}\n200");
        assertThat(service.take())
                .containsExactly(new SmallService.ServiceRequest("GET", "/orders/o-1", "Bearer the-real-one"));
    }

    /** A service in staging may know production's credential; the agent there must not get it. */
    @Test
    void anAnswerThatQuotesAnotherCredentialIsWithheld() throws Exception {
        String encoded = Base64.getEncoder().encodeToString(("shop:" + LIVE).getBytes(StandardCharsets.UTF_8));
        for (String quoted : List.of(LIVE, encoded, LIVE.replace("'", "\\u0027"))) {
            service.keep("/orders/o-1", "{\"customer\":\"" + quoted + "\"}");
            assertThat(house.curl("GET", "/orders/orders/o-1")).as(quoted).isEqualTo("200");
        }
        assertThat(house.curl("GET", "/orders/orders/o-2")).isEqualTo("{\"customer\":\"bob\"}\n200");
    }

    @Test
    @Tag("promise")
    void unlistedAndForbiddenCallsNeverArrive() throws Exception {
        assertThat(house.curl("POST", "/orders/orders/o-1/refund"))
                .contains("\"kind\":\"not_understood\"", "\"finality\":\"final\"");
        assertThat(house.curl("GET", "/orders/orders/o-1?secret=1"))
                .contains("\"kind\":\"not_understood\"", "\"finality\":\"retryable\"");
        assertThat(house.curl("POST", "/orders/orders/o-1/hold")).contains("\"kind\":\"denied\"");
        assertThat(house.curl("GET", "/orders/orders/o-3")).contains("\"kind\":\"denied\"");
        assertThat(service.take()).isEmpty();
    }

    @Test
    void aCataloguedDestructionWaitsForAPerson() throws Exception {
        String held = house.curl("DELETE", "/orders/orders/o-2");
        assertThat(held)
                .contains("\"kind\":\"confirmation_required\"")
                .as("it would be denied as well")
                .doesNotContain("Put the order on hold");
        assertThat(service.at("/orders/o-2")).isPresent();
        house.sign(held, "ann");
        assertThat(house.curl("DELETE", "/orders/orders/o-2")).endsWith("\n200");
        assertThat(service.at("/orders/o-2")).isEmpty();
    }

    @Test
    void aPermittedAlternativeIsNamed() throws Exception {
        assertThat(house.curl("DELETE", "/orders/orders/t-9"))
                .contains("\"kind\":\"confirmation_required\"", "Put the order on hold");
        assertThat(service.take()).isEmpty();
    }

    /** An agent that invents a name cannot invent the resource's environment. */
    @ParameterizedTest
    @CsvSource({
        "t-9, 200, ok",
        "t-live, 403, denied",
        "t-LIVE, 403, denied",
        "t-live., 403, denied",
        "t-live%2e, 403, denied",
        "t-%6Cive, 403, denied",
        "t-, 403, denied",
        "T-9, 403, denied",
        "t-9;x, 403, denied",
        "t-9%00, 403, not_understood",
        "t-9%2Fx, 403, not_understood",
        "t-9/, 403, not_understood",
        "x/../t-9, 403, not_understood",
        "t-9%20, 403, not_understood",
        "t-%EF%BD%8Cive, 403, not_understood"
    })
    void aPatternPlacesOnlyWhatItNames(String order, int status, String kind) throws Exception {
        service.keep("/orders/t-9", "{\"ok\":1}");
        String answer = house.curl("GET", "/orders/orders/" + order, "--path-as-is");
        assertThat(answer).endsWith("\n" + status).contains(kind);
        assertThat(service.take()).hasSize(kind.equals("ok") ? 1 : 0);
    }

    @Test
    void peopleSeeThePatternsCoverage() throws Exception {
        assertThat(house.admin().call("inventory.check", Json.object()).objects("patterns"))
                .singleElement()
                .satisfies(pattern -> assertThat(pattern.text("covers"))
                        .contains("`shop:order/t-*` places in `staging`")
                        .contains(", except `shop:order/t-live` in `production`"));
    }

    /** Nothing is known about a resource that no environment contains and no list names: reads of it are refused. */
    @Test
    void unplacedResourcesCannotBeRead() throws Exception {
        String yaml = Files.readString(root.resolve("policy/interlock.yaml"));
        house.write("interlock.yaml", yaml.replaceAll("(?m)^ +resources:\\n(?: +\"shop:.*\\n)+", ""));
        house.seal().expect(0);
        Programs.ProgramResult checked = house.interlock("", "inventory", "check", "--config=" + house.config());
        house.write("interlock.yaml", yaml);
        house.seal().expect(0);
        assertThat(checked.exit()).isEqualTo(69);
        assertThat(checked.err()).contains("not checked: orders: ");
        assertThat(checked.out()).isEmpty();
    }

    /** A refusal is explained by its receipt, and the effects of a draft are shown before it is sealed. */
    @Test
    void refusalsAreExplainedAndDraftsReplayed() throws Exception {
        assertThat(house.curl("POST", "/orders/orders/o-1/hold")).contains("\"kind\":\"denied\"");
        String explained = house.policy("explain", newest("refused").text("id")).out();
        assertThat(explained).contains("by-name", "shop/orders/hold");

        assertThat(house.policy("replay").out()).contains("attempts replayed").doesNotContain("shop/orders/hold");
        house.write("policy.cedar", CEDAR.substring(0, CEDAR.indexOf("@id(\"by-name\")")));
        Programs.ProgramResult loosened = house.policy("replay");
        house.write("policy.cedar", CEDAR);
        assertThat(loosened.exit()).isEqualTo(1);
        assertThat(loosened.out()).contains("shop/orders/hold");
    }

    /** In observe mode, a call that no policy permits goes, and is counted as such. */
    @Test
    void observeModeForwardsUnpermittedCallsMarkedSo() throws Exception {
        String yaml = Files.readString(root.resolve("policy/interlock.yaml"));
        String nothing = CEDAR.substring(CEDAR.indexOf("@id(\"an-owner"));
        house.write("policy.cedar", nothing);
        house.seal().expect(0);
        assertThat(house.curl("GET", "/orders/orders/o-1")).contains("\"kind\":\"denied\"");
        house.write("interlock.yaml", yaml + "observe: {for: 1h}\n");
        house.seal().expect(0);
        assertThat(house.curl("GET", "/orders/orders/o-1")).isEqualTo("{\"customer\":\"ann\"}\n200");
        assertThat(newest("intent").object("observed").text("verdict")).isEqualTo("refuse");
        assertThat(house.curl("POST", "/orders/orders/o-1/hold")).contains("\"kind\":\"denied\"");
        house.write("interlock.yaml", yaml);
        house.write("policy.cedar", CEDAR);
        house.seal().expect(0);
    }

    private static Json.Members newest(String kind) throws Exception {
        return house.admin().call("receipts", Json.object().with("limit", 10)).items("receipts").stream()
                .map(Json.Members.class::cast)
                .filter(receipt -> receipt.text("kind").equals(kind))
                .findFirst()
                .orElseThrow();
    }

    /** A user who can write in the policy directory still cannot seal. */
    @Test
    void aChangedFileCountsOnlyOnceSealed() throws Exception {
        house.write(
                "catalogs/shop.yaml",
                SHOP.replace("impacts: [destroy]", "impacts: [write]").replace(": irreversible", ": recoverable"));
        assertThat(house.curl("DELETE", "/orders/orders/o-1")).contains("\"kind\":\"confirmation_required\"");
        house.down();
        house.up();
        assertThat(house.curl("DELETE", "/orders/orders/o-1")).contains("\"kind\":\"confirmation_required\"");
        assertThat(service.at("/orders/o-1")).isPresent();
        house.seal().expect(0);
        assertThat(house.curl("DELETE", "/orders/orders/o-1")).endsWith("\n200");
        house.write("catalogs/shop.yaml", SHOP);
        house.seal().expect(0);
        assertThat(house.curl("DELETE", "/orders/orders/o-1")).contains("\"kind\":\"confirmation_required\"");
    }
}
