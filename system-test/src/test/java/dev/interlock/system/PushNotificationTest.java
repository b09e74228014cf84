package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.Json;
import dev.interlock.testing.PushReceiver;
import dev.interlock.testing.TestingCertificate;
import dev.interlock.testing.TestingPushService;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Tests that a hold rings a device, with a real browser and a push service on loopback. A browser of a test reaches no
 * push service of its maker: it is given a subscription, and what the gateway sent is handed to its service worker.
 */
@Timeout(300)
@Tag("process")
final class PushNotificationTest {

    private TestingPushService service;
    private Installation installation;
    private RealBrowser browser;

    @BeforeEach
    void open() throws Exception {
        RealBrowser.assumeInstalled();
        TestingCertificate certificate = TestingCertificate.forName("localhost");
        service = new TestingPushService(certificate);
        installation = Installation.openWithPushService(service.name(), certificate.pem());
        browser = new RealBrowser(installation);
    }

    @AfterEach
    void close() throws IOException {
        if (service != null) {
            service.close();
        }
        if (installation != null) {
            installation.close();
        }
    }

    private Json.Members invited(String person, String flow) throws IOException {
        return browser.order(flow)
                .with("person", person)
                .with(
                        "invitation",
                        installation
                                .admin("passkey.invite", Json.object().with("person", person))
                                .text("address"));
    }

    @Test
    void aHoldRingsItsSignersDeviceAndATapOpensIt() throws Exception {
        PushReceiver device = new PushReceiver();
        Path message = installation.root().resolve("message.json");
        Process node = browser.start(invited("ann", "push")
                .with("subscription", device.subscription(service.endpoint("/ann")))
                .with("message", message.toString()));
        BufferedReader said = node.inputReader(StandardCharsets.UTF_8);
        String first = said.readLine();
        assertThat(first)
                .as(() -> said.lines().reduce("", (a, b) -> a + "\n" + b))
                .isEqualTo("subscribed");
        Json.Members listed = installation.admin("device.list", Json.object());
        String hold = installation
                .agentInProduction()
                .ask(Agent.delete(TestingRailway.SHARED))
                .hold();

        TestingPushService.Pushed pushed = service.next();
        assertThat(pushed.path()).isEqualTo("/ann");
        assertThat(PushReceiver.claims(pushed.header("authorization"), listed.text("key"))
                        .text("aud"))
                .isEqualTo("https://" + service.name());
        byte[] content = device.open(pushed.body());
        assertThat(Json.readObject(content).text("hold")).isEqualTo(hold);
        assertThat(installation
                        .admin("hold.show", Json.object().with("hold", hold))
                        .text("summary"))
                .startsWith(Json.readObject(content).text("text").replace("…", ""));

        Path part = Files.write(installation.root().resolve("message.part"), content);
        Files.move(part, message, StandardCopyOption.ATOMIC_MOVE);
        String rest = said.lines().reduce("", (a, b) -> a + "\n" + b);
        assertThat(node.waitFor()).as(rest).isZero();
        assertThat(installation.receipts())
                .extracting(receipt -> receipt.optionalText("command").orElse(""))
                .contains("device.add", "device.remove");
        assertThat(installation.receipts())
                .noneMatch(receipt -> receipt.canonicalText().contains("/ann\""));
        browser.browse(invited("sam", "withoutPush"));
    }
}
