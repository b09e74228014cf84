package dev.interlock.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.LocalService;
import dev.interlock.action.SandboxRules;
import dev.interlock.action.Seal;
import dev.interlock.action.SealedPlacements;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.config.Config;
import dev.interlock.testing.TestingWorld;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ServiceRulesTest {

    @TempDir
    private Path directory;

    private static Seal permitting(Set<String> names) {
        return new TestingWorld()
                .seal()
                .with(parts -> parts.sandbox = new SandboxRules(
                        Set.of(),
                        Set.of(),
                        SandboxRules.DecoyReaction.REFUSE,
                        SandboxRules.DecoyReaction.ALERT,
                        Optional.empty(),
                        names));
    }

    private static void require(ServiceRules rules, Seal seal, int port) throws AdminRefusedException {
        rules.require(seal, List.of(new LocalService("api", port)));
    }

    @Test
    void aServiceNeedsItsNameInTheSealAndTheRefusalSaysWhichLine() {
        ServiceRules rules = new ServiceRules(Set.of());
        for (Set<String> names : List.of(Set.<String>of(), Set.of("redis"))) {
            assertThatThrownBy(() -> require(rules, permitting(names), 3000))
                    .isInstanceOfSatisfying(AdminRefusedException.class, refusal -> {
                        assertThat(refusal.getMessage()).contains("`api`");
                        assertThat(refusal.next()).contains("services: [api]", "services: named", "interlock.yaml");
                    });
        }
        assertThatCode(() -> require(rules, permitting(Set.of("api")), 3000)).doesNotThrowAnyException();
        assertThatCode(() -> require(rules, permitting(Set.of(LocalService.ANY)), 3000))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(ints = {8411, 8420, 8432, 8443, 8444, 8445, 8446})
    void aPortOfTheGatewayIsRefused(int port) throws Exception {
        Path file = directory.resolve("gateway.yaml");
        Files.writeString(file, """
                origin: interlock.example/pocketos
                listen: 127.0.0.1:8411
                postgres: 127.0.0.1:8432
                metrics: 127.0.0.1:8443
                remote: {listen: "0.0.0.0:8444", names: [gateway.example.com]}
                console: {listen: "127.0.0.1:8445"}
                store: postgres://interlock@localhost:8446/interlock
                data: data
                run: run
                seal-signers: {quorum: 1, keys: [a]}
                """);
        ServiceRules rules = ServiceRules.of(Config.read(file), new InetSocketAddress("127.0.0.1", 8420));
        assertThatThrownBy(() -> require(rules, permitting(Set.of("api")), port))
                .isInstanceOf(AdminRefusedException.class)
                .hasMessage("Port " + port + " is the gateway's own.");
        assertThatCode(() -> require(rules, permitting(Set.of("api")), 3000)).doesNotThrowAnyException();
    }

    private static Seal.Upstream at(URI address) {
        return new Seal.Upstream(
                "shop",
                "shop",
                address,
                Optional.empty(),
                List.of(),
                Optional.empty(),
                new SealedPlacements(Map.of(), Set.of()),
                List.of(),
                false,
                false,
                false);
    }

    /** An agent that reached it there would get past the policy. */
    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:3000/api, 3000",
        "https://localhost:3000, 3000",
        "http://[::1]:3000, 3000",
        "postgres://127.0.0.1:5433/shop, 5433",
        "postgres://localhost/shop, 5432"
    })
    void aPortOfAnUpstreamIsRefused(String address, int port) {
        Seal seal = permitting(Set.of("api"));
        Seal with = seal.with(parts -> parts.upstreams = Map.of("shop", at(URI.create(address))));
        assertThatThrownBy(() -> require(new ServiceRules(Set.of()), with, port))
                .isInstanceOf(AdminRefusedException.class)
                .hasMessageContaining("Port " + port + " is that of the upstream");
        assertThatCode(() -> require(new ServiceRules(Set.of()), with, 3001)).doesNotThrowAnyException();
    }
}
