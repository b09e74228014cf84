package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests lists at GitHub that a request replaces as a whole. The gateway reads the current state, and people confirm the
 * removals.
 */
@Tag("process")
class ReplacementTest {

    private static final String TOPICS = "/repos/acme/scratch/topics";
    private static final String LABELS = "/repos/acme/scratch/issues/7/labels";

    @TempDir
    private static Path root;

    private static SmallService github;
    private static ServiceGatewayInstallation house;

    @BeforeAll
    static void start() throws Exception {
        github = new SmallService();
        String yaml = ServiceGatewayInstallation.organisation("""
                  github:
                    catalog: github
                    address: "%s"
                    resolver: look
                    credentials:
                      look: {environments: [staging, production], impacts: [read]}
                      work: {environments: [staging], impacts: [read, write, destroy]}
                    resources:
                      "github:repo/acme/*": {environments: [staging]}
                """).formatted(github.address());
        String cedar = ServiceGatewayInstallation.CONFIRMED;
        house = new ServiceGatewayInstallation(
                root,
                Map.of("interlock.yaml", yaml, "policy.cedar", cedar),
                Map.of("look", "looks-only", "work", "works-here"));
        house.seal().expect(0);
        house.up();
    }

    @AfterAll
    static void stop() {
        house.close();
        github.close();
    }

    @BeforeEach
    void stock() {
        github.keep(TOPICS, "{\"names\":[\"java\",\"netty\"]}");
        github.keep(LABELS, "[{\"id\":1,\"name\":\"bug\"}]");
        github.take();
    }

    private static String put(String path, String body) throws Exception {
        return house.curl("PUT", "/github" + path, ServiceGatewayInstallation.json(body));
    }

    @Test
    void aCompleteReplacementIsAWriteAfterTheGatewaysCheck() throws Exception {
        assertThat(put(TOPICS, "{\"names\":[\"cedar\",\"java\",\"netty\"]}")).endsWith("\n200");
        assertThat(github.at(TOPICS)).contains("{\"names\":[\"cedar\",\"java\",\"netty\"]}");
        assertThat(github.take())
                .containsExactly(
                        new SmallService.ServiceRequest("GET", TOPICS + "?per_page=100", "Bearer looks-only"),
                        new SmallService.ServiceRequest("PUT", TOPICS, "Bearer works-here"));
        assertThat(put(LABELS, "{\"labels\":[\"bug\",\"ui\"]}")).endsWith("\n200");
    }

    @Test
    void anIncompleteReplacementWaitsForAPersonWhoSeesTheLoss() throws Exception {
        String held = put(TOPICS, "{\"names\":[\"java\"]}");
        assertThat(held).contains("\"kind\":\"confirmation_required\"");
        assertThat(house.hold(held).canonicalText()).contains("leaves-out").contains("netty");
        assertThat(github.at(TOPICS)).contains("{\"names\":[\"java\",\"netty\"]}");
        house.sign(held, "ann");
        github.take();
        assertThat(put(TOPICS, "{\"names\":[\"java\"]}")).endsWith("\n200");
        assertThat(github.at(TOPICS)).contains("{\"names\":[\"java\"]}");
        // The state is read anew for the decision, and again when the confirmation is used.
        assertThat(github.take().stream().map(SmallService.ServiceRequest::method))
                .isEqualTo(List.of("GET", "GET", "PUT"));
    }

    /** A person signed for the loss of one topic, and another topic was added since: they did not sign for that. */
    @Test
    void aChangedStateVoidsTheSignature() throws Exception {
        String held = put(TOPICS, "{\"names\":[\"java\"]}");
        house.sign(held, "ann");
        github.keep(TOPICS, "{\"names\":[\"java\",\"netty\",\"pci\"]}");
        String again = put(TOPICS, "{\"names\":[\"java\"]}");
        assertThat(again).contains("\"kind\":\"confirmation_required\"");
        assertThat(house.hold(again).canonicalText()).contains("pci");
        assertThat(github.at(TOPICS)).contains("{\"names\":[\"java\",\"netty\",\"pci\"]}");
    }

    /** The state outside of the lease must stay hidden: not even a verdict may depend on it. */
    @Test
    void outsideTheLeaseNoCheckIsSent() throws Exception {
        github.keep("/repos/other/shop/topics", "{\"names\":[\"java\"]}");
        assertThat(put("/repos/other/shop/topics", "{\"names\":[\"java\"]}")).contains("\"kind\":\"denied\"");
        assertThat(github.take()).isEmpty();
    }

    /** The same holds for a lease that was narrowed to other resources, or to reads: guesses would reveal the state. */
    @Test
    void resourcesRemovedByNarrowingAreOutsideTheLease() throws Exception {
        for (String narrowed : List.of("{\"resources\":[\"github:repo/acme/other\"]}", "{\"impacts\":[\"read\"]}")) {
            String child = house.derive(narrowed);
            String kept = house.curlUnder(
                    child,
                    "PUT",
                    "/github" + TOPICS,
                    ServiceGatewayInstallation.json("{\"names\":[\"java\",\"netty\"]}"));
            String left = house.curlUnder(
                    child, "PUT", "/github" + TOPICS, ServiceGatewayInstallation.json("{\"names\":[\"java\"]}"));
            assertThat(kept).contains("\"kind\":\"denied\"");
            assertThat(left.replaceAll("R-\\w+", "")).isEqualTo(kept.replaceAll("R-\\w+", ""));
        }
        assertThat(github.take()).isEmpty();
    }

    @Test
    void anUnknownStateIsTheWorstCase() throws Exception {
        github.keep(TOPICS, "{\"names\":null}");
        assertThat(put(TOPICS, "{\"names\":[\"java\",\"netty\"]}")).contains("\"kind\":\"confirmation_required\"");
        github.forget(TOPICS);
        assertThat(put(TOPICS, "{\"names\":[\"java\",\"netty\"]}")).contains("\"kind\":\"confirmation_required\"");
        // Further forms of the body that GitHub accepts.
        assertThat(put(LABELS, "[\"bug\"]")).contains("\"kind\":\"confirmation_required\"");
        // Names in objects are not read, so they may be those that something starts at, which is not in the lease.
        assertThat(put(LABELS, "{\"labels\":[{\"name\":\"bug\"}]}"))
                .contains("\"kind\":\"denied\"", "does not allow `execute`");
        assertThat(github.take().stream().map(SmallService.ServiceRequest::method))
                .doesNotContain("PUT");
    }
}
