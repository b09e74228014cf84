package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.catalog.Catalogs;
import dev.interlock.evidence.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests a sealed budget and a sealed sequence in the running program: neither a child lease nor a crash resets them.
 */
@Timeout(300)
@Tag("process")
final class BudgetTest {

    private static final String WRITES = "The budget `writes` permits 2 within 1 h for the lease `L-";
    private static final String FOLLOWS =
            "The sequence `held-then-deleted` forbids that `shop/orders/delete` follows `shop/orders/hold`";

    @TempDir
    private Path root;

    private SmallService service;
    private ServiceGatewayInstallation house;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(Programs.has("curl"), "curl is not installed");
        service = new SmallService();
        house = new ServiceGatewayInstallation(
                root,
                Map.of(
                        "interlock.yaml",
                        yaml(),
                        "policy.cedar",
                        ServiceGatewayInstallation.CONFIRMED,
                        "catalogs/shop.yaml",
                        Catalogs.example("rest")),
                Map.of("shop", "the-real-one"));
        for (int i = 1; i <= 6; i++) {
            service.keep("/orders/o-" + i, "{}");
            service.keep("/orders/o-" + i + "/hold", "{}");
        }
        house.seal().expect(0);
        house.up();
    }

    private String yaml() {
        return (ServiceGatewayInstallation.organisation("""
                  orders:
                    catalog: shop
                    address: "%s"
                    credentials:
                      shop: {environments: [staging], impacts: [read, write, destroy]}
                    resources:
                      "shop:order/o-*": {environments: [staging]}
                """) + """
                budgets:
                  writes: {per: [lease], impacts: [write], at-most: 2, within: 1h}
                sequences:
                  held-then-deleted:
                    after: {operations: [shop/orders/hold]}
                    impacts: [destroy]
                    same: [resource]
                    within: 1h
                """).formatted(service.address());
    }

    @AfterEach
    void close() {
        house.close();
        service.close();
    }

    @Test
    void childrenAndCrashesDoNotResetBudgets() throws Exception {
        String parent = house.lease();
        String child = house.derive("{}");
        assertThat(hold(parent, "o-1")).endsWith("\n200");
        assertThat(hold(child, "o-2")).endsWith("\n200");
        assertUsedUp(parent, child);

        house.crash();
        assertUsedUp(parent, child);
        assertUsedUp(house.derive("{}"), house.derive("{\"ttl\":\"10m\"}"));
        String asked = delete(child, "o-3"); // no lease put this order on hold
        assertThat(asked).contains("\"kind\":\"confirmation_required\"");
        house.sign(asked, "ann");
        assertThat(delete(child, "o-3")).endsWith("\n200");

        // Another lease has a budget of its own. The sequence applies to the order, under any lease.
        house.issue();
        assertThat(hold(house.lease(), "o-4")).endsWith("\n200");
        assertThat(delete(house.lease(), "o-1")).contains(FOLLOWS).endsWith("\n403");
        assertThat(service.take())
                .extracting(arrived -> arrived.method() + " " + arrived.target())
                .containsExactly(
                        "POST /orders/o-1/hold",
                        "POST /orders/o-2/hold",
                        "DELETE /orders/o-3",
                        "POST /orders/o-4/hold");
    }

    private void assertUsedUp(String... leases) throws Exception {
        for (String lease : leases) {
            assertThat(hold(lease, "o-5"))
                    .contains("\"kind\":\"denied\"", WRITES, "2 are used, and this request needs 1.")
                    .endsWith("\n403");
            assertThat(newestLimits()).containsExactly("budget writes");
            assertThat(delete(lease, "o-1"))
                    .contains("\"kind\":\"denied\"", FOLLOWS)
                    .endsWith("\n403");
            assertThat(newestLimits()).containsExactly("sequence held-then-deleted");
        }
    }

    private String hold(String lease, String order) throws Exception {
        return house.curlUnder(lease, "POST", "/orders/orders/" + order + "/hold");
    }

    private String delete(String lease, String order) throws Exception {
        return house.curlUnder(lease, "DELETE", "/orders/orders/" + order);
    }

    /** Returns the limits in the newest refusal's receipt. */
    private List<String> newestLimits() throws Exception {
        return house.admin().call("receipts", Json.object().with("limit", 10)).items("receipts").stream()
                .map(Json.Members.class::cast)
                .filter(receipt -> receipt.text("kind").equals("refused"))
                .findFirst()
                .orElseThrow()
                .texts("limits");
    }
}
