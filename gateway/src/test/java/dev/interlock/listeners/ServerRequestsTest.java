package dev.interlock.listeners;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.catalog.graphql.Value;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests how often a server of MCP may ask its clients, and for what. */
class ServerRequestsTest {

    private static final String ROOTS = "roots/list";

    private final ServerRequests requests = new ServerRequests(Set.of(ROOTS));

    private static Value id(int number) {
        return new Value.Text("r-" + number);
    }

    @Test
    void aServerMayAskAThousandTimesBetweenTwoCalls() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(requests.ask("one", id(i), "ping")).isPresent();
        }
        assertThat(requests.ask("one", id(1_000), "ping")).isEmpty();
        assertThat(requests.ask("other", id(0), "ping"))
                .as("in another session")
                .isPresent();
        requests.begin("one");
        assertThat(requests.ask("one", id(1_001), "ping"))
                .as("in the next call")
                .isPresent();
    }

    @Test
    void aServerMayAskTwentyTimesWithinACall() {
        for (int i = 0; i < 20; i++) {
            assertThat(requests.ask("one", id(i), ROOTS).orElseThrow().refusal())
                    .isEmpty();
        }
        assertThat(requests.ask("one", id(20), ROOTS).orElseThrow().refusal()).isPresent();
        assertThat(requests.ask("one", id(21), "ping").orElseThrow().refusal()).isEmpty();
    }

    @Test
    void whatIsNotListedIsRefused() {
        assertThat(requests.ask("one", id(0), "sampling/createMessage")
                        .orElseThrow()
                        .refusal())
                .isPresent();
    }

    @Test
    void anAnswerIsTakenOnceInItsSession() {
        requests.ask("one", id(0), ROOTS);
        assertThat(requests.take("other", id(0))).isEmpty();
        assertThat(requests.take("one", id(1))).isEmpty();
        assertThat(requests.take("one", id(0))).isPresent();
        assertThat(requests.take("one", id(0))).isEmpty();
    }
}
