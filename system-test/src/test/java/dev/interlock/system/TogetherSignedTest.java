package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests a set of calls and a grant in a real browser, and in a terminal, with a running gateway. */
@Tag("process")
final class TogetherSignedTest {

    private Installation installation;
    private Agent agent;

    @BeforeEach
    void open() throws Exception {
        RealBrowser.assumeInstalled();
        installation = Installation.openWithConsole();
        Files.writeString(installation.configuration().resolveSibling("policy/asked.cedar"), """
                @id("an-owner-is-asked-about-redeployments")
                @confirm("1 of owners")
                permit (
                    principal in Team::"platform",
                    action == Operation::Action::"railway/serviceInstanceRedeploy",
                    resource in Environment::"staging"
                );
                """);
        installation.seal(yaml -> yaml + "\nsigning: {grant: {at-most: 5, for: 8h}}\n");
        agent = installation.agent();
    }

    @AfterEach
    void close() throws IOException {
        if (installation != null) {
            installation.close();
        }
    }

    private String held(int volume) throws Exception {
        return agent.ask(Agent.delete(TestingRailway.disposable(volume))).hold();
    }

    private void goesOnce(int volume) throws Exception {
        String call = Agent.delete(TestingRailway.disposable(volume));
        assertThat(agent.ask(call).status()).isEqualTo(200);
        assertThat(agent.ask(call).status()).isNotEqualTo(200);
        assertThat(installation.railway().exists(TestingRailway.disposable(volume)))
                .isFalse();
    }

    @Test
    void oneTouchSignsASetAndAnotherGrantsMore() throws Exception {
        RealBrowser browser = new RealBrowser(installation);
        String set = "S-" + held(0).substring(2);
        held(1);
        String invitation = installation
                .admin("passkey.invite", Json.object().with("person", "sam"))
                .text("address");
        // Of another kind, so that it is no member of the set.
        String other = agent.ask(Agent.redeploy()).hold();
        browser.browse(browser.order("together")
                .with("person", "sam")
                .with("invitation", invitation)
                .with("set", set)
                .with("hold", other));
        goesOnce(0);
        goesOnce(1);
        assertThat(installation.admin("grant.list", Json.object()).objects("grants"))
                .singleElement()
                .satisfies(grant -> assertThat(grant.whole("calls")).isEqualTo(3));
        for (int call = 0; call < 4; call++) {
            assertThat(agent.ask(Agent.redeploy()).status()).isEqualTo(200);
        }
        agent.ask(Agent.redeploy()).hold();
    }

    @Test
    void aSetIsSignedInATerminal() throws Exception {
        String first = held(0);
        held(1);
        String set = "S-" + first.substring(2);
        String list = terminal("hold", "list");
        assertThat(list).contains(set, "2 calls: Delete volume");
        String listed = list.replaceFirst("(?s).*(" + set + "[0-9A-F]{8}).*", "$1");
        String late = held(2);
        assertThat(installation
                        .interlock(
                                List.of(
                                        "hold",
                                        "sign",
                                        listed,
                                        "--key",
                                        installation.key("sam").toString()),
                                "")
                        .err())
                .contains("has changed since it was listed", "3 of its calls wait now");
        terminal("hold", "deny", late, "--reason", "no");
        assertThat(terminal(
                        "hold", "sign", set, "--key", installation.key("sam").toString()))
                .contains(
                        "One signature confirms each of these 2 calls once", "sam has signed " + first + " and 1 more");
        goesOnce(0);
        goesOnce(1);
        String third = agent.ask(Agent.redeploy()).hold();
        assertThat(terminal(
                        "hold", "sign", third, "--key", installation.key("sam").toString(), "--more", "2"))
                .contains(
                        "What your signature grants besides",
                        "up to 2 more calls until",
                        "exactly the same request again");
        String grant = "G-" + third.substring(2);
        assertThat(terminal("grant", "list")).contains(grant, "0 of 2", "sam");
        assertThat(terminal("grant", "revoke", grant)).contains(grant + " is revoked");
        assertThat(terminal("grant", "list")).doesNotContain(grant);
    }

    private String terminal(String... arguments) throws Exception {
        return installation.interlock(List.of(arguments), "").expect(0).out();
    }
}
