package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.catalog.Catalogs;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Main;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests break-glass: one owner stands in for two and people are alerted. An agent that runs as their user cannot. */
@Timeout(300)
@Tag("process")
final class BreakGlassProcessTest {

    private static final String ORIGIN = "http://localhost:7412";
    private static final String ORDER = "/orders/orders/o-1";
    private static final String REASON = "the shop is down, and ann is on a plane";

    @TempDir
    private Path root;

    private ServiceGatewayInstallation installation(SmallService service) throws Exception {
        String yaml = """
            organisation: acme
            environments:
              staging: {protected: false}
            people:
              sam: {groups: [owners], keys: ["SAM"]}
              ann: {groups: [owners], keys: ["ANN"]}
            confirm: {first-passkey: code, software-keys: true}
            break-glass: {by: owners, waives: [other, cooldown]}
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
            @id("two-owners-may-let-an-agent-destroy")
            @confirm("2 of owners")
            @cooldown("1h")
            @other
            permit (principal, action in Impact::Action::"destroy", resource in Environment::"staging");
            """;
        return new ServiceGatewayInstallation(
                root,
                Map.of("interlock.yaml", yaml, "policy.cedar", cedar, "catalogs/shop.yaml", Catalogs.example("rest")),
                Map.of("shop", "the-real-one"));
    }

    private static void enrol(ServiceGatewayInstallation house, Authenticator with) throws Exception {
        Json.Members sam = Json.object().with("person", "sam");
        String code = house.admin().call("passkey.invite", sam).text("code");
        Json.Members begun = house.admin().call("passkey.register", sam.with("code", code));
        house.admin()
                .call(
                        "passkey.register.finish",
                        Json.object()
                                .with("enrolment", begun.text("enrolment"))
                                .with("credential", with.create(begun.object("options")))
                                .with("code", code));
    }

    private Programs.ProgramResult glass(ServiceGatewayInstallation house, String command, String hold, String... more)
            throws Exception {
        String[] arguments = new String[more.length + 4];
        arguments[0] = "break-glass";
        arguments[1] = command;
        arguments[2] = "--config=" + root.resolve("gateway.yaml");
        arguments[3] = hold;
        System.arraycopy(more, 0, arguments, 4, more.length);
        return house.interlock("", arguments);
    }

    @Test
    void oneOwnerUsesBreakGlassVisibly() throws Exception {
        try (SmallService service = new SmallService();
                ServiceGatewayInstallation house = installation(service)) {
            service.keep("/orders/o-1", "{}");
            house.seal().expect(0);
            house.up();
            Authenticator sam = new Authenticator(ORIGIN);
            enrol(house, sam);
            String held = house.curl("DELETE", ORDER);
            String hold = house.hold(held).text("id");

            theAgentCannotStartIt(house, hold);
            assertThat(house.curl("DELETE", ORDER)).contains("\"kind\":\"confirmation_required\"");

            Json.Members about = Json.object().with("hold", hold).with("reason", REASON);
            Json.Members asked = house.admin().call("sign.options", about.with("person", "sam"));
            house.admin()
                    .call(
                            "break-glass.sign",
                            about.with("signature", sam.get(asked.object("options")))
                                    .with("typed_name", asked.text("name_to_type")));
            assertThat(house.curl("DELETE", ORDER)).endsWith("\n200");
            assertThat(service.at("/orders/o-1")).isEmpty();

            assertThat(house.admin().call("status", Json.object()).texts("glass_broken"))
                    .singleElement()
                    .asString()
                    .contains("sam", hold, "it has not been reviewed");
            Programs.await("it is told", () -> house.log().contains("break_glass: sam used break-glass"));
            String unreviewed = verified(house);
            assertThat(unreviewed)
                    .contains("break-glass used: ", hold + " by sam with passkey:", REASON, "NOT" + " REVIEWED");

            house.up();
            glass(house, "review", hold, "--finding=it was needed", "--key=" + root.resolve("sam"))
                    .expect(1);
            glass(house, "review", hold, "--finding=it was needed", "--key=" + root.resolve("ann"))
                    .expect(0);
            Programs.ProgramResult listed =
                    house.interlock("", "break-glass", "list", "--config=" + root.resolve("gateway.yaml"));
            assertThat(listed.expect(0).out()).contains("by ann: it was needed", "one of these is reviewed: 3.");
            assertThat(verified(house)).contains("reviewed by ann with").doesNotContain("NOT REVIEWED");
        }
    }

    /** The agent runs as the owner's own user: it has the command line, the socket, the files, and its lease. */
    private void theAgentCannotStartIt(ServiceGatewayInstallation house, String hold) throws Exception {
        for (String key : List.of("sam", "ann")) { // Key files; they count for other holds under this seal.
            Programs.ProgramResult tried = glass(
                    house,
                    "sign",
                    hold,
                    "--reason=" + REASON,
                    "--type-name=shop:order/o-1",
                    "--key=" + root.resolve(key));
            assertThat(tried.expect(1).err()).contains("break-glass needs one");
        }
        assertThat(house.curl(
                        "POST",
                        "/.interlock/break-glass",
                        ServiceGatewayInstallation.json("{\"hold\": \"" + hold + "\"}")))
                .doesNotEndWith("\n200")
                .doesNotEndWith("\n202");
        assertThat(house.hold(house.curl("DELETE", ORDER)).text("state")).isEqualTo("open");
        assertThat(house.admin().call("break-glass.list", Json.object()).objects("broken"))
                .isEmpty();
        Programs.await(
                "the tries are told", () -> house.log().contains("break_glass: An attempt to use break-glass failed"));
    }

    /** Returns the verifier's output, once the gateway has ended. */
    private String verified(ServiceGatewayInstallation house) throws Exception {
        house.down();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        int exit = new Main(print, print)
                .run(List.of(
                        "verify",
                        root.resolve("data/ledger").toString(),
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
