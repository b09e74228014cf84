package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

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

/**
 * Tests people at the console with a real browser. Its pictures stay below {@code target/console}. Each test has a
 * volume and a person of its own; what holds for all that follows, another seal and a kill, comes last.
 */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Tag("process")
final class ConsoleTest {

    private Installation installation;
    private Agent agent;
    private RealBrowser browser;

    /** A hold for what is in production, of which nobody knows more yet. */
    private String hold;

    @BeforeAll
    void open() throws Exception {
        RealBrowser.assumeInstalled();
        installation = Installation.openWithConsole();
        agent = installation.agent();
        browser = new RealBrowser(installation);
        hold = ConsoleStage.play(installation);
    }

    @AfterAll
    void close() throws IOException {
        if (installation != null) {
            installation.close();
        }
    }

    private Json.Members order(String flow) throws IOException {
        return browser.order(flow);
    }

    private void browse(Json.Members order) throws Exception {
        browser.browse(order);
    }

    @Test
    @Order(1)
    void everyPageIsAccessible() throws Exception {
        Json.Members more = Json.object().with("elevation", "/holds/" + elevation());
        browse(order("pages").with("hold", hold).with("more", more));
        RealBrowser.publish("live-desktop-dark", "live-dark");
        RealBrowser.publish("live-desktop-light", "live-light");
    }

    /** Makes an agent without production ask for an elevation. */
    private String elevation() throws IOException {
        String lease = installation.admin("lease.list", Json.object()).objects("leases").stream()
                .filter(one -> !one.texts("environments").contains("production"))
                .findFirst()
                .orElseThrow()
                .text("id");
        return installation
                .admin(
                        "elevation.open",
                        Json.object()
                                .with("lease", lease)
                                .withTexts("environments", List.of("production"))
                                .withTexts("impacts", List.of("read", "write"))
                                .with("reason", "to compare"))
                .text("hold");
    }

    @Test
    void aCodeOpensOnce() throws Exception {
        browse(order("code"));
    }

    @Test
    void aDenialReachesTheAgent() throws Exception {
        String volume = TestingRailway.disposable(2);
        String asked = agent.ask(Agent.delete(volume)).hold();
        browse(order("deny").with("hold", asked).with("reason", "the load test still runs on it"));
        Agent.Answer answer = agent.ask(Agent.delete(volume));
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.kind()).isEqualTo("denied");
        assertThat(answer.body()).contains("the load test still runs on it");
        assertThat(installation.railway().exists(volume)).isTrue();
    }

    private Json.Members invited(String person, String hold) throws IOException {
        return order("sign")
                .with("hold", hold)
                .with("person", person)
                .with(
                        "invitation",
                        installation
                                .admin("passkey.invite", Json.object().with("person", person))
                                .text("address"));
    }

    @Test
    void aSignerTypesTheNameAndAnotherOwnerIsStillMissing() throws Exception {
        String name = "railway:volume/" + TestingRailway.SHARED;
        browse(invited("ann", hold).with("wrong", name + "0").with("name", name));
        RealBrowser.publish("sign-dark", "hold-dark");
        RealBrowser.publish("sign-light", "hold-light");
        Json.Members shown = installation.admin("hold.show", Json.object().with("hold", hold));
        assertThat(shown.texts("signers")).containsExactly("ann");
        assertThat(shown.text("state")).isEqualTo("open");
        assertThat(shown.texts("missing")).anyMatch(missing -> missing.contains("2 of owners"));
    }

    @Test
    @Tag("promise")
    void anApprovalReleasesTheCallOnceAndTheFreezeIsLifted() throws Exception {
        String volume = TestingRailway.disposable(3);
        String asked = agent.ask(Agent.delete(volume)).hold();
        Process node = browser.start(invited("sam", asked).with("flow", "thaw"));
        BufferedReader said = node.inputReader(StandardCharsets.UTF_8);
        assertThat(said.readLine()).isEqualTo("signed");
        Agent.Answer answer = agent.ask(Agent.delete(volume));
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(installation.railway().exists(volume)).isFalse();
        String rest = said.lines().reduce("", (a, b) -> a + "\n" + b);
        assertThat(node.waitFor()).as(rest).isZero();
        String released = answer.receipt().orElseThrow();
        // The agent gets its answer before the outcome is recorded.
        Programs.await("it is on record", () -> !installation.outcomes(released).isEmpty());
        assertThat(installation.outcomes(released)).containsExactly("done");
        assertThat(installation.admin("freeze.list", Json.object()).objects("freezes"))
                .isEmpty();
        assertThat(installation.receipts())
                .filteredOn(
                        receipt -> receipt.optionalText("command").orElse("").equals("freeze.lift"))
                .singleElement()
                .satisfies(receipt -> assertThat(receipt.text("result")).isEqualTo("accepted"));
    }

    /** A stranger with the ledger and the seal sees that it was their passkey. */
    @Test
    void aRehearsalIsSignedByPasskey() throws Exception {
        Json.Members left = ConsoleStage.practise(installation);
        browse(invited("jer", "").with("flow", "practice").with("words", left.text("words")));
        Json.Members receipt = installation.receipts().stream()
                .filter(one -> one.optionalText("command").orElse("").equals("backup.rehearsal"))
                .filter(one -> one.text("signature").contains("webauthn"))
                .findFirst()
                .orElseThrow();
        assertThat(receipt.text("person")).isEqualTo("jer");
        assertThat(receipt.optionalText("entrance")).contains("console");
        List<String> verify = List.of(
                "verify",
                installation.ledger().toString(),
                "--vkey",
                installation.logKey(),
                "--seal",
                installation.root().resolve("data/seals").toString(),
                "--seal-key",
                installation.key("sealer") + ".pub");
        installation.interlock(verify, "").expect(0);
    }

    @Test
    @Order(Integer.MAX_VALUE - 1)
    void weakerBackupRequirementsAreRedOnThePage() throws Exception {
        String before = installation.admin("seal.show", Json.object()).text("seal");
        String told = installation
                .seal(policy -> policy.replace("point: 24h", "point: 168h")
                        .replace("deletable-by: [hetzner-box]", "deletable-by: [hetzner-box, railway-destroy]"))
                .err();
        List<String> words = List.of(
                "the backups of plan `bookings` may be 7d and not 1d old",
                "the backups of plan `bookings` can be deleted by `railway-destroy` too");
        assertThat(told).contains("LOOSENED: " + words.getFirst(), "LOOSENED: " + words.getLast());
        browse(order("loosened")
                .withTexts("words", List.of("may be 7d and not 1d old", "can be deleted by"))
                .with("before", before));
    }

    @Test
    void timesAreTheReaders() throws Exception {
        browse(order("times"));
    }

    @Test
    void theLivePageShowsNewReceipts() throws Exception {
        Process node = browser.start(order("live"));
        BufferedReader said = node.inputReader(StandardCharsets.UTF_8);
        assertThat(said.readLine()).isEqualTo("looking");
        assertThat(agent.ask(Agent.read()).status()).isEqualTo(200);
        String rest = said.lines().reduce("", (a, b) -> a + "\n" + b);
        assertThat(node.waitFor()).as(rest).isZero();
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void anAgentIsStoppedAtTheConsole() throws Exception {
        Agent working = installation.agent();
        assertThat(working.ask(Agent.read()).status()).isEqualTo(200);
        browse(order("kill").with("agent", "jer/cursor"));
        Agent.Answer answer = working.ask(Agent.read());
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.body()).contains("seen at the console");
    }
}
