package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.evidence.VerifierKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests drafts on past calls: replayed by the gateway, replayed from a copy of its log, and learned. */
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

    /** Both replays print the same lines from the same receipts, and nothing that another log's key signed. */
    @Test
    void aCopyOfTheLogGivesTheGatewaysResult() throws Exception {
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
        String copy = "--ledger=" + copied(root.resolve("data/ledger"));
        String key = "--vkey=" + root.resolve("data/ledger.pub");
        assertThat(policy("replay").exit()).as("nobody answers").isEqualTo(69);
        assertThat(policy("replay", copy, key).expect(1).out()).isEqualTo(online.out());
        String typed =
                "--vkey=" + Files.readString(root.resolve("data/ledger.pub")).strip();
        assertThat(policy("replay", copy, typed, "--allow-loosening").expect(0).out())
                .isEqualTo(online.out());

        Programs.ProgramResult another = policy("replay", copy, "--vkey=" + anothers(), "--allow-loosening");
        assertThat(another.exit()).isEqualTo(1);
        assertThat(another.out()).isEmpty();
        assertThat(another.err()).contains("none of the given keys signed the note");
    }

    /** Makes another key of the same name: a log's name does not prove its key. */
    private VerifierKey anothers() throws IOException {
        VerifierKey key = VerifierKey.parse(
                Files.readString(root.resolve("data/ledger.pub")).strip());
        return VerifierKey.of(key.name(), new byte[32]);
    }

    private Path copied(Path log) throws IOException {
        Path copy = root.resolve("elsewhere");
        try (Stream<Path> all = Files.walk(log)) {
            for (Path one : all.toList()) {
                Files.copy(one, copy.resolve(log.relativize(one)));
            }
        }
        return copy;
    }
}
