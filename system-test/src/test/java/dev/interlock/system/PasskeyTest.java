package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.catalog.Catalogs;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Main;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests a person who enrols a passkey and confirms a deletion with it; a stranger verifies this offline. */
@Timeout(300)
@Tag("process")
final class PasskeyTest {

    private static final String ORIGIN = "http://localhost:7412";
    private static final String ORDER = "/orders/orders/o-1";

    @TempDir
    private Path root;

    @Test
    void aPasskeyConfirmsOnceAndAnAuditorSeesItsOwner() throws Exception {
        try (SmallService service = new SmallService();
                ServiceGatewayInstallation house = installation(service)) {
            service.keep("/orders/o-1", "{}");
            house.seal().expect(0);
            house.up();
            Authenticator sam = new Authenticator(ORIGIN);
            String key = enrol(house, sam);

            String held = house.curl("DELETE", ORDER);
            assertThat(held).contains("\"kind\":\"confirmation_required\"");
            String hold = house.hold(held).text("id");
            Json.Members asked = house.admin()
                    .call("sign.options", Json.object().with("person", "sam").with("hold", hold));
            Json.Members elsewhere = new Authenticator("http://localhost:7413").get(asked.object("options"));
            assertThatThrownBy(() -> sign(house, hold, elsewhere)).isInstanceOf(AdminRefusedException.class);
            sign(house, hold, sam.get(asked.object("options")));

            assertThat(house.curl("DELETE", ORDER)).endsWith("\n200");
            assertThat(service.at("/orders/o-1")).isEmpty();
            service.keep("/orders/o-1", "{}");
            assertThat(house.curl("DELETE", ORDER)).endsWith("\n403"); // the confirmation is used, the order frozen
            assertThat(service.at("/orders/o-1")).isPresent();

            String intent = released(house, hold);
            Path proof = Files.writeString(
                    root.resolve("proof.json"),
                    house.admin()
                            .call("prove", Json.object().with("receipt", intent))
                            .object("proof")
                            .canonicalText());
            house.down();
            String signer = "sam with " + key + " (hardware, enrolled by a code, certified only by the gateway)";
            assertThat(verify(root.resolve("data/ledger"))).contains("yes (1 checked, 1 weak", "1 by " + signer);
            assertThat(verify(proof)).contains("carries the signatures it needed: yes", "by " + signer);
        }
    }

    private ServiceGatewayInstallation installation(SmallService service) throws Exception {
        String yaml = """
            organisation: acme
            environments:
              staging: {protected: false}
            people:
              sam: {groups: [owners], keys: ["SAM"]}
            confirm: {first-passkey: code}
            agents:
              sam/bot: {owner: sam, teams: [bots]}
            upstreams:
              orders:
                catalog: shop
                address: "%s"
                credentials:
                  shop: {environments: [staging], impacts: [read, write, destroy]}
                resources:
                  "shop:order/o-1": {environments: [staging]}
            tasks:
              work: {environments: [staging], impacts: [read, write, destroy], ttl: 1h}
            """.formatted(service.address());
        String cedar = """
            @id("an-owner-may-let-an-agent-destroy")
            @confirm("1 of owners")
            permit (principal, action in Impact::Action::"destroy", resource in Environment::"staging");
            """;
        return new ServiceGatewayInstallation(
                root,
                Map.of("interlock.yaml", yaml, "policy.cedar", cedar, "catalogs/shop.yaml", Catalogs.example("rest")),
                Map.of("shop", "the-real-one"));
    }

    private static String enrol(ServiceGatewayInstallation house, Authenticator with) throws Exception {
        Json.Members sam = Json.object().with("person", "sam");
        String code = house.admin().call("passkey.invite", sam).text("code");
        Json.Members begun = house.admin().call("passkey.register", sam.with("code", code));
        return house.admin()
                .call(
                        "passkey.register.finish",
                        Json.object()
                                .with("enrolment", begun.text("enrolment"))
                                .with("credential", with.create(begun.object("options")))
                                .with("code", code))
                .object("key")
                .text("id");
    }

    private static void sign(ServiceGatewayInstallation house, String hold, Json.Members assertion) throws Exception {
        house.admin().call("hold.sign", Json.object().with("hold", hold).with("signature", assertion));
    }

    /** Returns the intent that used the hold. */
    private static String released(ServiceGatewayInstallation house, String hold) throws Exception {
        List<Json.Members> receipts = new ArrayList<>();
        Programs.await("the outcome is on record", () -> {
            receipts.clear();
            receipts.addAll(house.admin()
                    .call("receipts", Json.object().with("limit", 200))
                    .objects("receipts"));
            return receipts.stream()
                    .anyMatch(receipt -> receipt.optionalText("result").isPresent()
                            && receipt.optionalText("intent").isPresent());
        });
        return receipts.stream()
                .filter(receipt -> receipt.text("kind").equals("intent"))
                .filter(receipt ->
                        receipt.optionalText("hold").filter(hold::equals).isPresent())
                .findFirst()
                .orElseThrow()
                .text("id");
    }

    private String verify(Path what) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        int exit = new Main(print, print)
                .run(List.of(
                        "verify",
                        what.toString(),
                        "--vkey",
                        root.resolve("data/ledger.pub").toString(),
                        "--seal",
                        root.resolve("data/seal.json").toString(),
                        "--seal-key",
                        root.resolve("sealer.pub").toString()));
        String said = out.toString(StandardCharsets.UTF_8);
        assertThat(exit).as(said).isZero();
        return said;
    }
}
