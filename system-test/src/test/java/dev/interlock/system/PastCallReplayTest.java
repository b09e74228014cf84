package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests a draft on past calls. */
@Timeout(300)
@Tag("process")
final class PastCallReplayTest {

    private static final String WORK = """
            @id("work")
            permit (principal, action in [Impact::Action::"read", Impact::Action::"write"],
                    resource in Environment::"staging");
            """;
    private static final String BY_NAME = """
            @id("by-name")
            forbid (principal, action == Operation::Action::"shop/orders/hold", resource);
            """;
    private static final String REAL = "Bearer the-real-one";

    @TempDir
    private Path root;

    private SmallService service;
    private ServiceGatewayInstallation house;

    @BeforeEach
    void start() throws Exception {
        service = new SmallService();
        service.keep("/orders/o-1", "{\"customer\":\"ann\"}");
        service.keep("/orders/o-2", "{\"customer\":\"bob\"}");
        house = ServiceGatewayInstallation.beforeAShop(
                root, service.address(), "{environments: [staging], impacts: [read, write]}");
        house.interlock("the-real-one", "vault", "put", "--config=" + house.config(), "shop")
                .expect(0);
    }

    @AfterEach
    void stop() {
        house.close();
        service.close();
    }

    private void up(String cedar) throws Exception {
        house.write("policy.cedar", cedar);
        house.seal().expect(0);
        house.up();
    }

    private Programs.ProgramResult policy(String tool, String... more) throws Exception {
        List<String> all = new ArrayList<>(List.of("policy", tool, "--config=" + house.config()));
        all.addAll(List.of(more));
        all.add(root.resolve("policy").toString());
        return house.interlock("", all.toArray(String[]::new));
    }

    @Test
    void whatANewPolicyLoosensIsTold() throws Exception {
        up(WORK + BY_NAME);
        assertThat(house.curl("GET", "/orders/orders/o-1")).endsWith("\n200");
        assertThat(house.curl("POST", "/orders/orders/o-1/hold")).contains("\"kind\":\"denied\"");
        assertThat(house.curl("POST", "/orders/orders/o-1/hold")).contains("\"kind\":\"denied\"");
        house.write("policy.cedar", WORK);
        Programs.ProgramResult online = policy("replay").expect(1);
        assertThat(online.out().lines())
                .hasSize(2)
                .anyMatch(line -> line.startsWith("LOOSENED  refuse → permit  sam/bot: shop/orders/hold (write)")
                        && line.contains("(2 ×, "))
                .contains("3 attempts replayed: 1 as before, 0 tightened, 2 loosened.");
        assertThat(policy("replay", "--allow-loosening").expect(0).out()).isEqualTo(online.out());
        assertThat(policy("replay", "--limit=1").expect(1).out())
                .contains("1 attempt replayed: 0 as before, 0 tightened, 1 loosened.");

        house.down();
        assertThat(policy("replay").exit()).as("nobody answers").isEqualTo(69);
    }
}
