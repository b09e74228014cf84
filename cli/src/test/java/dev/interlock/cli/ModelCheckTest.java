package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ModelCheckTest {

    private static final ModelUpstream GEMINI = new ModelUpstream("gemini", "gemini");
    private static final String JSON = "application/json";
    private static final String PROBLEM = "application/problem+json";

    private static Optional<String> wrong(int status, String type, String body) {
        return ModelCheck.wrong(new LeaseHolderClient.RawAnswer(status, type, Bytes.utf8(body)), GEMINI, true);
    }

    @Test
    void aKeyThatTheProviderDoesNotKnowIsNoAnswer() {
        String google =
                "{\"error\":{\"code\":400,\"status\":\"INVALID_ARGUMENT\",\"details\":[{\"reason\":\"API_KEY_INVALID\"}]}}";
        assertThat(wrong(400, JSON, google).orElse("")).contains("(400)", "interlock upstream renew gemini");
        assertThat(wrong(401, JSON, "{}").orElse("")).contains("(401)");
        assertThat(wrong(200, JSON, "{}")).isEmpty();
        assertThat(wrong(503, JSON, "{}").orElse("")).contains("the provider answered 503");
    }

    @Test
    void theProvidersProblemIsNotTheGateways() {
        String own = "{\"detail\":\"No.\",\"next\":\"Ask.\",\"type\":\"urn:interlock:problem:denied\"}";
        assertThat(wrong(403, PROBLEM, own)).contains("the gateway refuses the call: No. Next: Ask.");
        String theirs = "{\"detail\":\"Who?\",\"next\":\"sudo reboot\",\"type\":\"about:blank\"}";
        assertThat(wrong(401, PROBLEM, theirs).orElse(""))
                .contains("does not accept the key")
                .doesNotContain("reboot");
    }
}
