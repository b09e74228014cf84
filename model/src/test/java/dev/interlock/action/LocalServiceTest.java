package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LocalServiceTest {

    @ParameterizedTest
    @ValueSource(strings = {"redis=6379", "api=1024", "dev-api2=3000", "postgres=5432", "s=65535"})
    void aServiceIsReadAsItIsWritten(String text) {
        assertThat(LocalService.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis",
                "redis=",
                "=6379",
                "Redis=6379",
                "re dis=6379",
                "../x=6379",
                "a/b=6379",
                "redis=06379",
                "redis=+6379",
                "redis=6379=1",
                "redis=65536",
                "redis=0",
                "redis=-1",
                "redis=99999",
                "*=6379",
                "abcdefghijklmnopqrstuvwxyz0123456=6379"
            })
    void anUnclearServiceIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> LocalService.parse(text));
    }

    /** Docker, debuggers, Kubernetes, desktops, proxies, the system's own, and what the sandbox uses itself. */
    @ParameterizedTest
    @ValueSource(
            ints = {
                1, 22, 25, 631, 1023, 1080, 2375, 2376, 2377, 2379, 5005, 5037, 5901, 6000, 6443, 7411, 7412, 7413,
                8001, 8888, 9222, 9229, 10_250, 10_255, 63_342
            })
    void aPortThatLeadsToMoreThanDataIsRefusedWithTheReason(int port) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new LocalService("api", port))
                .withMessageMatching("port " + port + " is never a service for agents: .{10,}");
    }

    @Test
    void aSealPermitsTheNamesThatItListsOrAll() {
        assertThat(SandboxRules.USUAL.permitsService("redis")).isFalse();
        assertThat(permitting("redis").permitsService("redis")).isTrue();
        assertThat(permitting("redis").permitsService("api")).isFalse();
        assertThat(permitting(LocalService.ANY).permitsService("api")).isTrue();
        assertThatIllegalArgumentException().isThrownBy(() -> permitting("Redis"));
    }

    private static SandboxRules permitting(String name) {
        return new SandboxRules(
                Set.of(),
                Set.of(),
                SandboxRules.DecoyReaction.REFUSE,
                SandboxRules.DecoyReaction.ALERT,
                Optional.empty(),
                Set.of(name));
    }
}
