package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests the console under a name and a certificate of its own, as a telephone needs it, with a real browser. */
@Timeout(300)
@Tag("process")
final class EncryptedConsoleTest {

    /** RFC 6761 §6.2: the name does not resolve unless a hosts file maps it. */
    private static final String NAME = "interlock.test";

    private Installation installation;
    private RealBrowser browser;

    @BeforeEach
    void open() throws Exception {
        RealBrowser.assumeInstalled();
        assumeTrue(Programs.has("openssl"), "openssl is not installed");
        Installation made = Installation.openWithEncryptedConsole(NAME);
        installation = made;
        browser = new RealBrowser(made);
    }

    @AfterEach
    void close() throws IOException {
        if (installation != null) {
            installation.close();
        }
    }

    private Json.Members order(String flow) throws IOException {
        return browser.order(flow).with("name_of_console", NAME);
    }

    @Test
    void anUntrustedCertificateShowsNothingAndPasskeysWorkWithATrustedOne() throws Exception {
        browser.browse(order("distrusted"));
        assertThat(installation.admin("console.sessions", Json.object()).objects("sessions"))
                .isEmpty();

        String volume = TestingRailway.disposable(0);
        Agent agent = installation.agent();
        String hold = agent.ask(Agent.delete(volume)).hold();
        String invitation = installation
                .admin("passkey.invite", Json.object().with("person", "ann"))
                .text("address");
        browser.browse(order("encrypted")
                .with("pin", new FrontCertificate(installation.root().resolve("front.pem")).pin())
                .with("hold", hold)
                .with("person", "ann")
                .with("invitation", invitation));
        assertThat(agent.ask(Agent.delete(volume)).status()).isEqualTo(200);
        assertThat(installation.admin("passkey.list", Json.object()).objects("keys"))
                .singleElement()
                .satisfies(key -> assertThat(key.text("origin")).startsWith("https://" + NAME + ":"));
    }
}
