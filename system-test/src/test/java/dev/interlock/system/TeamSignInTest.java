package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** Tests single sign-on to the console with a real browser and a real provider; it confirms nothing. */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Tag("process")
final class TeamSignInTest {

    private static final String ANN = "00u8x2k1QmZ";

    private TeamProvider provider;
    private Installation installation;
    private RealBrowser browser;
    private boolean started;

    @BeforeAll
    void open() throws Exception {
        RealBrowser.assumeInstalled();
        assumeTrue(TeamProvider.isInstalled(), "oidc-provider is not below " + TeamProvider.modules());
        provider = new TeamProvider();
        installation = Installation.openWithTeam(provider, ANN);
        browser = new RealBrowser(installation);
    }

    /** Only the first test has none. */
    private void startTheProvider() throws IOException {
        if (!started) {
            provider.start(installation.root(), installation.console() + "/signin/returned");
            started = true;
        }
    }

    @AfterAll
    void close() throws IOException {
        if (installation != null) {
            installation.close();
        }
        if (provider != null) {
            provider.close();
        }
    }

    private Json.Members order(String flow, String login) throws IOException {
        return browser.order(flow).with("provider", provider.issuer()).with("login", login);
    }

    private List<Json.Members> sessions() throws IOException {
        return installation.admin("console.sessions", Json.object()).objects("sessions");
    }

    private List<Json.Members> signIns() throws IOException {
        return installation.receipts().stream()
                .filter(receipt -> receipt.optionalText("command").orElse("").equals("login.oidc.callback"))
                .toList();
    }

    @Test
    @Order(1)
    void anUnreachableProviderIsReportedAndRefusesSignIn() throws Exception {
        browser.browse(order("gone", ANN));
        assertThat(sessions()).isEmpty();
    }

    @Test
    @Order(2)
    void aPersonUnknownToTheSealIsRefusedOnRecord() throws Exception {
        startTheProvider();
        browser.browse(order("unknown", "mallory"));
        assertThat(signIns()).singleElement().satisfies(receipt -> {
            assertThat(receipt.text("result")).isEqualTo("rejected");
            assertThat(receipt.text("reason")).contains("`mallory`");
        });
        assertThat(sessions()).isEmpty();
    }

    @Test
    @Order(3)
    void aSingleSignOnUserViewsAndDeniesButCannotSign() throws Exception {
        startTheProvider();
        Agent agent = installation.agent();
        String hold = agent.ask(Agent.delete(TestingRailway.disposable(0))).hold();
        browser.browse(order("team", ANN).with("hold", hold).with("reason", "not today"));
        Agent.Answer answer = agent.ask(Agent.delete(TestingRailway.disposable(0)));
        assertThat(answer.kind()).isEqualTo("denied");
        assertThat(answer.body()).contains("ann denied it: not today");
        assertThat(installation.railway().exists(TestingRailway.disposable(0))).isTrue();
        assertThat(signIns()).first().satisfies(receipt -> {
            assertThat(receipt.text("result")).isEqualTo("accepted");
            assertThat(receipt.text("signer")).isEqualTo("ann");
            assertThat(receipt.text("subject")).isEqualTo(ANN);
        });
        assertThat(installation.receipts())
                .filteredOn(
                        receipt -> receipt.optionalText("command").orElse("").equals("hold.deny"))
                .singleElement()
                .satisfies(receipt -> {
                    assertThat(receipt.text("peer")).isEqualTo("ann");
                    assertThat(receipt.text("issuer")).isEqualTo(provider.issuer());
                });
        assertThat(installation.said()).doesNotContain(TeamProvider.SECRET);
    }

    @Test
    @Order(4)
    void aSessionEndsWithTheSealThatNamedItsPerson() throws Exception {
        startTheProvider();
        Process node = browser.start(order("ends", ANN));
        BufferedReader said = node.inputReader(StandardCharsets.UTF_8);
        assertThat(said.readLine()).isEqualTo("in");
        installation.seal(policy -> policy.replace(ANN, ANN + "x"));
        String rest = said.lines().reduce("", (a, b) -> a + "\n" + b);
        assertThat(node.waitFor()).as(rest).isZero();
        installation.seal(policy -> policy.replace(ANN + "x", ANN));
    }

    @Test
    @Order(5)
    void aSessionEndsWithAKillOfItsPerson() throws Exception {
        startTheProvider();
        List<Json.Members> earlier = sessions();
        Process node = browser.start(order("ends", ANN));
        BufferedReader said = node.inputReader(StandardCharsets.UTF_8);
        assertThat(said.readLine()).isEqualTo("in");
        assertThat(sessions())
                .filteredOn(session ->
                        earlier.stream().noneMatch(one -> one.text("session").equals(session.text("session"))))
                .singleElement()
                .satisfies(session -> {
                    assertThat(session.text("who")).isEqualTo("ann");
                    assertThat(session.text("by")).isEqualTo(provider.issuer());
                });
        installation.admin("kill", Json.object().with("person", "ann"));
        String rest = said.lines().reduce("", (a, b) -> a + "\n" + b);
        assertThat(node.waitFor()).as(rest).isZero();
    }
}
